"""Directly age-standardised rate: what the rate would be if ages were those of the European Standard Population 2013.

Drawn are events and time of each of its nineteen age bands (see `person_time`); one person is in one band of one
cell. The rate is Σ share of the band · rate of the band. A ratio of noisy numbers is too high by a share of about q =
variance / time² of the noise in its time, which nineteen bands would add up: each is taken (1 − q) times. Its interval
combines those of the bands by the method of variance estimates recovery (Zou and Donner 2008): rate − √Σ share² ·
(rate of the band − its low end)², and likewise upwards.
Where the time of one band may be nobody's there is no valid figure: no band is left out or merged.
"""

import math
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING
from fractions import Fraction
from typing import Any, ClassVar

from disclosure.engines.plan import CellPlan
from disclosure.explain import CONFIDENCE, GAUSSIAN, quantile
from disclosure.requests import Statistic as Asked
from disclosure.statistics.base import (
    Contribution,
    Entries,
    Entry,
    Estimate,
    Expected,
    Integers,
    decimal,
    deviation,
    people_per_cell,
    reach,
)
from disclosure.statistics.columns import Columns, keys
from disclosure.statistics.fieller import Ratio
from disclosure.statistics.person_time import COVERS, DIGITS, USUAL, PersonTime
from workspaces.catalogue.columns import texts
from workspaces.catalogue.standard_population import EUROPEAN_2013

PER = 100_000
BANDS = len(EUROPEAN_2013)
SHARES = tuple(people / sum(EUROPEAN_2013.values()) for people in EUROPEAN_2013.values())
MEASURES = (("standardised_rate", "Age-standardised rate"), ("crude_rate", "Crude rate"))


@dataclass(frozen=True)
class Standardised:
    """Age-standardised rate, with the crude rate of the same people beside it."""

    plan: CellPlan
    both: PersonTime
    age: str
    mechanism: str = GAUSSIAN
    kind: ClassVar[str] = "standardised"
    covers: ClassVar[str] = COVERS
    coordinates: ClassVar[int] = 2 * BANDS

    @classmethod
    def asked(cls, asked: Asked, columns: Columns) -> "Standardised":
        """From a checked statistic of a request. People of an age that is not known are left out."""
        both = PersonTime.asked(asked, columns)
        age = replace(columns[asked.age or ""], domain=texts(*((band, band) for band in EUROPEAN_2013)))
        return cls(CellPlan(asked.name, keys(asked, columns), both.measures, within=(age,)), both, age.name)

    @property
    def contribution(self) -> Contribution:
        """Events and time of one band of one cell."""
        return self.both.contribution

    def vector(self, exact: Integers) -> Integers:
        """(events, time) of each band, each with its weight."""
        return self.both.weighted(exact)

    def expected(self, scale: Fraction, population: int) -> Expected:
        """For a public number of people per cell of the standard's ages, each there for half the longest time."""
        people = people_per_cell(self.plan, population)
        events, time = self.both.weights
        largest = self.both.most / self.both.longest
        blur = deviation(scale, self.mechanism) * math.hypot(1 / events, float(USUAL) * largest / time)
        noise = quantile(CONFIDENCE) * blur
        share = min(noise * math.sqrt(BANDS) / (people * self.both.longest / 2), largest)
        width = share * float(PER * self.both.event_step / self.both.years)
        words = f"assuming about {people:,} people in each cell with the ages of the standard population, each with "
        words += "half of the longest time, and a rate of up to a quarter of the largest possible"
        return Expected(decimal(width, DIGITS, ROUND_CEILING), words)

    def rows(self, noisy: Integers, scale: Fraction) -> list[list[Estimate]]:
        """Standardised and crude rate of each cell."""
        far = reach(scale, self.mechanism)
        return [self._estimates(tuple(drawn), far) for drawn in noisy.tolist()]

    def _estimates(self, drawn: tuple[int, ...], far: float) -> list[Estimate]:
        bands = [self._band(drawn[start : start + 2], far) for start in range(0, len(drawn), 2)]
        return [
            self.both.estimate(_standardised([band for band in bands if band]), PER, drawn),
            self.both.estimate(self.both.rate(drawn, far), PER, ()),
        ]

    def _band(self, drawn: tuple[int, ...], far: float) -> Ratio | None:
        """The rate of one band, and how far its interval goes each way from it, moved to where noise pulls it from."""
        found = self.both.rate(drawn, far)
        if found is None:
            return None
        pulled = found.value * (far / quantile(CONFIDENCE) / drawn[1]) ** 2
        return Ratio(*(each - pulled for each in found))

    def entries(self) -> Entries:
        """One estimate per measure."""
        return tuple((Entry("measure", value, label),) for value, label in MEASURES)

    def about(self) -> dict[str, Any]:
        """Columns, caps, unit and the standard."""
        unit = f"per {PER:,} person-years"
        return {
            **self.both.about(),
            "meaning": f"Number of {self.both.events} per {PER:,} years of {self.both.time}, over people for whom age "
            "and both are known, each person's events and time brought within the caps; standardised directly to the "
            "European Standard Population 2013 by five-year bands.",
            "unit": unit,
            "age": self.age,
            "standard": dict(EUROPEAN_2013),
            "within": ["measure"],
            "measures": [{"value": value, "label": label, "unit": unit} for value, label in MEASURES],
        }


def _standardised(bands: list[Ratio]) -> Ratio | None:
    """The weighted rate with its interval; None unless every band has a rate."""
    if len(bands) < BANDS:
        return None
    value = sum(share * band.value for share, band in zip(SHARES, bands, strict=True))
    down, up = (
        math.hypot(*(share * end for share, end in zip(SHARES, ends, strict=True)))
        for ends in ([band.value - band.low for band in bands], [band.high - band.value for band in bands])
    )
    return Ratio(value, value - down, value + up)
