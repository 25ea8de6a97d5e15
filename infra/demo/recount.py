"""A plain recount of what organisations sent: who may be in a snapshot, and with which attributes and events.

Loops over dictionaries, written from the joining rules alone and sharing nothing with intake and snapshots but
the catalogue. The demonstration compares released numbers with it. It is exact, so it never leaves the demonstration.
"""

import tomllib
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from infra.demo.recount_formats import read_source
from infra.demo.recount_rows import Row, Source, Statement
from workspaces.catalogue.places import BOROUGHS, UNKNOWN

_RANKS = {"omop": 0, "fhir": 1, "cld": 2}  # general practice, hospital, council: the first that knows is believed
_TOP_AGE = 90

Period = tuple[date | None, date | None]  # first and last day, both included; None is open


@dataclass
class Person:
    """One person as a snapshot would hold them; event dates are Mondays, death is the first day of a month.

    Lists may hold equal entries: two events of one week stay two.
    """

    sex: str = UNKNOWN
    year_of_birth: int | None = None
    age_band: str = UNKNOWN
    ethnic_group: str = UNKNOWN
    borough: str = UNKNOWN
    stp: str = UNKNOWN
    imd_decile: int = 0
    death: date | None = None
    visits: list[tuple[int, date, date | None]] = field(default_factory=list)
    conditions: list[tuple[int, date]] = field(default_factory=list)
    drugs: list[tuple[int, date, int | None]] = field(default_factory=list)
    measurements: list[tuple[int, date, float | None]] = field(default_factory=list)
    procedures: list[tuple[int, date]] = field(default_factory=list)
    observations: list[tuple[int, date]] = field(default_factory=list)
    social_care: list[tuple[str, date, date | None]] = field(default_factory=list)

    def condition_concepts(self) -> set[int]:
        """The diagnoses of this person, each once."""
        return {concept for concept, _ in self.conditions}


@dataclass
class Recount:
    """People by NHS number; people taken out by reason (one person may have several); rows left out by reason.

    `verified` are all people whom at least one source gave under a verified number without a wish to be withheld.
    """

    people: dict[str, Person]
    verified: set[str]
    removed: dict[str, set[str]]
    rows_left_out: Counter[str]

    @property
    def people_in(self) -> set[str]:
        """Everybody whom the sources give a reason to keep or to take out."""
        return self.verified | self.removed["withheld_identity"]

    def removed_by_reason(self) -> dict[str, int]:
        """How many people are taken out, each counted under the first reason that applies."""
        left, counted = self.people_in, {}
        for reason, numbers in self.removed.items():
            counted[reason] = len(left & numbers)
            left = left - numbers
        return counted


def people(
    folder: Path, *, cut_date: date, period: Period = (None, None), loaded: set[tuple[str, str]] | None = None
) -> Recount:
    """Count again from the files of a data folder: ages at the cut date, events that begin within the period.

    `loaded` are the (format, organisation) that were let in, where some were refused.
    """
    declared = tomllib.loads((folder / "sources.toml").read_text(encoding="utf-8"))
    entries = [
        entry
        for entry in declared["source"]
        if loaded is None or (entry.get("format"), entry.get("organisation")) in loaded
    ]
    sources = [read_source(folder, entry, synthetic=declared["synthetic"]) for entry in entries]
    sources.sort(key=lambda source: (_RANKS[source.format], source.organisation))
    everybody = {number for source in sources for numbers in source.claimed.values() for number in numbers}
    verified = {statement.number for source in sources for statement in source.statements}
    removed = {
        "withheld_identity": set().union(*(source.withheld for source in sources)),
        "type_1_opt_out": _type_1(sources),
        "national_opt_out": _national(folder) & everybody,
    }
    found = {number: Person() for number in sorted(verified.difference(*removed.values()))}
    _describe(found, sources, cut_date)
    _note_deaths(found, sources, period)
    for source in sources:
        _add_events(found, source, period)
    return Recount(found, verified, removed, sum((source.left_out for source in sources), Counter()))


def _national(folder: Path) -> set[str]:
    lines = (folder / "national" / "opted_out.csv").read_text(encoding="ascii").split()
    return set(lines[1:])


def _type_1(sources: list[Source]) -> set[str]:
    """People whose latest code is an opt-out; on the day of a withdrawal the opt-out still counts."""
    opted: dict[str, date] = {}
    withdrawn: dict[str, date] = {}
    for source in sources:
        for number, when in source.opted:
            opted[number] = max(when, opted.get(number, date.min))
        for number, when in source.withdrawn:
            withdrawn[number] = max(when, withdrawn.get(number, date.min))
    return {number for number, when in opted.items() if when >= withdrawn.get(number, date.min)}


def _describe(found: dict[str, Person], sources: list[Source], cut_date: date) -> None:
    """Fill each attribute from the first source that knows it; the least believed source writes first."""
    for source in reversed(sources):
        for statement in source.statements:
            if statement.number in found:
                _overwrite(found[statement.number], statement, cut_date)


def _note_deaths(found: dict[str, Person], sources: list[Source], period: Period) -> None:
    """The death that the most believed source gives, its earliest if it gives several."""
    noted: set[str] = set()
    for source in sources:
        for number, when in sorted(source.deaths):
            if number in found and number not in noted:
                noted.add(number)
                found[number].death = when.replace(day=1) if _within(when, period) else None


def _within(when: date, period: Period) -> bool:
    first, last = period
    return (first is None or first <= when) and (last is None or when <= last)


def _overwrite(person: Person, statement: Statement, cut_date: date) -> None:
    """Put in what this statement knows."""
    if statement.birth:
        person.age_band = _band(_age(statement.birth, cut_date))
        person.year_of_birth = max(statement.birth.year, cut_date.year - _TOP_AGE)
    person.sex = statement.sex or person.sex
    person.ethnic_group = statement.ethnic_group or person.ethnic_group
    for borough in BOROUGHS:
        if borough.code == statement.borough:
            person.borough, person.stp, person.imd_decile = borough.code, borough.stp, borough.imd_decile


def _age(birth: date, cut_date: date) -> int:
    return cut_date.year - birth.year - ((cut_date.month, cut_date.day) < (birth.month, birth.day))


def _band(age: int) -> str:
    if age < 0:
        return UNKNOWN
    low = age // 5 * 5
    return f"{_TOP_AGE}+" if age >= _TOP_AGE else f"{low:02d}-{low + 4:02d}"


def _monday(when: date) -> date:
    return date.fromordinal(when.toordinal() - when.weekday())


def _add_events(found: dict[str, Person], source: Source, period: Period) -> None:
    """Add what this source recorded; equal rows of one source are one row, seen before dates are coarsened."""
    for row in sorted(source.events, key=repr):
        if row.number in found and _within(row.start, period):
            _add(found[row.number], row)


def _add(person: Person, row: Row) -> None:
    start = _monday(row.start)
    end = _monday(row.end) if row.end else None
    if row.table == "visit_occurrence":
        person.visits.append((int(row.what), start, end))
    elif row.table == "condition_occurrence":
        person.conditions.append((int(row.what), start))
    elif row.table == "drug_exposure":
        person.drugs.append((int(row.what), start, None if row.value is None else int(row.value)))
    elif row.table == "measurement":
        person.measurements.append((int(row.what), start, row.value))
    elif row.table == "procedure_occurrence":
        person.procedures.append((int(row.what), start))
    elif row.table == "observation":
        person.observations.append((int(row.what), start))
    elif row.table == "social_care_event":
        person.social_care.append((str(row.what), start, end))
