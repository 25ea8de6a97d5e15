"""Released numbers against a plain recount, and people against those who may not be in a snapshot.

Exact, so it never leaves the demonstration; only "inside" or "outside" is said.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from disclosure.explain import check_cell
from infra.demo.recount import Person
from infra.demo.recount_kinds import Row, recounted
from infra.demo.requests import SYSTOLIC

HYPERTENSION, DIABETES, EMERGENCY = {320128}, {201826, 201254}, 9203
_NUMBER = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)")
_WEIGHTS = range(10, 1, -1)


def blood_pressure(person: Person) -> Row:
    """The row of a person in the view of the first request."""
    values = [
        (when, value) for concept, when, value in person.measurements if concept == SYSTOLIC and value is not None
    ]
    return {
        "stp": person.stp,
        "sex": person.sex,
        "age_band": person.age_band,
        "hypertension": bool(person.condition_concepts() & HYPERTENSION),
        "systolic": Fraction(str(max(values)[1])) if values else None,
    }


def emergency(person: Person) -> Row:
    """The row of a person in the view of the second request."""
    return {
        "imd_decile": person.imd_decile,
        "sex": person.sex,
        "visits": Fraction(sum(concept == EMERGENCY for concept, _, _ in person.visits)),
        "diabetes": bool(person.condition_concepts() & DIABETES),
    }


def follow_up(person: Person) -> Row:
    """The row of a person in the view of the third request."""
    visits = [start for concept, start, _ in person.visits if concept == EMERGENCY]
    ends = min(visits, default=date(2026, 6, 29))
    return {
        **blood_pressure(person),
        "diabetes": bool(person.condition_concepts() & DIABETES),
        "visits": Fraction(len(visits)),
        "visited": bool(visits),
        "touched": {
            "emergency_years": {(str(start.year),) for start in visits},
            "emergency_months": {(f"{start:%Y-%m}",) for start in visits if _last_year(start)},
            "common_diagnoses": {(str(concept),) for concept in person.condition_concepts()},
        },
        "days": Fraction((ends - date(2016, 7, 4)).days),
    }


def _last_year(start: date) -> bool:
    return date(2025, 7, 1) <= start <= date(2026, 6, 30)


def cells_outside(
    artefacts: Sequence[tuple[Mapping[str, Any], Callable[[Person], Row]]], people: Sequence[Person]
) -> list[str]:
    """The released cells outside the simultaneous bound over all of them: the names of their statistics."""
    drawn = sum(len(cell["drawn"]) for artefact, _ in artefacts for cell in artefact["cells"])
    wrong: list[str] = []
    for artefact, view in artefacts:
        rows = [view(person) for person in people]
        for statistic in artefact["statistics"]:
            entries = [cell for cell in artefact["cells"] if cell["statistic"] == statistic["name"]]
            if statistic["kind"] in ("forecast", "codes"):  # what is forecast, or not named, is not drawn
                entries = [cell for cell in entries if cell["drawn"]]
            checked = _checked(statistic, entries, rows)
            wrong += [
                f"{artefact['title']} / {statistic['name']}"
                for cell, exact in checked
                if not check_cell(statistic, cell, exact, cells=drawn)
            ]
    return wrong


def _checked(
    statistic: Mapping[str, Any], entries: Sequence[Mapping[str, Any]], rows: Sequence[Row]
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """What was drawn together, with what a plain count gives for it."""
    by: list[str] = statistic["by"]
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in by), []).append(row)
    listed = {name: {entry["keys"][name] for entry in entries} - {"*"} for name in statistic.get("within", [])}
    cells: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for entry in entries:
        cells.setdefault(tuple(entry["keys"][name] for name in by), []).append(entry)
    for keys, cell in cells.items():
        for each in [cell] if any(not entry["drawn"] for entry in cell) else [[entry] for entry in cell]:
            numbers = {"drawn": [number for entry in each for number in entry["drawn"]]}
            yield numbers, recounted(statistic, each[0]["keys"], groups.get(keys, []), listed)


def everybody_named(data: Path) -> set[str]:
    """Every valid ten-digit number in any file that names people, verified or not."""
    names = ("omop/*/person.csv", "fhir/*/*.ndjson", "cld/*/*.csv", "national/*.csv")
    files = [path for pattern in names for path in data.glob(pattern)]
    return {number for path in files for number in _numbers(path)}


def _numbers(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if path.suffix != ".ndjson" or '"Patient"' in line[:200] or "nhs-number" in line:
                found = (re.sub("[ -]", "", number) for number in _NUMBER.findall(line))
                yield from (number for number in found if _valid(number))


def _valid(number: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return (11 - total % 11) % 11 == int(number[9])
