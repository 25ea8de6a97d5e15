"""Which noise is cheaper for a statistic, how wide it may be, and what it costs; from sensitivities alone.

A price has a currency. Where the terms have a δ it is micro-ρ, as in the ledger: a Laplace enters at ε²/2 (P7), so at
equal charge its 95 % half-width is 2.996·L1 against 1.960·√L2² of the Gaussian; with L1² ≥ L2² the Gaussian wins for
every statistic, and only the comparison made here says so. Where δ = 0 the currency is micro-ε: a Gaussian has no
finite price, and statistics whose intervals hold for Laplace noise are offered with it.

Points chosen by scores (permute-and-flip) are of pure ε and priced as a Laplace whose L1 is 2 · `scores`. They come
without intervals, so they are taken for noisy counts unasked only where these are expected to reach `INTERVAL` times as
far, and never for groups, of which some may be of nobody.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import partial
from math import ceil
from typing import cast

from disclosure.accounting import (
    MICRO,
    SCALE_STEP,
    drawable,
    gaussian_cost,
    gaussian_scale,
    laplace_cost,
    laplace_epsilon,
    laplace_scale,
    laplace_scale_of_epsilon,
)
from disclosure.explain import CHOICE, CONFIDENCE, GAUSSIAN, LAPLACE, quantile
from disclosure.statistics.base import Contribution, Expected, Selectable, Selected, Statistic
from workspaces.catalogue.errors import Invalid

INTERVAL = 2  # times as wide as an expected error without one


@dataclass(frozen=True)
class Noise:
    """A mechanism at a scale, and the statistic whose intervals hold for it. `charge` is in the terms' currency."""

    statistic: Statistic
    mechanism: str
    scale: Fraction
    charge: int
    expected: Expected
    at_floor: bool

    @property
    def micro_rho(self) -> int:
        """What the ledger is charged."""
        contribution = self.statistic.contribution
        if self.mechanism != GAUSSIAN:
            return laplace_cost(l1=pure_l1(contribution, self.mechanism), scale=self.scale)
        return gaussian_cost(l2_squared=contribution.l2_squared, scale=self.scale)


@dataclass(frozen=True)
class Market:
    """What sets prices beside the request: whether δ is 0, the noise floor in people, a public population."""

    pure: bool
    floor_half_width: int
    population: int

    def for_charge(self, statistic: Statistic, most: int) -> Noise:
        """The noise that costs at most `most` (> 0); of two mechanisms the one whose accuracy is cheaper."""
        found = [
            self._at(each, mechanism, self._scale(each.contribution, mechanism, most))
            for mechanism, each in self._offered(statistic)
        ]
        return _preferred(found)

    def for_width(self, statistic: Statistic, wanted: Decimal) -> Noise:
        """The cheapest noise whose half-width is at most `wanted`, or the floor's. Raises Invalid(half_width)."""
        found = []
        for mechanism, each in self._offered(statistic):
            widest = self._scale(each.contribution, mechanism, 1)
            scale = widest_within(partial(each.expected, population=self.population), wanted, widest)
            if scale is not None:
                found.append(self._at(each, mechanism, scale))
        if not found:
            raise Invalid(
                "request:half_width",
                f"Statistic {statistic.plan.name} cannot be given a half-width of {wanted} beforehand.",
                "Ask for a wider one, or leave it out and offer epsilon instead.",
            )
        return min(found, key=_price_of_width)

    def _offered(self, statistic: Statistic) -> list[tuple[str, Statistic]]:
        offered = [] if self.pure else [(GAUSSIAN, statistic)]
        if is_dataclass(statistic) and any(field.name == "mechanism" for field in fields(statistic)):
            offered.append((LAPLACE, replace(statistic, mechanism=LAPLACE)))
        if isinstance(statistic, Selectable):
            offered = _with_choice(statistic, offered)
        if not offered:
            raise Invalid(
                "request:needs_delta",
                f"Statistic {statistic.plan.name} is a {statistic.kind}, drawn with Gaussian noise: it needs a delta "
                "above 0.",
                "Ask for another statistic, or for terms with a delta.",
            )
        return offered

    def _at(self, statistic: Statistic, mechanism: str, wanted: Fraction) -> Noise:
        contribution = statistic.contribution
        least = floor_scale(self.floor_half_width, _floored(contribution, mechanism)) * _largest(
            contribution, mechanism
        )
        scale = drawable(max(wanted, least))
        if mechanism == CHOICE:
            statistic = cast(Selected, statistic).at(scale, self.population)
        expected = statistic.expected(scale, self.population)
        return Noise(
            statistic, mechanism, scale, self._charge(contribution, mechanism, scale), expected, least > wanted
        )

    def _charge(self, contribution: Contribution, mechanism: str, scale: Fraction) -> int:
        if self.pure:
            return laplace_epsilon(l1=pure_l1(contribution, mechanism), scale=scale)
        if mechanism != GAUSSIAN:
            return laplace_cost(l1=pure_l1(contribution, mechanism), scale=scale)
        return gaussian_cost(l2_squared=contribution.l2_squared, scale=scale)

    def _scale(self, contribution: Contribution, mechanism: str, charge: int) -> Fraction:
        if self.pure:
            return laplace_scale_of_epsilon(l1=pure_l1(contribution, mechanism), epsilon_micro=charge)
        if mechanism != GAUSSIAN:
            return laplace_scale(l1=pure_l1(contribution, mechanism), micro_rho=charge)
        return gaussian_scale(l2_squared=contribution.l2_squared, micro_rho=charge)


def pure_l1(contribution: Contribution, mechanism: str) -> int:
    """What a mechanism of pure ε is charged for, over its scale: a choice for twice what its scores change."""
    return 2 * contribution.scores if mechanism == CHOICE else contribution.l1


def _largest(contribution: Contribution, mechanism: str) -> int:
    """What the noise floor is a multiple of.

    Of choices all that they are charged for: so many people are then told apart no better by them than by one count.
    """
    return pure_l1(contribution, CHOICE) if mechanism == CHOICE else contribution.largest


def _with_choice(statistic: Selectable, counts: list[tuple[str, Statistic]]) -> list[tuple[str, Statistic]]:
    """What is offered of a statistic that can be chosen too: what the request says; else both, of everybody alone."""
    chosen = statistic.selected()
    choice: list[tuple[str, Statistic]] = [(CHOICE, chosen)]
    unasked = counts if chosen.plan.by else counts + choice
    return {"counts": counts, "selection": choice}.get(statistic.method or "", unasked)


def _preferred(found: list[Noise]) -> Noise:
    """Of what costs as much: noise whose accuracy is cheapest, or a choice that is worth its lack of an interval."""
    noises = [each for each in found if each.mechanism != CHOICE]
    choices = [each for each in found if each.mechanism == CHOICE]
    if not choices or not noises:
        return min(found, key=_price_of_accuracy)
    best = min(noises, key=_price_of_accuracy)
    return choices[0] if best.expected.half_width > INTERVAL * choices[0].expected.half_width else best


def _price_of_width(noise: Noise) -> int:
    """Of what is as wide: the charge, which of a choice is worth more, since charges fall as 1/width²."""
    return noise.charge * (INTERVAL**2 if noise.mechanism == CHOICE else 1)


def _price_of_accuracy(noise: Noise) -> float:
    """Charge × width²: at a given width the charge, at a given charge the width, since charges fall as 1/width²."""
    return noise.charge * (quantile(CONFIDENCE, mechanism=noise.mechanism) * float(noise.scale)) ** 2


def _floored(contribution: Contribution, mechanism: str) -> str:
    """The noise whose reach the floor is measured by, for numbers that may tell of one count together.

    Of one number with Laplace noise its own. Of several the Gaussian's: together they tell as much as Gaussians of the
    same scale would (Cramér and Rao), though each of them alone tells less.
    """
    alone = mechanism == CHOICE or contribution.l1 == contribution.largest
    return LAPLACE if alone and mechanism != GAUSSIAN else GAUSSIAN


def widest_within(expected: Callable[[Fraction], Expected], wanted: Decimal, widest: Fraction) -> Fraction | None:
    """The largest scale, a multiple of SCALE_STEP up to `widest`, whose half-width is at most `wanted`, or None.

    A half-width never shrinks as the scale grows, so halving finds it.
    """

    def fits(steps: int) -> bool:
        width = expected(steps * SCALE_STEP).half_width
        return width is not None and width <= wanted

    low, high = 0, int(widest / SCALE_STEP)
    if fits(high):
        return drawable(high * SCALE_STEP, up=False)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return drawable(low * SCALE_STEP, up=False) if low else None


def floor_scale(half_width: int, mechanism: str = GAUSSIAN) -> Fraction:
    """The least scale at which a 95 % half-width is at least so many people (P8), as a multiple of SCALE_STEP."""
    return ceil(half_width / quantile(CONFIDENCE, mechanism=mechanism) / float(SCALE_STEP)) * SCALE_STEP


def epsilon_words(micro: int) -> str:
    """Micro-ε as a plain decimal."""
    return f"{(Decimal(micro) / MICRO).normalize():f}"
