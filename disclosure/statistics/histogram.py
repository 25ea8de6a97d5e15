"""Histogram: people per bin of public edges, by public keys. One person changes one bin of one cell by 1."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any, ClassVar

from disclosure.engines.plan import Bins, CellPlan
from disclosure.explain import GAUSSIAN
from disclosure.requests import Statistic as Asked
from disclosure.statistics.base import ADDITIVE, Contribution, Entry, Estimate, Expected, Integers, additive, half_width
from disclosure.statistics.columns import Columns, edges, keys, number, text_of


@dataclass(frozen=True)
class Histogram:
    """People of the view by bin: [e0, e1), [e1, e2) … the last closed; values outside or unknown are in no bin."""

    plan: CellPlan
    of: str
    step: Fraction
    edges: tuple[int, ...]
    unit: str
    mechanism: str = GAUSSIAN
    kind: ClassVar[str] = "histogram"
    covers: ClassVar[str] = ADDITIVE
    contribution: ClassVar[Contribution] = Contribution(l1=1, l2_squared=1, largest=1)

    @classmethod
    def asked(cls, asked: Asked, columns: Columns) -> "Histogram":
        """From a checked statistic of a request."""
        column, grid = number(asked, columns)
        points = edges(asked, columns)
        plan = CellPlan(asked.name, keys(asked, columns), (Bins(column.name, points),))
        return cls(plan, column.name, grid.step, points, grid.unit)

    @property
    def coordinates(self) -> int:
        """One number per bin."""
        return len(self.edges) - 1

    def entries(self) -> tuple[tuple[Entry], ...]:
        """One estimate per bin."""
        pairs = list(pairwise(text_of(edge * self.step) for edge in self.edges))
        return tuple(
            (Entry(self.of, f"{low}..{high}", f"{low} to {'' if (low, high) == pairs[-1] else 'under '}{high}"),)
            for low, high in pairs
        )

    def vector(self, exact: Integers) -> Integers:
        """One number per bin of each cell."""
        return exact

    def expected(self, scale: Fraction, population: int) -> Expected:  # noqa: ARG002
        """Exact: the noise does not depend on how many people there are."""
        return Expected(Decimal(half_width(scale, self.mechanism)), None)

    def rows(self, noisy: Integers, scale: Fraction) -> list[list[Estimate]]:
        """Noisy counts per bin, not cut at zero."""
        half = half_width(scale, self.mechanism)
        return [[additive(number, half) for number in cell] for cell in noisy.tolist()]

    def about(self) -> dict[str, Any]:
        """Edges and unit of the binned column."""
        return {
            "meaning": f"Number of people by {self.of}; values outside the edges or not known are in no bin.",
            "unit": "people",
            "of": self.of,
            "of_unit": self.unit,
            "within": [self.of],
            "edges": [text_of(edge * self.step) for edge in self.edges],
        }
