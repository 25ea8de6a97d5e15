"""Mean of a column clamped to public bounds: a noisy centred total over a noisy number of people, drawn together.

The vector holds, per cell, the total of (value − centre) in steps of the grid and `weight` × people. One charge covers
both: L2² = largest distance from the centre² + weight².
"""

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from disclosure.engines import plan as engine
from disclosure.explain import CONFIDENCE, GAUSSIAN, quantile
from disclosure.requests import Statistic as Asked
from disclosure.statistics.base import (
    ONE,
    RATIO,
    Contribution,
    Entries,
    Estimate,
    Expected,
    Integers,
    Range,
    decimal,
    digits_of,
    nothing,
    people_per_cell,
    reach,
    told_together,
    within,
)
from disclosure.statistics.columns import Columns, bounds, keys, number, text_of


@dataclass(frozen=True)
class Mean:
    """Noisy mean, interval by Fieller's method."""

    plan: engine.CellPlan
    of: str
    lower: int
    upper: int
    step: Fraction
    unit: str
    mechanism: str = GAUSSIAN
    kind: ClassVar[str] = "mean"
    covers: ClassVar[str] = RATIO
    coordinates: ClassVar[int] = 2

    @classmethod
    def asked(cls, asked: Asked, columns: Columns) -> "Mean":
        """From a checked statistic of a request."""
        column, grid = number(asked, columns)
        lower, upper = bounds(asked, columns)
        total = engine.Sum(column.name, lower, upper, centre=(lower + upper) // 2)
        plan = engine.CellPlan(asked.name, keys(asked, columns), (total, engine.CountKnown(column.name)))
        return cls(plan, column.name, lower, upper, grid.step, grid.unit)

    @property
    def centre(self) -> int:
        """The middle of the bounds, in steps, rounded down."""
        return (self.lower + self.upper) // 2

    @property
    def radius(self) -> int:
        """The largest distance of a clamped value from the centre, in steps."""
        return max(self.upper - self.centre, self.centre - self.lower)

    @property
    def weight(self) -> int:
        """What one person adds to the second coordinate: half the radius, best for means near the centre."""
        return max(1, self.radius // 2)

    @property
    def contribution(self) -> Contribution:
        """Both coordinates of one cell."""
        return Contribution(
            l1=self.radius + self.weight,
            l2_squared=self.radius**2 + self.weight**2,
            largest=told_together(self.radius**2 + self.weight**2),
        )

    def vector(self, exact: Integers) -> Integers:
        """(centred total, known) becomes (centred total, weight × known)."""
        return exact * np.array([1, self.weight], dtype=np.int64)

    def expected(self, scale: Fraction, population: int) -> Expected:
        """For a public number of people per cell, and a mean in the middle half of the bounds."""
        people = people_per_cell(self.plan, population)
        slope = math.hypot(1, self.radius / 2 / self.weight)
        width = quantile(CONFIDENCE, mechanism=self.mechanism) * float(scale) * slope / people * float(self.step)
        widest = float((self.upper - self.lower) * self.step)
        shown = decimal(min(width, widest), digits_of(self.step), ROUND_CEILING)
        return Expected(
            shown, f"assuming about {people:,} people in each cell and a mean in the middle half of the bounds"
        )

    def rows(self, noisy: Integers, scale: Fraction) -> list[list[Estimate]]:
        """Means with intervals; no value where the noisy number of people may be nobody."""
        far = reach(scale, self.mechanism)
        return [[self._mean(total, people, far)] for total, people in noisy.tolist()]

    def _mean(self, total: int, weighted: int, far: float) -> Estimate:
        """All m for which |total − m·people| ≤ far·√(1 + (m / weight)²): a quadratic in m."""
        drawn, people, span = (total, weighted), weighted / self.weight, far / self.weight
        lead = people**2 - span**2
        if people <= 0 or lead <= 0:
            return nothing(drawn)
        root = far * math.sqrt(lead + (total / self.weight) ** 2)
        low, high = ((total * people + sign * root) / lead for sign in (-1, 1))
        value, low, high = ((number + self.centre) * float(self.step) for number in (total / people, low, high))
        possible = Range(self.lower * self.step, self.upper * self.step, digits_of(self.step))
        return within(possible, value=value, low=low, high=high, drawn=drawn)

    def entries(self) -> Entries:
        """One estimate per cell."""
        return ONE

    def about(self) -> dict[str, Any]:
        """Bounds, unit, and how the two drawn numbers are scaled."""
        return {
            "meaning": f"Mean of {self.of} over people for whom it is known, each value brought within the bounds.",
            "unit": self.unit,
            "of": self.of,
            "lower": text_of(self.lower * self.step),
            "upper": text_of(self.upper * self.step),
            "unit_step": text_of(self.step),
            "centre_units": self.centre,
            "weight": self.weight,
        }
