"""The recount's rules for one row: which numbers, dates, codes and values can be used, and why others cannot."""

import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

from workspaces.catalogue.concepts import Concept, concepts
from workspaces.catalogue.legal_codes import legal_codes
from workspaces.catalogue.places import BOROUGHS

Coding = tuple[str, str]  # vocabulary and code

_SEXES = {
    **dict.fromkeys(("female", "f", "2", "8532"), "female"),
    **dict.fromkeys(("male", "m", "1", "8507"), "male"),
    **dict.fromkeys(("other", "8521"), "other"),
}
_GROUPS = {"white": "ABC", "mixed": "DEFG", "asian": "HJKL", "black": "MNP", "other": "RS"}
_ETHNIC = {letter: group for group, letters in _GROUPS.items() for letter in letters}
_BOROUGHS = {b.code: b.code for b in BOROUGHS} | {b.name.upper(): b.code for b in BOROUGHS}
_CONCEPTS = {coding: concept for concept in concepts() for coding in concept.codes}
_CONCEPTS |= {("OMOP", str(concept.concept_id)): concept for concept in concepts()}
_LEGAL = {(vocabulary, legal.code): legal.use for legal in legal_codes() for vocabulary in (legal.vocabulary, "SOURCE")}
_ONLY_KNOWN = {"observation", "report"}  # of which only what the catalogue knows is a row
_DAY_UNITS = {"d", "day", "days"}
_MOST_DAYS = 365
_BETWEEN = {"Zs", "Zl", "Zp", "Pd", "Cf"}  # spaces, dashes, invisible marks


class Statement(NamedTuple):
    """What one row says about one person; None where it says nothing that the catalogue knows."""

    number: str
    birth: date | None
    sex: str | None
    ethnic_group: str | None
    borough: str | None


class Row(NamedTuple):
    """One event: the snapshot table, a concept number or an event type, exact dates, a value or days of supply."""

    table: str
    number: str
    what: int | str
    start: date
    end: date | None
    value: float | None


@dataclass
class Source:
    """What one organisation said. People are noted first, then settled, then their events are noted.

    `numbers` gives the usable NHS number of a local identifier, `claimed` every well-formed one, verified or not.
    """

    format: str
    organisation: str
    extract_date: date
    synthetic: bool
    statements: list[Statement] = field(default_factory=list)
    local: set[str] = field(default_factory=set)
    verified: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    claimed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    numbers: dict[str, str] = field(default_factory=dict)
    withheld_local: set[str] = field(default_factory=set)
    withheld: set[str] = field(default_factory=set)
    opted: list[tuple[str, date]] = field(default_factory=list)
    withdrawn: list[tuple[str, date]] = field(default_factory=list)
    deaths: list[tuple[str, date]] = field(default_factory=list)
    events: set[Row] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)


def note_person(
    source: Source,
    *,
    local: str,
    number: str,
    status: str,
    withheld: bool = False,
    birth: str = "",
    sex: str = "",
    ethnic: str = "",
    place: str = "",
) -> None:
    """Note one row about a person, or count why it cannot be used."""
    number = bare(number)
    claim(source, local, number, withheld=withheld)
    reason = _why_not(source, number, status, withheld, birth)
    if reason:
        source.left_out[reason] += 1
        return
    source.verified[local].add(number)
    known = (_SEXES.get(sex.strip().lower()), _ETHNIC.get(ethnic.strip().upper()), _BOROUGHS.get(place.strip().upper()))
    source.statements.append(Statement(number, day(birth), *known))


def claim(source: Source, local: str, number: str, *, withheld: bool) -> None:
    """Note that an identifier is said to be a number, which may turn out not to count."""
    source.local.add(local)
    if check_digit_holds(number) and _in_range(source, number):
        source.claimed[local].add(number)
    if withheld:
        source.withheld_local.add(local)
        source.withheld |= source.claimed[local]


def bare(number: str) -> str:
    """A number without the spaces, dashes and invisible marks that people put between its digits."""
    return "".join(c for c in number if not c.isspace() and unicodedata.category(c) not in _BETWEEN)


def _in_range(source: Source, number: str) -> bool:
    return number.startswith("9") == source.synthetic


def _why_not(source: Source, number: str, status: str, withheld: bool, birth: str) -> str:
    if withheld:
        return "withheld_identity"
    if not number:
        return "no_nhs_number"
    if not check_digit_holds(number):
        return "invalid_nhs_number"
    if not _in_range(source, number):
        return "wrong_number_range"
    if status != "01":
        return "unverified_nhs_number"
    born = day(birth)
    if birth and born is None:
        return "impossible_date"
    return "future_date" if born and born > source.extract_date else ""


def settle_people(source: Source) -> None:
    """After all people are noted: one number per local identifier, one statement per number.

    An identifier with two numbers, verified or not, is nobody's. Of several statements about one number the first
    counts in the order of birth, sex, ethnic group, borough, where nothing comes after everything.
    """
    for local, numbers in source.verified.items():
        if len(numbers) == 1 == len(source.claimed[local]):
            source.numbers[local] = next(iter(numbers))
    for local in source.withheld_local:
        source.withheld |= source.claimed[local]
    usable = set(source.numbers.values())
    first: dict[str, Statement] = {}
    for statement in sorted(source.statements, key=_order):
        if statement.number in usable:
            first.setdefault(statement.number, statement)
    source.statements = list(first.values())


def _order(statement: Statement) -> list[tuple[bool, str]]:
    return [(value is None, str(value)) for value in statement]


def note_event(
    source: Source,
    *,
    table: str,
    local: str,
    codings: list[Coding],
    start: str,
    end: str = "",
    value: str = "",
    unit: str = "",
    fault: str = "",
) -> None:
    """Note one event, or count why it cannot be used. Opt-out codes are noted whatever table they stand in."""
    uses = {_LEGAL.get(coding) for coding in codings}
    if "type_1" in uses and fault in ("", "wrong_resource_type"):
        _note_type_1(source, local, day(start), opted=True)
    if "restricted" in uses or fault:
        source.left_out["restricted_code" if "restricted" in uses else fault] += 1
    elif "type_1_withdrawn" in uses and "type_1" not in uses:
        _note_type_1(source, local, day(start), opted=False)
    elif "type_1" not in uses and (table not in _ONLY_KNOWN or _known(table, codings)):
        found = _read_event(source, table, local, codings, start, end, value, unit)
        if isinstance(found, Row):
            source.events.add(found)
        else:
            source.left_out[found] += 1


def _note_type_1(source: Source, local: str, when: date | None, *, opted: bool) -> None:
    """An opt-out without a usable date never ends; a withdrawal without one, or of an unverified number, is none."""
    if when and when > source.extract_date:
        when = None
    if opted:
        source.opted += [(number, when or date.max) for number in source.claimed[local]]
    elif when and local in source.numbers:
        source.withdrawn.append((source.numbers[local], when))


def _read_event(
    source: Source, table: str, local: str, codings: list[Coding], start: str, end: str, value: str, unit: str
) -> Row | str:
    """The row of an event, or the reason why there is none."""
    if local not in source.numbers:
        return "person_quarantined" if local in source.local else "unknown_person"
    found = _known(table, codings)
    if not found:
        return "unknown_code"
    dates = usable_dates(source, start, end)
    if isinstance(dates, str):
        return dates
    amount = _amount(found[0], value, unit)
    if isinstance(amount, str):
        return amount
    return Row(table, source.numbers[local], found[0].concept_id, *dates, amount)


def note_death(source: Source, local: str, when: str) -> None:
    """Note a death, or count why it cannot be used."""
    found = usable_dates(source, when, "")
    if local not in source.numbers:
        source.left_out["person_quarantined" if local in source.local else "unknown_person"] += 1
    elif isinstance(found, str):
        source.left_out[found] += 1
    else:
        source.deaths.append((source.numbers[local], found[0]))


def _known(table: str, codings: list[Coding]) -> list[Concept]:
    return [_CONCEPTS[c] for c in codings if c in _CONCEPTS and _CONCEPTS[c].domain == table.split("_")[0]]


def usable_dates(source: Source, start: str, end: str) -> tuple[date, date | None] | str:
    """Begin and end of an event, or the reason why they cannot be used."""
    first, last = day(start), day(end)
    if first is None or (end and last is None) or (last and last < first):
        return "impossible_date"
    return "future_date" if first > source.extract_date else (first, last)


def _amount(concept: Concept, value: str, unit: str) -> float | str | None:
    """The value on its concept's grid, whole days of supply, None where nothing is given, or a reason."""
    if concept.domain not in ("measurement", "drug"):
        return None
    wanted = {_unit_word(concept.grid.unit)} if concept.grid else _DAY_UNITS
    if unit and _unit_word(unit) not in wanted:
        return "unknown_unit"
    if not value:
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return "impossible_value"
    return _on_grid(concept, number) if concept.grid else _whole_days(number)


def _unit_word(unit: str) -> str:
    return re.sub(r"[^a-z0-9/%]", "", unit.lower().replace("²", "2"))


def _whole_days(number: Decimal) -> float | str:
    fits = number.is_finite() and number == int(number) and 0 <= number <= _MOST_DAYS
    return float(number) if fits else "impossible_value"


def _on_grid(concept: Concept, number: Decimal) -> float | str:
    assert concept.grid is not None  # noqa: S101 - measurements have one
    low, high, step = (
        Decimal(n.numerator) / Decimal(n.denominator) for n in (concept.grid.low, concept.grid.high, concept.grid.step)
    )
    if not number.is_finite() or not low <= number <= high:
        return "impossible_value"
    return float(low + ((number - low) / step).quantize(Decimal(1), ROUND_HALF_UP) * step)


def check_digit_holds(text: str) -> bool:
    """True for ten digits whose last one is the right check digit."""
    if not re.fullmatch(r"[0-9]{10}", text):
        return False
    total = sum(int(text[place]) * (10 - place) for place in range(9))
    return (11 - total % 11) % 11 == int(text[9])


@lru_cache(maxsize=1 << 16)
def day(text: str) -> date | None:
    """The day of a date or date-time since 1900; a bare month or year means its first day; DD/MM/YYYY is read too."""
    text = text.strip()
    if re.fullmatch(r"\d{4}", text):
        text += "-01-01"
    if re.fullmatch(r"\d{4}-\d{2}", text):
        text += "-01"
    british = re.match(r"(\d{2})/(\d{2})/(\d{4})", text)
    if british:
        text = "-".join(british.group(3, 2, 1))
    try:
        found = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return found if found.year >= 1900 else None
