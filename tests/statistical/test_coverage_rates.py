"""Intervals of rates cover the exact rate, from usual to hardly any person-time; one false alarm in 1e6 or fewer."""

from fractions import Fraction

import numpy as np
import pytest

from tests.factories.statistics import ASKED
from tests.factories.statistics import bound as statistic_of
from tests.plain.statistics import TWINS
from tests.statistical.test_coverage_derived import assert_about_95_percent, covered, floor_scale, noisy
from workspaces.catalogue.standard_population import EUROPEAN_2013

BANDS = list(EUROPEAN_2013)
DRAWS = 1_500


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
    drawn = noisy(statistic, group, scale)[:DRAWS]
    assert_about_95_percent(covered(statistic, drawn, scale, [true]), most=0.975)


@pytest.mark.parametrize(("people", "times"), [(19 * 300, 1), (19 * 100, 1), (19 * 300, 3)])
def test_standardised_rates(people, times):
    statistic = statistic_of("standardised", by=[])
    group = [{**each, "age_band": BANDS[n % 19]} for n, each in enumerate(followed(people))]
    for each in group:  # the older, the more visits
        each["visits"] += BANDS.index(each["age_band"]) // 6
    scale = floor_scale(10) * statistic.contribution.largest * times
    exact = TWINS["standardised"](group, {**ASKED["standardised"], "by": []})
    truths = [exact[(name,)]["value"] for name in ("standardised_rate", "crude_rate")]
    drawn = noisy(statistic, group, scale)[:DRAWS]
    # with few people or much noise some draws have no interval of the standardised rate; those given hold more
    few = people < 19 * 300 or times > 1
    assert_about_95_percent(covered(statistic, drawn, scale, truths), most=0.999 if few else 0.975, given=0.85)
