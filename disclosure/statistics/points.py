"""What quantiles are, however they are drawn: points of a public grid, the shares asked for, the people at each."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from typing import Any

from disclosure.engines import plan as engine
from disclosure.statistics.base import Entries, Entry, Expected, decimal, digits_of, exactly, people_per_cell
from disclosure.statistics.columns import text_of

NAMES = {Decimal("0.25"): "Lower quartile", Decimal("0.5"): "Median", Decimal("0.75"): "Upper quartile"}


@dataclass(frozen=True)
class Points:
    """Quantiles of one column between public bounds. The leaves are the points of its grid, or steps of several."""

    plan: engine.CellPlan
    of: str
    steps: engine.Steps
    shares: tuple[Decimal, ...]
    step: Fraction
    unit: str

    def value(self, place: int) -> int:
        """The point at a place, in steps of the grid."""
        return self.steps.lower + place * self.steps.width

    def shown(self, point: int) -> Decimal:
        """A point in the column's unit."""
        return exactly(point * self.step)

    def width(self, ranks: float, population: int) -> Expected:
        """How far so many ranks reach, for a public number of people spread evenly over the bounds."""
        people = people_per_cell(self.plan, population)
        leaves = min(float(self.steps.size), 1 + ranks / people * self.steps.size)
        width = decimal(leaves * self.steps.width * float(self.step), digits_of(self.step), ROUND_CEILING)
        return Expected(width, f"assuming about {people:,} people in each cell, spread evenly between the bounds")

    def entries(self) -> Entries:
        """One estimate per quantile."""
        return tuple((Entry("quantile", str(share), _name(share)),) for share in self.shares)

    def described(self, **more: Any) -> dict[str, Any]:
        """Public parameters: bounds, unit, and whatever else there is."""
        return {
            "meaning": f"Quantiles of {self.of} over people for whom it is known, each value brought within the "
            f"bounds and given in steps of {text_of(self.steps.width * self.step)}.",
            "unit": self.unit,
            "of": self.of,
            "lower": text_of(self.steps.lower * self.step),
            "upper": text_of(self.steps.upper * self.step),
            "unit_step": text_of(self.steps.width * self.step),
            "within": ["quantile"],
            **more,
        }


def _name(share: Decimal) -> str:
    return NAMES.get(share.normalize(), f"{(share * 100).normalize():f} % quantile")
