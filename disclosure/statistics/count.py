"""Count: how many people, by public keys. One person changes one cell by 1."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

from disclosure.engines.plan import CellPlan, CountAll
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
    half_width,
)
from disclosure.statistics.columns import Columns, keys


@dataclass(frozen=True)
class Count:
    """People of the view in each cell."""

    plan: CellPlan
    mechanism: str = GAUSSIAN
    kind: ClassVar[str] = "count"
    covers: ClassVar[str] = ADDITIVE
    coordinates: ClassVar[int] = 1
    contribution: ClassVar[Contribution] = Contribution(l1=1, l2_squared=1, largest=1)

    @classmethod
    def asked(cls, asked: Asked, columns: Columns) -> "Count":
        """From a checked statistic of a request."""
        return cls(CellPlan(asked.name, keys(asked, columns), (CountAll(),)))

    def vector(self, exact: Integers) -> Integers:
        """One number per cell."""
        return exact

    def expected(self, scale: Fraction, population: int) -> Expected:  # noqa: ARG002
        """Exact: the noise does not depend on how many people there are."""
        return Expected(Decimal(half_width(scale, self.mechanism)), None)

    def rows(self, noisy: Integers, scale: Fraction) -> list[list[Estimate]]:
        """Noisy counts, not cut at zero, so that totals of cells stay unbiased."""
        half = half_width(scale, self.mechanism)
        return [[additive(number, half)] for number in noisy[:, 0].tolist()]

    def entries(self) -> Entries:
        """One estimate per cell."""
        return ONE

    def about(self) -> dict[str, Any]:
        """Nothing but its meaning."""
        return {"meaning": "Number of people.", "unit": "people"}
