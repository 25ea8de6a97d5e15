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

DRAWS, POINTS = 1_000, 13
LEAVES = {
    "even": [20] * POINTS,
    "two ends": [150] + [0] * 11 + [150],
    "few": [1, 0, 2, 0, 0, 1, 0, 3, 0, 0, 1, 1, 0],
    "one value": [0] * 6 + [400] + [0] * 6,
}


@pytest.mark.parametrize("people", LEAVES)
@pytest.mark.parametrize("shares", [["0.5"], ["0.9"], ["0.45", "0.5", "0.55"]])
def test_ranks_are_missed_by_no_more_than_said_also_when_values_are_put_in_order(people, shares):
    statistic = bound("quantiles", by=[], quantiles=shares).selected()
    sensitivity = statistic.contribution.scores
    scale = Fraction(2 * sensitivity)
    statistic = statistic.at(scale, population=300)
    scores = np.tile(statistic.vector(np.array([LEAVES[people]])).ravel(), DRAWS)
    part = Exact(scores, CHOICE, sensitivity, scale, laplace_cost(l1=2 * sensitivity, scale=scale), candidates=POINTS)
    places = np.sort(add_noise([part])[0].reshape(DRAWS, len(shares)), axis=1)
    far = reach(scale, statistic.parts, POINTS, CONFIDENCE, len(shares))
    assert far <= int(statistic.about()["rank_half_width_95"]) < far + 1
    near = np.array(
        [[distance(LEAVES[people], place, Fraction(share)) <= far for place in range(POINTS)] for share in shares]
    )
    missed = sum(not all(near[at][place] for at, place in enumerate(row)) for row in places.tolist())
    assert missed <= binom.ppf(1 - 1e-6 / 12, DRAWS, 0.05)
