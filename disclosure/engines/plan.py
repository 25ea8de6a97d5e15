"""What an engine is asked to add up: whole numbers per cell of public keys, each person bounded.

One person is in at most one combination of a plan's keys. All values are whole multiples of the column's grid step.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod
from pathlib import Path

from disclosure.person_view.schema import ViewColumn
from workspaces.catalogue.columns import Domain

FAR = 2**17  # squares of so many people as there can be add up below 2**63


@dataclass(frozen=True)
class CountAll:
    """1 for each person of the cell."""

    width = 1


@dataclass(frozen=True)
class CountTrue:
    """1 for each person whose flag is true; false and unknown add 0."""

    column: str
    width = 1


@dataclass(frozen=True)
class CountKnown:
    """1 for each person whose value is known (not NULL)."""

    column: str
    width = 1


@dataclass(frozen=True)
class Sum:
    """clamp(value, lower, upper) - centre for each person; an unknown value adds 0. All in units of the grid step.

    One person changes the sum by at most max(upper - centre, centre - lower).
    """

    column: str
    lower: int
    upper: int
    centre: int = 0
    width = 1

    def __post_init__(self) -> None:
        if not self.lower < self.upper or not -(2**31) < self.lower - self.centre <= self.upper - self.centre < 2**31:
            raise ValueError("bounds are in order and fit 32 bits around the centre")


@dataclass(frozen=True)
class Squares:
    """(clamp(value, lower, upper) - centre)² for each person; an unknown value adds 0. In squared steps of the grid.

    One person adds between 0 and max(upper - centre, centre - lower)², which is below 2**34.
    """

    column: str
    lower: int
    upper: int
    centre: int
    width = 1

    def __post_init__(self) -> None:
        far = max(self.upper - self.centre, self.centre - self.lower)
        if not self.lower <= self.centre <= self.upper or not 0 < far < FAR:
            raise ValueError("the centre lies within the bounds, and no value far enough from it to overflow a total")


@dataclass(frozen=True)
class Product:
    """The product of the factors' values for each person for whom every column of `known` is known; others add 0.

    A factor is clamp(value, lower, upper) - centre, in steps of its grid, of a flag with 0 for false and 1 for true.
    Without factors each such person adds 1. One person adds at most the product of the factors' largest values.
    """

    factors: tuple[Sum, ...]
    known: tuple[str, ...]
    width = 1

    def __post_init__(self) -> None:
        if prod(self.largest) >= FAR**2:
            raise ValueError("no product is so large that a total could overflow")
        if not self.known or not {factor.column for factor in self.factors} <= set(self.known):
            raise ValueError("whoever is counted has a known value of every factor")

    @property
    def largest(self) -> tuple[int, ...]:
        """The largest absolute value of each factor."""
        return tuple(max(each.upper - each.centre, each.centre - each.lower) for each in self.factors)


@dataclass(frozen=True)
class Bins:
    """One column per bin: [e0, e1), [e1, e2) … and the last closed on both sides; outside or unknown adds 0."""

    column: str
    edges: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.edges) < 2 or any(a >= b for a, b in zip(self.edges, self.edges[1:], strict=False)):
            raise ValueError("edges are strictly increasing, two at least")

    @property
    def width(self) -> int:
        """The number of bins."""
        return len(self.edges) - 1


@dataclass(frozen=True)
class Steps:
    """A key within a cell: (clamp(value, lower, upper) - lower) // width, counted from 0; nobody of unknown value."""

    column: str
    lower: int
    upper: int
    width: int = 1

    def __post_init__(self) -> None:
        if self.lower > self.upper or self.width < 1:
            raise ValueError("bounds are in order and steps are not empty")

    @property
    def size(self) -> int:
        """How many steps there are."""
        return (self.upper - self.lower) // self.width + 1


Measure = CountAll | CountTrue | CountKnown | Sum | Squares | Product | Bins


@dataclass(frozen=True)
class CellPlan:
    """One table of numbers: keys and measures. `by` columns must have a domain; no key means one cell.

    `within` are further keys whose values stand side by side in a cell: they tell apart numbers that are released
    together; `steps` is one more, the last. A person whose value of any key is not in its domain is in no cell.
    """

    name: str
    by: tuple[ViewColumn, ...]
    measures: tuple[Measure, ...]
    within: tuple[ViewColumn, ...] = ()
    steps: Steps | None = None

    @property
    def domains(self) -> tuple[Domain, ...]:
        """The public domain of each key of the cells."""
        return _domains(self.by)

    @property
    def inner(self) -> int:
        """How many combinations of the keys within a cell there are."""
        steps = self.steps.size if self.steps else 1
        return prod(len(domain.values) for domain in _domains(self.within)) * steps

    @property
    def keys(self) -> tuple[tuple[ViewColumn, Domain], ...]:
        """Every key that has a domain, those within cells last."""
        columns = (*self.by, *self.within)
        return tuple(zip(columns, _domains(columns), strict=True))

    @property
    def shape(self) -> tuple[int, int]:
        """Cells, and columns per cell: the shape of the engine's answer for this plan.

        Columns are the measures of each combination within the cell, the last key varying fastest.
        """
        cells = prod(len(domain.values) for domain in self.domains)
        return cells, self.inner * sum(measure.width for measure in self.measures)

    def cells(self) -> Iterator[tuple[str | int | bool, ...]]:
        """Key values of every cell, in the order of the answer's rows (the last key varies fastest)."""
        return product(*(domain.values for domain in self.domains))


def _domains(columns: tuple[ViewColumn, ...]) -> tuple[Domain, ...]:
    return tuple(domain for column in columns if (domain := column.domain) is not None)


@dataclass(frozen=True)
class SnapshotFiles:
    """Where a snapshot lies: `room` holds TABLE.parquet; `sampling` is the secret per-person sample key file."""

    room: Path
    sampling: Path
