"""Intervals of survival and incidence hold the figures of the population sampled, those at risk the exact number."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import binom

from disclosure.accounting import gaussian_cost
from disclosure.noise import GAUSSIAN, Exact, add_noise
from tests.factories.statistics import bound as statistic_of
from tests.statistical.test_coverage_derived import ALARM, floor_scale

DRAWS = 1_000
STEPS = 12


@dataclass(frozen=True)
class Risks:
    """Chances in each step: of the two events for those still there, and of being censored in it."""

    died: float
    moved: float
    censored: float

    def sample(self, people):
        """(3, STEPS + 1) people by ending and step; within a step events come before censoring."""
        chance = np.random.default_rng(people)
        for _ in range(DRAWS):
            counts, left = np.zeros((3, STEPS + 1), dtype=np.int64), people
            for step in range(STEPS):
                died, moved, _ = chance.multinomial(left, [self.died, self.moved, 1 - self.died - self.moved])
                censored = chance.binomial(left - died - moved, self.censored)
                counts[:, step] = died, moved, censored
                left -= died + moved + censored
            counts[2, STEPS] = left
            yield counts

    def truths(self):
        """Survival and the two incidences after each step."""
        free = (1 - self.died - self.moved) ** np.arange(STEPS + 1)
        return [free[1:], *(np.cumsum(free[:-1] * risk) for risk in (self.died, self.moved))]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("people", "risks", "times"),
    [
        (5_000, Risks(0.03, 0.02, 0.05), 1),
        (5_000, Risks(0.002, 0.001, 0.02), 1),
        (1_500, Risks(0.05, 0.01, 0.1), 1),
        (8_000, Risks(0.1, 0.05, 0.1), 2),
    ],
    ids=["usual", "rare", "few", "noisy"],
)
def test_survival_and_incidence(people, risks, times):
    statistic = statistic_of("survival", by=[], upper="1080")
    scale = floor_scale(10) * times
    samples = np.array(list(risks.sample(people)))
    charge = gaussian_cost(l2_squared=1, scale=scale)
    drawn = add_noise([Exact(samples.ravel(), GAUSSIAN, 1, scale, charge)])[0].reshape(DRAWS, -1)
    at_risk = np.cumsum(samples.sum(axis=1)[:, ::-1], axis=1)[:, ::-1]
    shares = np.concatenate(risks.truths())
    hits, given = np.zeros(len(shares) + STEPS + 1), np.zeros(len(shares) + STEPS + 1)
    for row, exact in zip(statistic.rows(drawn, scale), at_risk, strict=True):
        for place, (estimate, true) in enumerate(zip(row, [*shares, *exact], strict=True)):
            if estimate.low is not None:
                given[place] += 1
                hits[place] += float(estimate.low) <= true <= float(estimate.high)
    assert given[: len(shares)].max() == DRAWS
    usual = given > DRAWS * 0.9
    assert usual.sum() >= len(given) / 2
    assert (hits[usual] >= binom.ppf(ALARM, given[usual], 0.94)).all(), hits / given
    assert (hits[usual] <= binom.ppf(1 - ALARM, given[usual], 0.975)).all(), hits / given
