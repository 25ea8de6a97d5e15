"""Two groups compared: risks, risk difference, risk ratio and odds ratio of a flag, from four noisy counts.

Drawn are those with and those without, in the compared group and in the reference group. A person is in at most one
of the four counts of one cell and changes it by 1: L1 = L2² = 1. Everything else is worked out from those counts.

Intervals hold sampling and noise together. A risk's is Wilson's with the noise added: all p with
(with − p · people)² ≤ z² · people · p(1 − p) + z² · scale² · ((1 − p)² + p²). Difference and ratios combine the two
risks' intervals by the method of variance estimates recovery (Newcombe 1998; Zou and Donner 2008), ratios as
logarithms.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR
from fractions import Fraction
from typing import Any, ClassVar

from disclosure.engines.plan import CellPlan, CountAll
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
    nothing,
    people_per_cell,
    reach,
    within,
)
from disclosure.statistics.columns import Columns, keys, measured, two_groups
from disclosure.statistics.fieller import Ratio
from workspaces.catalogue.columns import BOOLEAN_DOMAIN

DIGITS = 5
WIDEST_RATIO = 16
SHARE = Range(Fraction(0), Fraction(1), DIGITS)
DIFFERENCE = Range(Fraction(-1), Fraction(1), DIGITS)
COVERS = (
    "About 95 % of such intervals hold the figure of a population that these people are a random sample of: sampling "
    "and noise together. Not errors in records, and not differences between the groups other than the one compared."
)
Scaled = Callable[[float], float]


@dataclass(frozen=True)
class Comparison:
    """Risks of two groups, their difference, ratio and odds ratio, with intervals."""

    plan: CellPlan
    of: str
    group: str
    groups: tuple[str, str]
    labels: tuple[str, str]
    mechanism: str = GAUSSIAN
    kind: ClassVar[str] = "comparison"
    covers: ClassVar[str] = COVERS
    coordinates: ClassVar[int] = 4
    contribution: ClassVar[Contribution] = Contribution(l1=1, l2_squared=1, largest=1)

    @classmethod
    def asked(cls, asked: Asked, columns: Columns) -> "Comparison":
        """From a checked statistic of a request. Within a cell: compared group without, with; reference likewise."""
        outcome = replace(measured(asked, columns), domain=BOOLEAN_DOMAIN)
        group, domain = two_groups(asked, columns)
        plan = CellPlan(asked.name, keys(asked, columns), (CountAll(),), within=(group, outcome))
        first, second = domain.labels
        groups = asked.groups or ()
        return cls(plan, outcome.name, group.name, (groups[0], groups[1]), (first, second))

    def vector(self, exact: Integers) -> Integers:
        """The four counts of each cell."""
        return exact

    def expected(self, scale: Fraction, population: int) -> Expected:
        """Of the risk difference at most this from noise alone, for as many people as a cell would have."""
        people = max(1, people_per_cell(self.plan, population) // 2)
        width = min(1.0, quantile(CONFIDENCE, mechanism=self.mechanism) * float(scale) * math.sqrt(2) / people)
        words = f"assuming about {people:,} people in each of the two groups; that is the risk difference's"
        return Expected(decimal(width, DIGITS, ROUND_CEILING), words)

    def rows(self, noisy: Integers, scale: Fraction) -> list[list[Estimate]]:
        """Five figures of each cell; no value where a group may be nobody's, or a ratio has no end."""
        far = reach(scale, self.mechanism)
        return [_figures((cell[0], cell[1], cell[2], cell[3]), far) for cell in noisy.tolist()]

    def entries(self) -> Entries:
        """One estimate per measure."""
        return tuple((Entry("measure", each["value"], each["label"]),) for each in self._measures())

    def _measures(self) -> list[dict[str, str]]:
        return [
            {"value": "risk_compared", "label": f"Risk, {self.group} {self.labels[0]}", "unit": "share"},
            {"value": "risk_reference", "label": f"Risk, {self.group} {self.labels[1]}", "unit": "share"},
            {"value": "risk_difference", "label": "Risk difference", "unit": "share difference"},
            {"value": "risk_ratio", "label": "Risk ratio", "unit": "ratio"},
            {"value": "odds_ratio", "label": "Odds ratio", "unit": "ratio"},
        ]

    def about(self) -> dict[str, Any]:
        """The flag, the groups, and what is compared."""
        return {
            "meaning": f"Share of people with {self.of} where {self.group} is {self.labels[0]}, compared with where it "
            f"is {self.labels[1]}; people for whom either is not known are left out.",
            "unit": "share",
            "of": self.of,
            "group": self.group,
            "groups": list(self.groups),
            "within": ["measure"],
            "measures": self._measures(),
            "sampling": True,
        }


def _figures(drawn: tuple[int, int, int, int], far: float) -> list[Estimate]:
    compared, reference = risk(drawn[1], drawn[0], far), risk(drawn[3], drawn[2], far)
    if compared is None or reference is None:
        return [nothing(drawn), *[nothing(())] * 4]
    return [
        within(SHARE, **compared._asdict(), drawn=drawn),
        within(SHARE, **reference._asdict(), drawn=()),
        within(DIFFERENCE, **_combined(compared, reference, lambda share: share)._asdict(), drawn=()),
        _ratio(compared, reference, _log),
        _ratio(compared, reference, _logit),
    ]


def risk(with_: int, without: int, far: float) -> Ratio | None:
    """A share with its interval for sampling and noise, brought to 0…1; None where nobody may be in the group.

    `far` is the reach of the noise of one count. A share and interval outside 0…1 can only be the noise's doing.
    """
    people, normal = with_ + without, quantile(CONFIDENCE)
    if people <= 0 or people**2 <= 2 * far**2:
        return None
    lead = people**2 + normal**2 * people - 2 * far**2
    middle = with_ * people + normal**2 * people / 2 - far**2
    root = math.sqrt(max(0.0, middle**2 - lead * (with_**2 - far**2)))
    low, high = (middle - root) / lead, (middle + root) / lead
    if high < 0 or low > 1:
        return None
    share = min(max(with_ / people, 0.0), 1.0)
    return Ratio(share, min(max(low, 0.0), share), max(min(high, 1.0), share))


def _combined(first: Ratio, second: Ratio, scaled: Scaled) -> Ratio:
    """first − second on a scale, each way as far as the two farther ends reach together."""
    here, there = (Ratio(*(scaled(number) for number in each)) for each in (first, second))
    middle = here.value - there.value
    return Ratio(
        middle,
        middle - math.hypot(here.value - here.low, there.high - there.value),
        middle + math.hypot(here.high - here.value, there.value - there.low),
    )


def _ratio(first: Ratio, second: Ratio, scaled: Scaled) -> Estimate:
    """A ratio from logarithms; too noisy when its interval spans more than sixteenfold, none when it has no end."""
    if not (math.isfinite(scaled(first.value)) and math.isfinite(scaled(second.value))):
        return nothing(())
    found = _combined(first, second, scaled)
    if found.high > math.log(10**6):
        return nothing(())
    value, low, high = (math.exp(number) for number in found)
    ends = decimal(low, DIGITS, ROUND_FLOOR), decimal(high, DIGITS, ROUND_CEILING)
    return Estimate(decimal(value, DIGITS), *ends, high > WIDEST_RATIO * low, ())


def _log(share: float) -> float:
    return math.log(share) if share > 0 else -math.inf


def _logit(share: float) -> float:
    return _log(share) - _log(1 - share)
