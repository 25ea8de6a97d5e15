"""Sum: the total of a column clamped to public bounds, in whole steps of its grid, by public keys."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from disclosure.engines import plan as engine
from disclosure.explain import GAUSSIAN
from disclosure.requests import Statistic as Asked
from disclosure.statistics.base import (
    ADDITIVE,
    ONE,
    Contribution,
    Entries,
    Estimate,
    Expected,
    Integers,
    additive,
    exactly,
    half_width,
)
from disclosure.statistics.columns import Columns, bounds, keys, number, text_of


@dataclass(frozen=True)
class Sum:
    """Noisy total; one person changes it by at most the larger of |lower| and |upper|, in steps.

    Centring would not help: giving the middle back costs a noisy number of people, and the best split of the two
    comes to the same noise.
    """

    plan: engine.CellPlan
    of: str
    lower: int
    upper: int
    step: Fraction
    unit: str
    mechanism: str = GAUSSIAN
    kind: ClassVar[str] = "sum"
    covers: ClassVar[str] = ADDITIVE
    coordinates: ClassVar[int] = 1

    @classmethod
    def asked(cls, asked: Asked, columns: Columns) -> "Sum":
        """From a checked statistic of a request."""
        column, grid = number(asked, columns)
        lower, upper = bounds(asked, columns)
        plan = engine.CellPlan(asked.name, keys(asked, columns), (engine.Sum(column.name, lower, upper),))
        return cls(plan, column.name, lower, upper, grid.step, grid.unit)

    @property
    def contribution(self) -> Contribution:
        """One coordinate, by the larger bound."""
        most = max(abs(self.lower), abs(self.upper))
        return Contribution(l1=most, l2_squared=most**2, largest=most)

    def vector(self, exact: Integers) -> Integers:
        """One total per cell, in steps."""
        return exact

    def expected(self, scale: Fraction, population: int) -> Expected:  # noqa: ARG002
        """Exact: the noise does not depend on how many people there are."""
        return Expected(exactly(half_width(scale, self.mechanism) * self.step), None)

    def rows(self, noisy: Integers, scale: Fraction) -> list[list[Estimate]]:
        """Noisy totals in the column's unit."""
        half = half_width(scale, self.mechanism)
        return [[additive(number, half, self.step, signed=self.lower < 0)] for number in noisy[:, 0].tolist()]

    def entries(self) -> Entries:
        """One estimate per cell."""
        return ONE

    def about(self) -> dict[str, Any]:
        """Bounds and unit."""
        return {
            "meaning": f"Total of {self.of} over people for whom it is known, each value brought within the bounds.",
            "unit": self.unit,
            "of": self.of,
            "lower": text_of(self.lower * self.step),
            "upper": text_of(self.upper * self.step),
            "unit_step": text_of(self.step),
            "centre_units": 0,
        }
