"""Rate: events per 1,000 person-years, events and time of one person capped. See `person_time` for the two numbers."""

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING
from fractions import Fraction
from typing import Any, ClassVar

from disclosure.engines.plan import CellPlan
from disclosure.explain import CONFIDENCE, GAUSSIAN, quantile
from disclosure.requests import Statistic as Asked
from disclosure.statistics.base import (
    ONE,
    Contribution,
    Entries,
    Estimate,
    Expected,
    Integers,
    decimal,
    deviation,
    people_per_cell,
    reach,
)
from disclosure.statistics.columns import Columns, keys
from disclosure.statistics.person_time import COVERS, DIGITS, USUAL, PersonTime

PER = 1_000


@dataclass(frozen=True)
class Rate:
    """Noisy rate, interval by Fieller's method."""

    plan: CellPlan
    both: PersonTime
    mechanism: str = GAUSSIAN
    kind: ClassVar[str] = "rate"
    covers: ClassVar[str] = COVERS
    coordinates: ClassVar[int] = 2

    @classmethod
    def asked(cls, asked: Asked, columns: Columns) -> "Rate":
        """From a checked statistic of a request."""
        both = PersonTime.asked(asked, columns)
        return cls(CellPlan(asked.name, keys(asked, columns), both.measures), both)

    @property
    def contribution(self) -> Contribution:
        """Events and time of one cell."""
        return self.both.contribution

    def vector(self, exact: Integers) -> Integers:
        """(events, time), each with its weight."""
        return self.both.weighted(exact)

    def expected(self, scale: Fraction, population: int) -> Expected:
        """For a public number of people per cell, each there for half the longest time."""
        people = people_per_cell(self.plan, population)
        events, time = self.both.weights
        largest = self.both.most / self.both.longest
        blur = deviation(scale, self.mechanism) * math.hypot(1 / events, float(USUAL) * largest / time)
        noise = quantile(CONFIDENCE) * blur
        share = min(noise / (people * self.both.longest / 2), largest)
        width = share * float(PER * self.both.event_step / self.both.years)
        words = f"assuming about {people:,} people in each cell, each with half of the longest time, and a rate of up "
        return Expected(decimal(width, DIGITS, ROUND_CEILING), f"{words}to a quarter of the largest possible")

    def rows(self, noisy: Integers, scale: Fraction) -> list[list[Estimate]]:
        """Rates with intervals; no value where the noisy time may be nobody's."""
        far = reach(scale, self.mechanism)
        found = [(tuple(drawn), self.both.rate(tuple(drawn), far)) for drawn in noisy.tolist()]
        return [[self.both.estimate(rate, PER, drawn)] for drawn, rate in found]

    def entries(self) -> Entries:
        """One estimate per cell."""
        return ONE

    def about(self) -> dict[str, Any]:
        """Columns, caps and unit."""
        return {
            **self.both.about(),
            "meaning": f"Number of {self.both.events} per {PER:,} years of {self.both.time}, over people for whom both "
            "are known, each person's events and time brought within the caps.",
            "unit": f"per {PER:,} person-years",
        }
