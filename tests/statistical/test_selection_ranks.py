"""Chosen values miss their rank by no more people than they say, in 95 of 100 draws or more; one false alarm in 1e6."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import binom

from disclosure.accounting import laplace_cost
from disclosure.explain import CONFIDENCE
from disclosure.noise import CHOICE, Exact, add_noise
from disclosure.ranks import distance, reach
from tests.factories.statistics import bound

DRAWS = 1_500
LEAVES = {
    "even": [20] * 13,
    "two ends": [150] + [0] * 11 + [150],
    "few": [1, 0, 2, 0, 0, 1, 0, 3, 0, 0, 1, 1, 0],
    "one value": [0] * 6 + [400] + [0] * 6,
}


@pytest.mark.parametrize("people", LEAVES)
@pytest.mark.parametrize("share", ["0.5", "0.9"])
def test_a_rank_is_missed_by_no_more_than_said(people, share):
    statistic = bound("quantiles", by=[], quantiles=[share]).selected()
    scale = Fraction(statistic.contribution.scores * 2)
    statistic = statistic.at(scale, population=300)
    scores = np.tile(statistic.vector(np.array([LEAVES[people]])).ravel(), DRAWS)
    sensitivity = statistic.contribution.scores
    charge = laplace_cost(l1=2 * sensitivity, scale=scale)
    (drawn,) = add_noise([Exact(scores, CHOICE, sensitivity, scale, charge, candidates=13)])
    far = reach(scale, statistic.parts, 13, CONFIDENCE)
    missed = np.array([float(distance(LEAVES[people], place, Fraction(share))) for place in range(13)])
    assert int((missed[drawn] > far).sum()) <= binom.ppf(1 - 1e-6 / 8, DRAWS, 0.05)
    assert far <= 3 + 2 * np.log(12 / 0.05) + 1  # in people: no wider than the theorem
