"""95 % intervals cover what they say, over many draws of each statistic; the bounds allow one false alarm in 1e6.

Additive intervals promise at least 95 %, ratios about 95 %. Scales are those of the noise floor, where the steps of
whole numbers weigh most, and larger ones.
"""

from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import binom

from disclosure.accounting import gaussian_cost
from disclosure.explain import CONFIDENCE, GAUSSIAN, LAPLACE, bound
from disclosure.mechanisms import floor_scale
from disclosure.noise import Exact, add_noise
from tests.factories.statistics import bound as statistic_of

DRAWS = 4_000
ALARM = 1e-6 / 40

TRUTH = {
    "count": ([700], Fraction(700)),
    "histogram": ([700, 30, 0], Fraction(700)),
    "sum": ([-4_321], Fraction(-4_321)),
    "proportion": ([90, 210], Fraction(3, 10)),
    # 400 people whose mean lies 50 steps of 0.1 below the centre, 302
    "mean": ([-50 * 400, 400], (302 - 50) * Fraction(1, 10)),
}


def draws(exact, scale):
    """(DRAWS, coordinates) noisy copies."""
    charge = gaussian_cost(l2_squared=1, scale=scale)
    vector = np.tile(np.array(exact, dtype=np.int64), DRAWS)
    return add_noise([Exact(vector, GAUSSIAN, 1, scale, charge)])[0].reshape(DRAWS, -1)


@pytest.mark.parametrize("kind", sorted(TRUTH))
@pytest.mark.parametrize("times", [1, 3])
def test_intervals_cover_the_exact_figure(kind, times):
    statistic = statistic_of(kind, by=[])
    scale = floor_scale(10) * statistic.contribution.largest * times
    exact, true = TRUTH[kind]
    if kind == "mean":
        exact = [exact[0], exact[1] * statistic.weight]
    covered = 0
    for row in draws(exact, scale):
        estimate = statistic.rows(row[np.newaxis, :], scale)[0][0]
        covered += estimate.low is None or Fraction(estimate.low) <= true <= Fraction(estimate.high)
    least = binom.ppf(ALARM, DRAWS, 0.95)
    most = DRAWS if times == 1 else binom.ppf(1 - ALARM, DRAWS, 0.97)
    assert least <= covered <= most


@pytest.mark.parametrize("scale", [Fraction(1), Fraction(5), Fraction(40)])
def test_simultaneous_bounds_hold_the_noise(scale):
    noise = np.abs(draws([0], scale))
    for confidence in (0.5, CONFIDENCE, 0.999):
        outside = int((noise > bound(scale, GAUSSIAN, confidence)).sum())
        assert outside <= binom.ppf(1 - ALARM, DRAWS, 1 - confidence)
    assert noise.max() <= bound(scale, GAUSSIAN, cells=DRAWS)


def test_the_laplace_bound_is_its_tail():
    # P(|X| > h) = 2 e^(-(h+1)/s) / (1 + e^(-1/s)), summed by hand
    scale, decay = Fraction(6), np.exp(-1 / 6)
    half = bound(scale, LAPLACE, CONFIDENCE)
    tail = 2 * decay ** (half + 1) / (1 + decay)
    assert tail <= 0.05 < tail / decay


def test_the_floor_keeps_counts_blurred_by_its_width():
    scale = floor_scale(10)
    within = (np.abs(draws([0], scale)) < 10).mean()
    assert within <= 0.96
    assert bound(scale, GAUSSIAN, CONFIDENCE) >= 10
