"""Is the loss that the ledger states visibly broken on this pair of neighbours?

For neighbours D and D' and any event E, (ε, δ) means P(E | D) ≤ e^ε P(E | D') + δ, and a loss of ρ means
P(E | D)^a ≤ e^(a (a − 1) ρ) P(E | D')^(a − 1) for every a > 1 (data processing of the Rényi divergence). The events
are "the draw is e^t times likelier with than without the person", for several t: no other events set the two further
apart. Chances are put at their worst by Clopper–Pearson bounds; `wrong` is the chance that one of those fails.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from disclosure.accounting import FEMTO, MICRO, epsilon_of_rho
from disclosure.noise import CHOICE, GAUSSIAN, Exact, add_noise
from infra.audit import chosen
from infra.audit.seam import Claim
from infra.audit.search import Neighbours

FALSE_ALARM = 1e-6  # of a whole run
DELTAS = (Fraction(3, 10), Fraction(1, 10), Fraction(1, 100), Fraction(1, 10**9))
EVENTS = tuple(step / 2 for step in range(-2, 11))  # t of the module's head
ORDERS = tuple(1 + step / 4 for step in range(1, 41))  # a of the module's head; they need no bounds of their own
BOUNDS = 2 * 2 * len(EVENTS)  # that one pair needs: two directions, two bounds, each event
CERTAIN = 1e6  # stands for an infinite ratio
Floats = NDArray[np.float64]
Numbers = NDArray[Any]
Noisy = Callable[[Sequence[Exact]], Sequence[Numbers]]


@dataclass(frozen=True)
class Verdict:
    """A claim on one pair and a lower bound on what is true: of ρ where `epsilon` is None, else of δ at that ε."""

    epsilon: float | None
    claimed: float
    at_least: float

    @property
    def refuted(self) -> bool:
        """True when no draw that keeps the claim would do this, but for the false alarm."""
        return self.at_least > self.claimed

    def __str__(self) -> str:
        """The bound and the claim."""
        name = "ρ" if self.epsilon is None else f"δ({self.epsilon:.2f})"
        return f"{name} ≥ {self.at_least:.4f}, claimed {self.claimed:.4f}"


def chance_of_one(pairs: int) -> float:
    """The chance that one bound may be wrong when so many pairs are tried in one run."""
    return FALSE_ALARM / (BOUNDS * max(1, pairs))


def verdicts(pair: Neighbours, claim: Claim, *, runs: int, wrong: float, noisy: Noisy = add_noise) -> list[Verdict]:
    """Of ρ and of δ at several ε; where even the numbers of numbers differ, one look tells the two apart."""
    losses = list(_claimed(claim))
    if any(change.reshaped for change in pair.changes()):
        return [Verdict(epsilon, delta, 1.0) for epsilon, delta in losses]
    with_ = evidence(pair, pair.with_, runs, noisy)
    without = evidence(pair, pair.without, runs, noisy)
    seen = [
        (lower(int((first > event).sum()), runs, wrong), upper(int((second > event).sum()), runs, wrong))
        for first, second in ((with_, without), (-without, -with_))
        for event in EVENTS
    ]
    found = [
        Verdict(epsilon, delta, max(here - math.exp(epsilon) * there for here, there in seen))
        for epsilon, delta in losses
    ]
    apart = max(_rho(here, there, claim.delta0_e15 / FEMTO) for here, there in seen)
    return [*found, Verdict(None, claim.micro_rho / MICRO, apart)]


def _rho(here: float, there: float, delta0: float) -> float:
    """The least ρ that allows an event these chances, when each side is something else with a chance of δ₀."""
    if here <= delta0:
        return 0.0
    log, other = math.log((here - delta0) / (1 - delta0)), math.log(min(1.0, there / (1 - delta0)))
    return max((a * log - (a - 1) * other) / (a * (a - 1)) for a in ORDERS)


def _claimed(claim: Claim) -> Iterator[tuple[float, float]]:
    """(ε, δ) as the ledger implies them, and ε with δ₀ alone where everything drawn is of pure ε."""
    for delta in DELTAS:
        epsilon = epsilon_of_rho(claim.micro_rho, int(delta * FEMTO)) / MICRO
        yield epsilon, float(delta) + claim.delta0_e15 / FEMTO
    if claim.pure is not None:
        yield claim.pure, claim.delta0_e15 / FEMTO


def evidence(pair: Neighbours, true: Sequence[Exact], runs: int, noisy: Noisy = add_noise) -> Floats:
    """ln P(draw | with) − ln P(draw | without) of so many draws around the `true` parts, by the declared scale.

    Only numbers that differ tell the two apart: the noise of each number is its own, so the others are not drawn.
    """
    total = np.zeros(runs)
    for here, there, around in zip(pair.with_, pair.without, true, strict=True):
        if here.mechanism == CHOICE:
            total += chosen.evidence(here, there, around, runs, noisy)
            continue
        place = np.flatnonzero(here.vector != there.vector)
        if len(place) == 0:
            continue
        vector = np.tile(around.vector[place], runs)
        drawn = np.asarray(noisy([replace(around, vector=vector)])[0]).reshape(runs, len(place))
        sides = here.vector[place], there.vector[place]
        total += _ratio(drawn, *sides, here) if here.threshold is None else _named(drawn, vector, *sides, here)
    return total


def _named(drawn: Numbers, vector: Numbers, here: Numbers, there: Numbers, part: Exact) -> Floats:
    """Of keys found in the data: a key that only one side has is released by that side alone.

    A key that is withheld is taken to say nothing, which can only make the bounds smaller.
    """
    released = np.where(vector.reshape(drawn.shape) == 0, 0, drawn)
    certain = np.where(there == 0, CERTAIN, 0) - np.where(here == 0, CERTAIN, 0)
    both = (released - (here + there) / 2) * (here - there) / float(part.scale) ** 2
    return np.asarray(np.where(released == 0, 0.0, np.where(certain != 0, certain, both)).sum(axis=1))


def _ratio(drawn: Numbers, here: Numbers, there: Numbers, part: Exact) -> Floats:
    scale = float(part.scale)
    if part.mechanism == GAUSSIAN:
        return np.asarray((drawn - (here + there) / 2) @ (here - there).astype(np.float64) / scale**2)
    return np.asarray((np.abs(drawn - there) - np.abs(drawn - here)).sum(axis=1) / scale)


def lower(hits: int, runs: int, wrong: float) -> float:
    """A Clopper–Pearson lower bound on a chance of which `hits` of `runs` were seen."""
    return 1 - upper(runs - hits, runs, wrong)


def upper(hits: int, runs: int, wrong: float) -> float:
    """The Clopper–Pearson upper bound: the chance at which so few hits are as rare as `wrong`, by halving."""
    if hits >= runs:
        return 1.0
    low, high = hits / runs, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(hits, runs, middle) > wrong else (low, middle)
    return high


def _at_most(hits: int, runs: int, chance: float) -> float:
    """P(X ≤ hits) of a binomial whose mean lies above `hits`: terms fall from the first, and end when they vanish."""
    total = 0.0
    ways = math.lgamma(runs + 1)
    for number in range(hits, -1, -1):
        chosen = ways - math.lgamma(number + 1) - math.lgamma(runs - number + 1)
        term = math.exp(chosen + number * math.log(chance) + (runs - number) * math.log1p(-chance))
        total += term
        if term < total * 1e-17:
            break
    return total
