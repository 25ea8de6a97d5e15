"""Events and person-time of the same people, each capped: what rates are made of.

Per cell two numbers are drawn, a · events and g · time, in steps of their grids. One person adds at most E events and
T of time to one cell and nothing elsewhere: L2² = (a·E)² + (g·T)². With a/g = 2 · T/E a rate of a quarter of the
largest, E/T, is as precise as it can be for its price, and lower ones, the usual case, nearly so.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from disclosure.bounds import bound_units, grid_of
from disclosure.engines.plan import Product, Sum
from disclosure.requests import Statistic as Asked
from disclosure.statistics.base import Contribution, Estimate, Integers, decimal, nothing, told_together
from disclosure.statistics.columns import Columns, measured, text_of
from disclosure.statistics.fieller import Ratio, ratio
from workspaces.catalogue.columns import Type

YEARS = {"d": Fraction(4, 1461), "wk": Fraction(28, 1461), "mo": Fraction(1, 12), "a": Fraction(1)}
DIGITS = 4
USUAL = Fraction(1, 4)  # a rate that the weights suit, as a share of the largest there can be
COVERS = (
    "About 95 % of such intervals hold the exact rate (Fieller's method on the noisy numbers): what the noise alone "
    "can do. Not sampling, not errors in records."
)


class Weights(NamedTuple):
    """What a step of events and a step of time weigh in the drawn numbers."""

    events: int
    time: int


@dataclass(frozen=True)
class PersonTime:
    """Two columns of a view, the caps of one person on each in steps of its grid, and what a step is worth."""

    events: str
    most: int
    event_step: Fraction
    time: str
    longest: int
    time_step: Fraction
    years: Fraction

    @classmethod
    def asked(cls, asked: Asked, columns: Columns) -> "PersonTime":
        """From a checked statistic of a request."""
        events, time = measured(asked, columns), columns[asked.time or ""]
        if asked.upper is None or asked.time_upper is None:
            raise ValueError("a rate caps events and time")
        flag = events.type is Type.BOOLEAN
        grid = grid_of(time)
        return cls(
            events=events.name,
            most=1 if flag else bound_units(events, asked.upper),
            event_step=Fraction(1) if flag else grid_of(events).step,
            time=time.name,
            longest=bound_units(time, asked.time_upper),
            time_step=grid.step,
            years=grid.step * YEARS[grid.unit],
        )

    @property
    def measures(self) -> tuple[Product, Product]:
        """Events and time of people for whom both are known."""
        known = (self.events, self.time)
        return Product((Sum(self.events, 0, self.most),), known), Product((Sum(self.time, 0, self.longest),), known)

    @property
    def weights(self) -> Weights:
        """(a, g) of the module's derivation, whole numbers of which one is 1."""
        wanted = math.sqrt(1 / USUAL) * self.longest / self.most
        return Weights(max(1, round(wanted)), max(1, round(1 / wanted)))

    @property
    def contribution(self) -> Contribution:
        """Both numbers of one cell. Where all have the same of both, both tell how many they are (`told_together`)."""
        events, time = self.weights.events * self.most, self.weights.time * self.longest
        square = events**2 + time**2
        return Contribution(l1=events + time, l2_squared=square, largest=told_together(square))

    def weighted(self, exact: Integers) -> Integers:
        """(events, time) pairs become (a · events, g · time) pairs."""
        return exact * np.array([*self.weights] * (exact.shape[1] // 2), dtype=np.int64)

    def rate(self, drawn: tuple[int, ...], far: float) -> Ratio | None:
        """The rate of all drawn pairs together, in event steps per time step; None where time may be nobody's."""
        events, time = self.weights
        reach = far * math.sqrt(len(drawn) / 2)
        return ratio(
            sum(drawn[::2]) / events,
            sum(drawn[1::2]) / time,
            far_squared=(reach / events) ** 2,
            offset=0,
            slope=reach / time,
        )

    def estimate(self, found: Ratio | None, per: int, drawn: tuple[int, ...]) -> Estimate:
        """A rate per so many person-years, cut at 0 after its interval was computed (P10).

        Too noisy when the noise may be larger than the figure.
        """
        if found is None:
            return nothing(drawn)
        worth = float(per * self.event_step / self.years)
        value, low, high = (each * worth for each in found)
        if high < 0:
            return Estimate(decimal(0, DIGITS), None, None, True, drawn)
        shown = decimal(max(value, 0.0), DIGITS)
        ends = decimal(max(low, 0.0), DIGITS), decimal(high, DIGITS)
        return Estimate(shown, *ends, high - low > 2 * value, drawn)

    def about(self) -> dict[str, str | list[int]]:
        """Columns, caps and how the drawn numbers are scaled."""
        return {
            "of": self.events,
            "upper": text_of(self.most * self.event_step),
            "lower": "0",
            "time": self.time,
            "time_upper": text_of(self.longest * self.time_step),
            "unit_step": text_of(self.event_step),
            "time_step": text_of(self.time_step),
            "weights": [*self.weights],
        }
