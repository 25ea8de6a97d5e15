"""How well an outsider with every package of a full grant guesses a hidden flag, prior ½.

The flag is whether one person, of whom the outsider knows everything else, as of everybody else, is in the records at
all: the most that a flag can mean. They see what was released and nothing more, and guess by the likelier side, which
no guess beats. (ε, δ) allows them (e^ε + δ) / (1 + e^ε). A loss of δ₀ and ρ allows ½ + ½ (δ₀ + √(ρ/2)), since the two
sides are at most δ₀ + √(ρ/2) apart (Pinsker). The second is far below the first, and an account that forgets draws
breaks it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from disclosure.accounting import FEMTO, MICRO, GrantedLoss, convert_grant
from disclosure.requests import ReleaseRequest
from disclosure.terms import Terms
from infra.audit import cases, seam
from infra.audit.falsify import evidence, lower
from infra.audit.records import Person
from infra.audit.search import Place, pair_in

EPSILON_MICRO, DELTA_E15 = 1_000_000, 10**13  # of the grant: ε 1, δ 0.01
WRONG = 1e-7


@dataclass(frozen=True)
class Guessing:
    """How often a guess was right, and how often it may be: by (ε, δ) and by the ρ that was charged."""

    packages: int
    micro_rho: int
    granted_micro_rho: int
    right: int
    trials: int
    allowed: float
    allowed_by_rho: float

    @property
    def at_least(self) -> float:
        """A lower bound on the chance of a right guess."""
        return lower(self.right, self.trials, WRONG)

    @property
    def holds(self) -> bool:
        """True when neither bound is refuted."""
        return self.at_least <= min(self.allowed, self.allowed_by_rho)


def full_grant(granted: GrantedLoss, terms: Terms) -> list[ReleaseRequest]:
    """Requests, one statistic after another, until the grant covers no further one; each in words of its own."""
    asked: list[ReleaseRequest] = []
    rho, delta0, barren = granted.micro_rho, granted.delta0_e15, 0
    kinds = [case.kind for case in cases.cases()]
    while barren < len(kinds):
        turn = len(asked) + barren
        request = cases.request_of(kinds[turn % len(kinds)])
        request = request.model_copy(update={"title": f"Audit {turn}", "epsilon_micro": 300_000})
        cost = seam.claim(request, terms)
        if cost.micro_rho <= rho and cost.delta0_e15 <= delta0:
            asked, barren = [*asked, request], 0
            rho, delta0 = rho - cost.micro_rho, delta0 - cost.delta0_e15
        else:
            barren += 1
    return asked


def guess(person: Person, others: Sequence[Person], *, trials: int, forgotten: int = 1) -> Guessing:
    """Guesses over `trials` grants drawn in full, the person there in half of them.

    `forgotten` plants a fault: so many draws of every request for the charge of one.
    """
    granted = convert_grant(EPSILON_MICRO, DELTA_E15)
    terms = replace(cases.TERMS, delta_e15=granted.delta_conv_e15, threshold_delta0_e15=max(1, granted.delta0_e15 // 2))
    inside, outside = np.zeros(trials // 2), np.zeros(trials - trials // 2)
    requests, spent, spent_delta0 = full_grant(granted, terms), 0, 0
    for request in requests:
        pair, cost = pair_in(Place(request, terms), person, others), seam.claim(request, terms)
        spent, spent_delta0 = spent + cost.micro_rho, spent_delta0 + cost.delta0_e15
        for _ in range(forgotten):
            inside += evidence(pair, pair.with_, len(inside))
            outside += evidence(pair, pair.without, len(outside))
    right = int((inside > 0).sum() + (outside <= 0).sum())
    odds = math.exp(EPSILON_MICRO / MICRO)
    allowed = (odds + DELTA_E15 / FEMTO) / (1 + odds)
    by_rho = 0.5 + 0.5 * (math.sqrt(spent / MICRO / 2) + spent_delta0 / FEMTO)
    return Guessing(len(requests), spent, granted.micro_rho, right, trials, allowed, by_rho)
