"""The concepts a snapshot may hold, and the source codes that lead to them.

`data/concepts.csv` is a fixed mapping (source vocabulary and code -> OMOP standard concept), read once. A
code that is not in it is counted and left out; nothing about it is learnt from records.
"""

import csv
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files

from workspaces.catalogue.columns import Domain, Grid


@dataclass(frozen=True)
class Concept:
    """One OMOP standard concept with the source codes mapped to it; `grid` for measurements only."""

    concept_id: int
    domain: str
    name: str
    codes: tuple[tuple[str, str], ...]
    grid: Grid | None


@cache
def concepts() -> tuple[Concept, ...]:
    """All concepts in the order of the published file."""
    found: dict[int, Concept] = {}
    with (files("workspaces.catalogue") / "data/concepts.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            number = int(row["concept_id"])
            codes = (*(found[number].codes if number in found else ()), (row["vocabulary"], row["code"]))
            found[number] = Concept(number, row["domain"], row["name"], codes, _grid(row))
    return tuple(found.values())


def _grid(row: dict[str, str]) -> Grid | None:
    if not row["low"]:
        return None
    return Grid(Fraction(row["low"]), Fraction(row["high"]), Fraction(row["step"]), row["unit"])


def concept(concept_id: int) -> Concept | None:
    """The concept of that number, or None."""
    return next((c for c in concepts() if c.concept_id == concept_id), None)


def _domain(name: str) -> Domain:
    chosen = [c for c in concepts() if c.domain == name]
    return Domain(tuple(c.concept_id for c in chosen), tuple(c.name for c in chosen))


CONDITIONS = _domain("condition")
DRUGS = _domain("drug")
MEASUREMENTS = _domain("measurement")
OBSERVATIONS = _domain("observation")
PROCEDURES = _domain("procedure")
VISITS = _domain("visit")
