"""Proportion: of those whose flag is known, the share for whom it is true.

Drawn are those with and those without, not those with and all: a person is in one of the two, so L2² is 1, not 2.
"""

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from disclosure.engines.plan import CellPlan, CountKnown, CountTrue
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
    nothing,
    people_per_cell,
    reach,
    within,
)
from disclosure.statistics.columns import Columns, keys, measured

DIGITS = 5
POSSIBLE = Range(Fraction(0), Fraction(1), DIGITS)


@dataclass(frozen=True)
class Proportion:
    """Noisy true count / noisy known count, interval by Fieller's method."""

    plan: CellPlan
    of: str
    mechanism: str = GAUSSIAN
    kind: ClassVar[str] = "proportion"
    covers: ClassVar[str] = RATIO
    coordinates: ClassVar[int] = 2
    contribution: ClassVar[Contribution] = Contribution(l1=1, l2_squared=1, largest=1)

    @classmethod
    def asked(cls, asked: Asked, columns: Columns) -> "Proportion":
        """From a checked statistic of a request."""
        name = measured(asked, columns).name
        return cls(CellPlan(asked.name, keys(asked, columns), (CountTrue(name), CountKnown(name))), name)

    def vector(self, exact: Integers) -> Integers:
        """(true, known) becomes (with, without)."""
        return np.stack([exact[:, 0], exact[:, 1] - exact[:, 0]], axis=1)

    def expected(self, scale: Fraction, population: int) -> Expected:
        """At most this, for as many people as the public population would put in a cell."""
        people = people_per_cell(self.plan, population)
        width = quantile(CONFIDENCE, mechanism=self.mechanism) * float(scale) / people
        shown = decimal(min(1.0, width), DIGITS, ROUND_CEILING)
        return Expected(shown, f"assuming about {people:,} people in each cell")

    def rows(self, noisy: Integers, scale: Fraction) -> list[list[Estimate]]:
        """Shares with intervals; no value where the noisy number of people may be nobody."""
        far = reach(scale, self.mechanism)
        return [[_share(with_, without, far)] for with_, without in noisy.tolist()]

    def entries(self) -> Entries:
        """One estimate per cell."""
        return ONE

    def about(self) -> dict[str, Any]:
        """The flag and what is drawn."""
        return {
            "meaning": f"Share of people with {self.of}, of those for whom it is known.",
            "unit": "share",
            "of": self.of,
        }


def _share(with_: int, without: int, far: float) -> Estimate:
    """All p for which |with·(1 − p) − without·p| ≤ far·√((1 − p)² + p²): a quadratic in p."""
    drawn, people = (with_, without), with_ + without
    lead = people**2 - 2 * far**2
    if people <= 0 or lead <= 0:
        return nothing(drawn)
    middle = with_ * people - far**2
    root = math.sqrt(max(0.0, middle**2 - lead * (with_**2 - far**2)))
    low, high = (middle - root) / lead, (middle + root) / lead
    return within(POSSIBLE, value=with_ / people, low=low, high=high, drawn=drawn)
