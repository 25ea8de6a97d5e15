"""Spread: mean, variance and standard deviation of a column clamped to public bounds, from one draw of three numbers.

With v a clamped value less the centre, in steps, |v| ≤ R, the vector of a cell is (a·Σv, Σ(c − v²), g·people) with
whole numbers a = R/2, c = 5R²/8 and g = c. One person adds (a·v, c − v², g) to one cell and nothing to any other:
L2² = a²v² + (c − v²)² + g². With u = v² the first two are a convex quadratic in u, so the most lies at an end, u = 0
or u = R²: L2² = max(c², a²R² + (R² − c)²) + g². With these weights both ends come to c² (up to rounding): the total is
free of charge beside the squares. The variance is that of the people counted (divisor n).

Laplace noise is charged by L1 = a|v| + |c − v²| + g. While v² ≤ c that is c + a|v| − v² + g, at most c + a²/4 + g (its
whole part, of whole numbers); beyond it rises to |v| = R: L1 = max(c + ⌊a²/4⌋, a·R + R² − c) + g. There a = 3R/8,
c = 2R²/3 and g = 4R²/9, found by search: on average a fifth from the best for each mean within 0.4 R of the centre and
each variance up to 0.4 R².
"""

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from disclosure.engines import plan as engine
from disclosure.explain import CONFIDENCE, GAUSSIAN, LAPLACE, quantile
from disclosure.requests import Statistic as Asked
from disclosure.statistics.base import (
    Contribution,
    Entries,
    Entry,
    Estimate,
    Expected,
    Integers,
    Range,
    decimal,
    deviation,
    digits_of,
    nothing,
    people_per_cell,
    reach,
    told_together,
    within,
)
from disclosure.statistics.columns import Columns, bounds, keys, number, text_of
from disclosure.statistics.fieller import Ratio, ratio

COVERS = (
    "About 95 % of such intervals hold the exact figure (Fieller's method on the three noisy numbers): what the noise "
    "alone can do. Not sampling, not errors in records."
)
MEASURES = (("mean", "Mean"), ("variance", "Variance"), ("standard_deviation", "Standard deviation"))


@dataclass(frozen=True)
class Spread:
    """Mean, variance and standard deviation with intervals."""

    plan: engine.CellPlan
    of: str
    lower: int
    upper: int
    step: Fraction
    unit: str
    mechanism: str = GAUSSIAN
    kind: ClassVar[str] = "spread"
    covers: ClassVar[str] = COVERS
    coordinates: ClassVar[int] = 3

    @classmethod
    def asked(cls, asked: Asked, columns: Columns) -> "Spread":
        """From a checked statistic of a request."""
        column, grid = number(asked, columns)
        lower, upper = bounds(asked, columns)
        centre = (lower + upper) // 2
        measures = (
            engine.Sum(column.name, lower, upper, centre),
            engine.Squares(column.name, lower, upper, centre),
            engine.CountKnown(column.name),
        )
        plan = engine.CellPlan(asked.name, keys(asked, columns), measures)
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
    def weights(self) -> tuple[int, int, int]:
        """(a, c, g) of the module's derivation, each at least 1."""
        square = self.radius**2
        if self.mechanism == LAPLACE:
            return max(1, 3 * self.radius // 8), max(1, 2 * square // 3), max(1, 4 * square // 9)
        middle = max(1, 5 * square // 8)
        return max(1, self.radius // 2), middle, middle

    @property
    def contribution(self) -> Contribution:
        """Three coordinates of one cell; see the derivation above."""
        slope, middle, people = self.weights
        far = self.radius**2 - middle
        square = max(middle**2, (slope * self.radius) ** 2 + far**2) + people**2
        most = max(middle + slope**2 // 4, slope * self.radius + far) + people
        return Contribution(l1=most, l2_squared=square, largest=told_together(square))

    def vector(self, exact: Integers) -> Integers:
        """(Σv, Σv², known) becomes (a·Σv, c·known − Σv², g·known)."""
        slope, middle, people = self.weights
        total, squares, known = exact.T
        return np.stack([slope * total, middle * known - squares, people * known], axis=1)

    def expected(self, scale: Fraction, population: int) -> Expected:
        """Of the standard deviation, for a public number of people and values spread evenly over the bounds."""
        _, middle, people = self.weights
        cell = people_per_cell(self.plan, population)
        variance = self.radius**2 / 3
        reached = quantile(CONFIDENCE) * deviation(scale, self.mechanism) * math.hypot(1, (middle - variance) / people)
        width = reached / cell / (2 * math.sqrt(variance)) * float(self.step)
        shown = decimal(min(width, float(self._widest)), digits_of(self.step), ROUND_CEILING)
        words = "assuming about {:,} people in each cell and values spread evenly between the bounds"
        return Expected(shown, f"{words.format(cell)}; that is the standard deviation's")

    def rows(self, noisy: Integers, scale: Fraction) -> list[list[Estimate]]:
        """Mean, variance and standard deviation of each cell; no value where it may be nobody's."""
        far = reach(scale, self.mechanism)
        return [self._estimates(drawn, far) for drawn in noisy.tolist()]

    def _estimates(self, numbers: list[int], far: float) -> list[Estimate]:
        slope, _, weight = self.weights
        drawn = (numbers[0], numbers[1], numbers[2])
        total, people = drawn[0] / slope, drawn[2] / weight
        mean = ratio(total, people, far_squared=(far / slope) ** 2, offset=0, slope=far / weight)
        variance = self._variance(drawn, far)
        if mean is None or variance is None:
            return [nothing(drawn), nothing(()), nothing(())]
        step = float(self.step)
        means = Ratio(*((each + self.centre) * step for each in mean))
        variances = Ratio(*(each * step**2 for each in variance))
        roots = Ratio(*(math.copysign(math.sqrt(abs(each)), each) for each in variances))
        digits = digits_of(self.step)
        most = self._widest
        return [
            within(Range(self.lower * self.step, self.upper * self.step, digits), **means._asdict(), drawn=drawn),
            within(Range(Fraction(0), most**2, digits), **variances._asdict(), drawn=()),
            within(Range(Fraction(0), most, digits), **roots._asdict(), drawn=()),
        ]

    def _variance(self, drawn: tuple[int, int, int], far: float) -> Ratio | None:
        """The variance in squared steps.

        With S = Σv, Q = Σv² = c·n − T, m = S/n, the noise of Q − S²/n − t·n is, to first order, that of
        −T + (c + m² − t)·n − 2m·S. The second-order part of the noise in S only lowers the figure, by at most its
        square over n, so the lower end is moved down by that.
        """
        slope, middle, weight = self.weights
        total, people = drawn[0] / slope, drawn[2] / weight
        if people <= far / weight:
            return None
        mean = min(max(total / people, -self.radius), self.radius)
        top = middle * people - drawn[1] - total**2 / people
        still = far**2 * (1 + (2 * mean / slope) ** 2)
        found = ratio(top, people, far_squared=still, offset=middle + mean**2, slope=far / weight)
        return found and found._replace(low=found.low - (far / slope / people) ** 2)

    @property
    def _widest(self) -> Fraction:
        """The largest standard deviation that values between the bounds can have."""
        return Fraction(self.upper - self.lower, 2) * self.step

    def entries(self) -> Entries:
        """One estimate per measure."""
        return tuple((Entry("measure", value, label),) for value, label in MEASURES)

    def about(self) -> dict[str, Any]:
        """Bounds, unit, and how the three drawn numbers are scaled."""
        slope, middle, people = self.weights
        return {
            "meaning": f"Mean, variance and standard deviation of {self.of} over people for whom it is known, each "
            "value brought within the bounds.",
            "unit": self.unit,
            "of": self.of,
            "lower": text_of(self.lower * self.step),
            "upper": text_of(self.upper * self.step),
            "unit_step": text_of(self.step),
            "centre_units": self.centre,
            "weights": [slope, middle, people],
            "within": ["measure"],
            "measures": [
                {"value": value, "label": label, "unit": f"({self.unit})²" if value == "variance" else self.unit}
                for value, label in MEASURES
            ],
        }
