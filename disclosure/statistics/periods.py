"""People per month, quarter or year: how many have an event in each, by public keys and a public split of the events.

A person may have events in many periods. What counts is the different cells (split value and period) a person's events
fall in, and of those at most `at_most`, which a secret key of the person chooses. Each counts 1. One person therefore
changes at most k = min(at_most, cells) numbers, each by 1: L1 = L2² = k. The bound lowers the counts of periods in
which people with many cells are frequent: a small one costs less noise, a large one leaves out less.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

from disclosure.engines.event_plan import EventPlan
from disclosure.explain import GAUSSIAN
from disclosure.requests import Statistic as Asked
from disclosure.statistics.base import (
    ADDITIVE,
    Contribution,
    Entries,
    Estimate,
    Expected,
    Integers,
    additive,
    half_width,
)
from disclosure.statistics.calendar import PERIOD, named
from disclosure.statistics.columns import Columns
from disclosure.statistics.event_rows import EventRows, bound_rows, counting, described
from disclosure.terms import Terms

COVERS = ADDITIVE.replace("the exact figure", "the exact figure, each person counted in no more cells")


@dataclass(frozen=True)
class Periods:
    """People with an event in each period."""

    plan: EventPlan
    found: EventRows
    per: str
    mechanism: str = GAUSSIAN
    kind: ClassVar[str] = "periods"
    covers: ClassVar[str] = ADDITIVE.replace(
        "the exact figure", "the exact figure, each person counted in no more cells"
    )

    @classmethod
    def asked(cls, asked: Asked, columns: Columns, terms: Terms) -> "Periods":
        """From a checked statistic of a request."""
        found = bound_rows(asked, columns, terms)
        per = asked.events.per if asked.events and asked.events.per else "month"
        return cls(event_plan(asked.name, found), found, per)

    @property
    def contribution(self) -> Contribution:
        """As many cells as one person can touch, each by 1."""
        return self.found.contribution

    @property
    def coordinates(self) -> int:
        """One number per period."""
        return self.plan.shape[1]

    def vector(self, exact: Integers) -> Integers:
        """One number per period of each cell."""
        return exact

    def expected(self, scale: Fraction, population: int) -> Expected:  # noqa: ARG002
        """Exact: the noise does not depend on how many people there are."""
        return Expected(Decimal(half_width(scale, self.mechanism)), None)

    def rows(self, noisy: Integers, scale: Fraction) -> list[list[Estimate]]:
        """Noisy counts per period, not cut at zero."""
        half = half_width(scale, self.mechanism)
        return [[additive(number, half) for number in cell] for cell in noisy.tolist()]

    def entries(self) -> Entries:
        """One estimate per period."""
        return tuple((entry,) for entry in named(self.plan.periods)) if self.plan.periods else ((),)

    def about(self) -> dict[str, Any]:
        """The events, the periods, and how one person counts."""
        return {
            "meaning": f"Number of people with an event in each {self.per}. {counting(self.found)}",
            "unit": "people",
            "within": [PERIOD],
            "per": self.per,
            **described(self.found),
        }


def event_plan(name: str, found: EventRows) -> EventPlan:
    """What the engine counts."""
    return EventPlan(name, found.rows, found.of_person, found.at_most, found.split, found.periods)
