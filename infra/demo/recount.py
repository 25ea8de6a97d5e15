"""A plain recount of what organisations sent: who may be in a snapshot, and with which attributes and events.

Loops over dictionaries, written from the joining rules alone and sharing nothing with intake and snapshots but
the catalogue. The demonstration compares released numbers with it. It is exact, so it never leaves the demonstration.
"""

import tomllib
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from infra.demo import recount_sources as sent
from infra.demo.recount_sources import Row, Source
from workspaces.catalogue.places import BOROUGHS, UNKNOWN

_RANKS = {"omop": 0, "fhir": 1, "cld": 2}  # general practice, hospital, council: the first that knows is believed
_GROUPS = {"white": "ABC", "mixed": "DEFG", "asian": "HJKL", "black": "MNP", "other": "RS"}
_TOP_AGE = 90


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
    measurements: list[tuple[int, date, float]] = field(default_factory=list)
    procedures: list[tuple[int, date]] = field(default_factory=list)
    social_care: list[tuple[str, date, date | None]] = field(default_factory=list)

    def condition_concepts(self) -> set[int]:
        """The diagnoses of this person, each once."""
        return {concept for concept, _ in self.conditions}


@dataclass
class Recount:
    """People by NHS number; people taken out by reason (one person may have several); rows left out by reason."""

    people: dict[str, Person]
    removed: dict[str, set[str]]
    rows_left_out: Counter[str]

    def removed_by_reason(self) -> dict[str, int]:
        """How many people each reason applies to."""
        return {reason: len(numbers) for reason, numbers in self.removed.items()}

    def removed_people(self) -> int:
        """How many people any reason applies to."""
        return len(set().union(*self.removed.values()))


def people(folder: Path, *, cut_date: date) -> Recount:
    """Count again from the files of a data folder; ages are completed years at the cut date."""
    declared = tomllib.loads((folder / "sources.toml").read_text(encoding="utf-8"))
    sources = [sent.read_source(folder, entry, synthetic=declared["synthetic"]) for entry in declared["source"]]
    sources.sort(key=lambda source: (_RANKS[source.format], source.organisation))
    removed = {
        "national_opt_out": _national(folder),
        "type_1_opt_out": _type_1(sources),
        "withheld_identity": {number for source in sources for number in source.withheld},
    }
    everybody = {person.number for source in sources for person in source.persons}
    removed = {reason: numbers & everybody for reason, numbers in removed.items()}
    allowed = sorted(everybody.difference(*removed.values()))
    found = {number: Person() for number in allowed}
    for number, statements in _statements(sources).items():
        if number in found:
            _describe(found[number], statements, cut_date)
    for source in sources:
        _add_events(found, source)
    return Recount(found, removed, sum((source.left_out for source in sources), Counter()))


def _national(folder: Path) -> set[str]:
    lines = (folder / "national" / "opted_out.csv").read_text(encoding="ascii").split()
    return set(lines[1:])


def _type_1(sources: list[Source]) -> set[str]:
    """People whose latest code is an opt-out; on the day of a withdrawal the opt-out still counts."""
    opted: dict[str, date] = {}
    withdrawn: dict[str, date] = {}
    for source in sources:
        for number, when in source.type_1_opted:
            opted[number] = max(when, opted.get(number, date.min))
        for number, when in source.type_1_withdrawn:
            withdrawn[number] = max(when, withdrawn.get(number, date.min))
    return {number for number, when in opted.items() if when >= withdrawn.get(number, date.min)}


def _statements(sources: list[Source]) -> dict[str, list[sent.Statement]]:
    """What each source says about each person, most believed first; within one source by the values themselves."""
    found: dict[str, list[sent.Statement]] = {}
    for source in sources:
        for statement in sorted(source.persons, key=repr):
            found.setdefault(statement.number, []).append(statement)
    return found


def _describe(person: Person, statements: list[sent.Statement], cut_date: date) -> None:
    """Fill each attribute from the first statement that knows it."""
    births = [s.birth for s in statements if s.birth]
    if births:
        age = _age(births[0], cut_date)
        person.age_band = _band(age)
        person.year_of_birth = max(births[0].year, cut_date.year - _TOP_AGE)
    sexes = [s.sex for s in statements if s.sex != UNKNOWN]
    groups = [_group(s.ethnic_category) for s in statements if _group(s.ethnic_category) != UNKNOWN]
    places = [s.borough for s in statements if s.borough != UNKNOWN]
    deaths = [s.death for s in statements if s.death]
    person.sex = sexes[0] if sexes else UNKNOWN
    person.ethnic_group = groups[0] if groups else UNKNOWN
    person.death = deaths[0].replace(day=1) if deaths else None
    for borough in BOROUGHS:
        if places and borough.code == places[0]:
            person.borough, person.stp, person.imd_decile = borough.code, borough.stp, borough.imd_decile


def _age(birth: date, cut_date: date) -> int:
    return cut_date.year - birth.year - ((cut_date.month, cut_date.day) < (birth.month, birth.day))


def _band(age: int) -> str:
    if age < 0:
        return UNKNOWN
    low = age // 5 * 5
    return f"{_TOP_AGE}+" if age >= _TOP_AGE else f"{low:02d}-{low + 4:02d}"


def _group(category: str) -> str:
    for group, letters in _GROUPS.items():
        if category and category in letters:
            return group
    return UNKNOWN


def _monday(when: date) -> date:
    return date.fromordinal(when.toordinal() - when.weekday())


def _add_events(found: dict[str, Person], source: Source) -> None:
    """Add what this source recorded; equal rows of one source are one row, seen before dates are coarsened."""
    for row in sorted(set(source.events), key=repr):
        if row.number in found:
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
    elif row.table == "measurement" and row.value is not None:
        person.measurements.append((int(row.what), start, row.value))
    elif row.table == "procedure_occurrence":
        person.procedures.append((int(row.what), start))
    elif row.table == "social_care_event":
        person.social_care.append((str(row.what), start, end))
