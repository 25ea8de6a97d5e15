"""Demand forecast: people with an event in each month, counted privately, and a forecast of the months that follow.

What is drawn is the monthly series of `periods`: one person changes at most k = min(at_most, cells) months (of all
series together), each by 1, so L1 = L2² = k. The forecast is worked out from the noisy counts alone (`series`): it
costs nothing, and its interval holds the noise together with how the series moves.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from disclosure.engines.event_plan import EventPlan
from disclosure.explain import CONFIDENCE, GAUSSIAN, quantile
from disclosure.requests import Statistic as Asked
from disclosure.statistics.base import (
    ADDITIVE,
    Contribution,
    Entries,
    Entry,
    Estimate,
    Expected,
    Integers,
    additive,
    decimal,
    deviation,
    half_width,
)
from disclosure.statistics.calendar import PERIOD, named
from disclosure.statistics.columns import Columns
from disclosure.statistics.event_rows import EventRows, bound_rows, counting, described
from disclosure.statistics.periods import event_plan
from disclosure.statistics.series import LEAST_MONTHS, SEASONAL_FROM, forecasts
from disclosure.terms import Terms
from workspaces.catalogue.errors import Invalid

MEASURE = "measure"
COUNTED, FORECAST = Entry(MEASURE, "counted", "Counted"), Entry(MEASURE, "forecast", "Forecast")
COVERS = (
    f"Of months counted: {ADDITIVE} Of forecasts: about 95 % of such intervals hold the exact figure of that month, "
    "each person counted in no more months, if the series goes on moving as it has: noise, month-to-month change, "
    "trend and season together. They do not hold what has never happened before."
)


@dataclass(frozen=True)
class Forecast:
    """Noisy monthly counts and forecasts of `ahead` months."""

    plan: EventPlan
    found: EventRows
    ahead: int
    mechanism: str = GAUSSIAN
    kind: ClassVar[str] = "forecast"
    covers: ClassVar[str] = COVERS

    @classmethod
    def asked(cls, asked: Asked, columns: Columns, terms: Terms) -> "Forecast":
        """From a checked statistic of a request. Raises Invalid (request: date, split, cells, months)."""
        found = bound_rows(asked, columns, terms)
        if found.periods is None or found.periods.size < LEAST_MONTHS:
            raise Invalid(
                "request:months",
                f"Statistic {asked.name} would forecast from fewer than {LEAST_MONTHS} months.",
                f"Count {LEAST_MONTHS} months or more; a season is told apart from {SEASONAL_FROM} months.",
            )
        return cls(event_plan(asked.name, found), found, asked.ahead or 1)

    @property
    def contribution(self) -> Contribution:
        """As many months as one person can touch, each by 1."""
        return self.found.contribution

    @property
    def coordinates(self) -> int:
        """One number per month counted."""
        return self.plan.shape[1]

    def vector(self, exact: Integers) -> Integers:
        """One number per month of each series."""
        return exact

    def expected(self, scale: Fraction, population: int) -> Expected:  # noqa: ARG002
        """Of a month counted; a forecast's depends on how the series moves."""
        return Expected(Decimal(half_width(scale, self.mechanism)), None)

    def rows(self, noisy: Integers, scale: Fraction) -> list[list[Estimate]]:
        """Noisy counts per month, not cut at zero; then the forecasts."""
        half, variance = half_width(scale, self.mechanism), deviation(scale, self.mechanism) ** 2
        mean, spread = forecasts(noisy.astype(np.float64), noise_variance=variance, ahead=self.ahead)
        return [
            [*(additive(number, half) for number in counts), *map(_forecast, means, spreads)]
            for counts, means, spreads in zip(noisy.tolist(), mean.tolist(), spread.tolist(), strict=True)
        ]

    def entries(self) -> Entries:
        """One estimate per month: those counted, then those ahead."""
        if self.plan.periods is None:
            raise ValueError("a forecast has months")
        counted = [(entry, COUNTED) for entry in named(self.plan.periods)]
        return (*counted, *((entry, FORECAST) for entry in named(self.plan.periods, after=self.ahead)))

    def about(self) -> dict[str, Any]:
        """The events, the months counted and those ahead, and how one person counts."""
        return {
            "meaning": f"Number of people with an event in each month, and a forecast of the {self.ahead} months after "
            f"them from the released counts: level, trend and season. {counting(self.found)}",
            "unit": "people",
            "within": [PERIOD, MEASURE],
            "measures": [{"value": each.value, "label": each.label, "unit": "people"} for each in (COUNTED, FORECAST)],
            "ahead": self.ahead,
            "sampling": True,
            **described(self.found),
        }


def _forecast(mean: float, spread: float) -> Estimate:
    """A forecast with its interval, cut at zero after it was worked out; none where all of it lies below."""
    reach = quantile(CONFIDENCE) * spread
    low, high = mean - reach, mean + reach
    value = decimal(max(mean, 0.0), 0)
    if high < 0:
        return Estimate(value, None, None, too_noisy=True, drawn=())
    ends = decimal(max(low, 0.0), 0, ROUND_FLOOR), decimal(high, 0, ROUND_CEILING)
    return Estimate(value, *ends, too_noisy=reach > mean, drawn=())
