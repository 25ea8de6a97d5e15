"""Survival (Kaplan–Meier), cumulative incidence of competing events, and the number at risk, from one histogram.

Drawn are the people of each cell by how their follow-up ended (an event, one of several, or censored) and in which
step of time: one person is in one of these counts and changes it by 1, L1 = L2² = 1. All figures are worked out from
them (see `life_table`); survival is brought into falling order after the noise, incidence into rising order.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from disclosure.bounds import bound_units, grid_of, text_of_key
from disclosure.engines.plan import CellPlan, CountAll, Steps
from disclosure.explain import CONFIDENCE, GAUSSIAN, quantile
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
    nothing,
    people_per_cell,
    within,
)
from disclosure.statistics.columns import Columns, keys, measured, text_of
from disclosure.statistics.life_table import Curve, LifeTable, falling, interval, life_table
from workspaces.catalogue.columns import Domain

DIGITS = 5
SHARE = Range(Fraction(0), Fraction(1), DIGITS)
COVERS = (
    "About 95 % of such intervals of survival and incidence hold the figure of a population that these people are a "
    "random sample of: sampling and noise together. Those of the number at risk hold the exact number: noise alone. "
    "Not errors in records, and not people whose censoring tells of their risk."
)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Survival:
    """Survival curve, incidence of each event where there are several, number at risk."""

    plan: CellPlan
    of: str
    endings: Domain
    time: Steps
    step: Fraction
    unit: str
    mechanism: str = GAUSSIAN
    kind: ClassVar[str] = "survival"
    covers: ClassVar[str] = COVERS
    contribution: ClassVar[Contribution] = Contribution(l1=1, l2_squared=1, largest=1)

    @classmethod
    def asked(cls, asked: Asked, columns: Columns) -> "Survival":
        """From a checked statistic of a request. `endings` are the events in the domain's order, then the censored."""
        outcome, time = measured(asked, columns), columns[asked.time or ""]
        if outcome.domain is None or asked.upper is None or asked.step is None:
            raise ValueError("survival has an outcome with public values, an end and a step")
        grid, censored = grid_of(time), asked.censored or "false"
        pairs = sorted(
            zip(outcome.domain.values, outcome.domain.labels, strict=True), key=lambda p: text_of_key(p[0]) == censored
        )
        endings = Domain(tuple(value for value, _ in pairs), tuple(label for _, label in pairs))
        steps = Steps(time.name, 0, bound_units(time, asked.upper), int(Fraction(asked.step) / grid.step))
        plan = CellPlan(
            asked.name, keys(asked, columns), (CountAll(),), within=(replace(outcome, domain=endings),), steps=steps
        )
        return cls(plan, outcome.name, endings, steps, grid.step, grid.unit)

    @property
    def coordinates(self) -> int:
        """One number for each ending in each step, and beyond the last."""
        return len(self.endings.values) * self.time.size

    def vector(self, exact: Integers) -> Integers:
        """The histogram of each cell."""
        return exact

    def expected(self, scale: Fraction, population: int) -> Expected:
        """Of survival where it is one half and widest, from noise alone, for a public number of people per cell."""
        people = people_per_cell(self.plan, population)
        reached = quantile(CONFIDENCE) * deviation(scale, self.mechanism)
        width = min(1.0, reached * math.sqrt(self.coordinates) / 2 / people)
        words = f"assuming about {people:,} people in each cell, all followed; that is survival's where it is one half"
        return Expected(decimal(width, DIGITS, ROUND_CEILING), words)

    def rows(self, noisy: Integers, scale: Fraction) -> list[list[Estimate]]:
        """Curves and number at risk of each cell; no value from where nobody may be at risk."""
        shape = len(self.endings.values), self.time.size
        found = []
        for cell in noisy:
            table = life_table(cell.reshape(shape).astype(np.float64), deviation(scale, self.mechanism))
            estimates = list(self._estimates(table))
            found.append([estimates[0]._replace(drawn=tuple(cell.tolist())), *estimates[1:]])
        return found

    def _estimates(self, table: LifeTable) -> Iterator[Estimate]:
        yield from self._shares(table, table.survival, falling(table.survival.values))
        if len(self.endings.values) > 2:
            for curve in table.incidence:
                yield from self._shares(table, curve, -falling(-curve.values))
        for shown, raw, spread in zip(
            *(each.tolist() for each in (falling(table.at_risk), table.at_risk, table.spread)), strict=True
        ):
            half = math.ceil(quantile(CONFIDENCE) * spread + 0.5)
            low, high = (Decimal(int(raw) + sign * half) for sign in (-1, 1))
            value = min(max(Decimal(round(shown)), low, Decimal(0)), max(high, Decimal(0)))
            yield Estimate(value, low, high, half > raw, ()) if high >= 0 else Estimate(value, None, None, True, ())

    def _shares(self, table: LifeTable, curve: Curve, ordered: Floats) -> Iterator[Estimate]:
        normal, people = quantile(CONFIDENCE), table.at_risk.tolist()
        numbers = zip(*(each.tolist() for each in (*curve, ordered)), strict=True)
        for (value, sampling, noise, shown), least in zip(numbers, people, strict=False):
            ends = interval(value, sampling, noise, (least, max(people[0], least)), normal)
            low, high = ends or (2.0, 2.0)  # outside the range: no interval is given
            yield within(SHARE, value=shown, low=low, high=high, drawn=())
        yield from [nothing(())] * (self.time.size - 1 - table.reached)

    def entries(self) -> Entries:
        """Each measure at each time; the number at risk also at the start."""
        times = [text_of(step * self.time.width * self.step) for step in range(self.time.size)]
        made = []
        for each in self._measures():
            asked = times if each["unit"] == "people" else times[1:]
            entry = Entry("measure", each["value"], each["label"])
            made += [(entry, Entry("time", time, f"{time} {self.unit}")) for time in asked]
        return made

    def _measures(self) -> list[dict[str, str]]:
        causes = list(zip(self.endings.values, self.endings.labels, strict=True))[:-1]
        several = [
            {"value": f"incidence_{text_of_key(value)}", "label": f"Cumulative incidence: {label}", "unit": "share"}
            for value, label in causes
        ]
        free = {"value": "survival", "label": "Survival" if len(causes) == 1 else "Free of any event", "unit": "share"}
        return [free, *(several if len(causes) > 1 else []), {"value": "at_risk", "label": "At risk", "unit": "people"}]

    def about(self) -> dict[str, Any]:
        """Outcome, time, steps, and what is censored."""
        width, last = text_of(self.time.width * self.step), text_of(self.time.upper * self.step)
        return {
            "meaning": f"Share of people without the event of {self.of} before each time, {self.time.column} in steps "
            f"of {width} {self.unit} to {last} (Kaplan–Meier): whoever is censored within a step counts as at risk for "
            "the whole of it. People for whom either is not known are left out.",
            "unit": "share",
            "of": self.of,
            "time": self.time.column,
            "upper": last,
            "step": width,
            "unit_of_time": self.unit,
            "endings": [text_of_key(value) for value in self.endings.values],
            "within": ["measure", "time"],
            "measures": self._measures(),
            "sampling": True,
        }
