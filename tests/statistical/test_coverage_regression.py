"""Intervals of regressions hold the coefficients of the population sampled; one false alarm in 1e6 or fewer."""

import numpy as np
import pytest
from scipy.stats import binom

from disclosure.accounting import gaussian_cost
from disclosure.noise import GAUSSIAN, Exact, add_noise
from disclosure.statistics.logistic import SURE
from tests.factories.statistics import bound as statistic_of
from tests.statistical.test_coverage_derived import ALARM, floor_scale

DRAWS = 800


def noisy(vectors, scale):
    """(DRAWS, coordinates) with the noise of a draw."""
    charge = gaussian_cost(l2_squared=1, scale=scale)
    return add_noise([Exact(vectors.ravel(), GAUSSIAN, 1, scale, charge)])[0].reshape(len(vectors), -1)


def assert_covered(statistic, drawn, scale, truths):
    hits = np.zeros(len(truths))
    for row in statistic.rows(drawn, scale):
        for place, (estimate, true) in enumerate(zip(row, truths, strict=False)):
            hits[place] += estimate.low is not None and float(estimate.low) <= true <= float(estimate.high)
    assert (hits >= binom.ppf(ALARM, DRAWS, 0.94)).all(), hits / DRAWS
    assert (hits <= binom.ppf(1 - ALARM, DRAWS, 0.97)).all(), hits / DRAWS


def smokers(chance, people, moments):
    """Sums of products of bmi on change and smoking: change and smoking depend on each other."""
    smoker = chance.random(people) < 0.3
    change = np.clip(np.rint(chance.normal(2 + 3 * smoker, 5, people)), -10, 20)
    bmi = np.rint(10 * np.clip(27 + 0.15 * change - 1.5 * smoker + chance.normal(0, 3, people), 15, 45.5))
    values = [np.ones(people), change - moments.terms[0].centre, smoker, bmi - moments.terms[2].centre]
    return [int((values[i] * values[j]).sum()) for i, j in moments.pairs]


@pytest.mark.slow
@pytest.mark.parametrize(("people", "times"), [(2_000, 1), (6_000, 1), (6_000, 4)], ids=["few", "usual", "noisy"])
def test_linear(people, times):
    statistic, chance = statistic_of("linear", by=[]), np.random.default_rng(people + times)
    scale = floor_scale(10) * statistic.contribution.largest * times
    exact = np.array([smokers(chance, people, statistic.moments) for _ in range(DRAWS)], dtype=np.int64)
    drawn = noisy(statistic.vector(exact), scale)
    assert_covered(statistic, drawn, scale, [27 + 0.15 * 5, 0.15, -1.5])


@pytest.mark.slow
@pytest.mark.parametrize(("people", "times"), [(1_500, 1), (6_000, 1), (20_000, 6)], ids=["few", "usual", "noisy"])
def test_logistic(people, times):
    statistic, chance = statistic_of("logistic", by=[]), np.random.default_rng(people)
    scale = floor_scale(10) * times
    truths = np.array([-1.2, 0.6, -0.3, 0.5])  # lived and untreated; died, moved; treated
    design = np.array([[1, died, moved, treated] for died, moved in ((0, 0), (1, 0), (0, 1)) for treated in (0, 1)])
    shares = [0.25, 0.15, 0.2, 0.1, 0.1, 0.2]
    there = chance.multinomial(people, shares, DRAWS)
    smoking = chance.binomial(there, 1 / (1 + np.exp(-design @ truths)))
    drawn = noisy(np.concatenate([there - smoking, smoking], axis=1), scale)
    assert_covered(statistic, drawn, scale, np.exp(truths))


@pytest.mark.slow
@pytest.mark.parametrize(("share", "given_least"), [(0.5, 0.04), (0.65, 0.15), (1.0, 0.7)])
def test_a_group_near_the_limit_is_covered_as_often_where_it_is_given(share, given_least):
    """Groups that are set aside but for the noise that raised them: `share` of the limit have the outcome."""
    statistic, scale, chance = statistic_of("logistic", by=[]), floor_scale(10), np.random.default_rng(11)
    risk = 0.05
    moved = round(share * SURE * float(scale) * 2**0.5 / risk)
    there = np.array([900, 600, 500, 400, moved // 2, moved - moved // 2])
    logits = np.array([-1.2, 0.6, np.log(risk / (1 - risk)) + 1.2, 0.5])
    design = np.array([[1, died, moved, treated] for died, moved in ((0, 0), (1, 0), (0, 1)) for treated in (0, 1)])
    smoking = chance.binomial(np.tile(there, (DRAWS, 1)), 1 / (1 + np.exp(-design @ logits)))
    drawn = noisy(np.concatenate([there - smoking, smoking], axis=1), scale)
    found = [row[2] for row in statistic.rows(drawn, scale)]
    given = [each for each in found if each.low is not None]
    held = sum(float(each.low) <= np.exp(logits[2]) <= float(each.high) for each in given)
    assert len(given) >= given_least * DRAWS
    assert held >= binom.ppf(ALARM, len(given), 0.94)
