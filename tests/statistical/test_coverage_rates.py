"""Intervals of rates cover the exact rate, from usual to hardly any person-time; one false alarm in 1e6 or fewer."""

from fractions import Fraction

import numpy as np
import pytest

from tests.factories.statistics import ASKED
from tests.factories.statistics import bound as statistic_of
from tests.plain.statistics import TWINS
from tests.statistical.test_coverage_derived import assert_about_95_percent, covered, floor_scale, noisy


def followed(number, chance=3):
    """People with 0 to 6 events, most of them none, and up to 400 days."""
    who = np.random.default_rng(chance)
    visits, days = who.poisson(0.4, number), who.integers(0, 400, number)
    return [{"visits": Fraction(int(v)), "days": Fraction(int(d))} for v, d in zip(visits, days, strict=True)]


@pytest.mark.parametrize(("people", "times"), [(3_000, 1), (3_000, 4), (200, 1)])
def test_rates(people, times):
    statistic = statistic_of("rate", by=[])
    group = followed(people)
    scale = floor_scale(10) * statistic.contribution.largest * times
    true = TWINS["rate"](group, {**ASKED["rate"], "by": []})[()]["value"]
    assert_about_95_percent(covered(statistic, noisy(statistic, group, scale), scale, [true]), most=0.97)
