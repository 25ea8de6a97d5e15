"""A forecast from noisy monthly counts: the textbook's filter, what it foretells of plain series, and what it says."""

import math
from fractions import Fraction

import numpy as np
import pytest

from disclosure.statistics.series import forecasts
from tests.factories.statistics import ASKED, bound
from tests.plain.series import forecast
from workspaces.catalogue.errors import Invalid

FLAT = [500.0] * 36
SEASON = [200 + 80 * math.sin(month * math.pi / 6) for month in range(48)]
GROWING = [100.0 + 5 * month for month in range(30)]
UNEVEN = [180, 210, 190, 240, 260, 250, 300, 310, 290, 350, 330, 360, 380]


@pytest.mark.parametrize(
    "counts", [FLAT[:14], SEASON[:26], GROWING, UNEVEN], ids=["flat", "season", "growing", "uneven"]
)
def test_it_is_the_textbooks_filter(counts):
    mean, deviation = forecasts(np.array([counts, [3 * count for count in counts]]), noise_variance=30.0, ahead=3)
    for series, scaled in enumerate((counts, [3 * count for count in counts])):
        for month, (expected, spread) in enumerate(forecast(scaled, 30.0, 3)):
            assert mean[series, month] == pytest.approx(expected, rel=1e-6, abs=1e-6)
            assert deviation[series, month] == pytest.approx(spread, rel=1e-6)


def test_plain_series_go_on():
    (flat,), _ = forecasts(np.array([FLAT]), noise_variance=25.0, ahead=6)
    assert flat == pytest.approx([500] * 6, abs=2)
    (season,), _ = forecasts(np.array([SEASON[:36]]), noise_variance=25.0, ahead=12)
    assert season == pytest.approx(SEASON[36:], abs=12)
    (growing,), _ = forecasts(np.array([GROWING]), noise_variance=25.0, ahead=6)
    assert growing == pytest.approx([250 + 5 * month for month in range(6)], abs=15)


def test_more_noise_and_a_farther_month_are_less_sure():
    noisy = np.array([FLAT[:24]])
    (near, *_, far), (loud, *_) = (forecasts(noisy, noise_variance=v, ahead=12)[1][0] for v in (25.0, 2_500.0))
    assert far > near
    assert loud > 3 * near


def test_a_release_tells_counted_months_from_forecasts():
    statistic = bound("forecast")
    noisy = np.array([[300 + 5 * month for month in range(15)], [3] * 15])
    clear, tiny = statistic.rows(noisy, Fraction(6))
    names = [tuple(entry.value for entry in entries) for entries in statistic.entries()]
    assert names[0] == ("2020-04", "counted")
    assert names[-3:] == [("2021-07", "forecast"), ("2021-08", "forecast"), ("2021-09", "forecast")]
    assert [estimate.drawn for estimate in clear[-3:]] == [()] * 3
    assert clear[15].low < 375 < clear[15].high
    assert not clear[15].too_noisy
    assert all(estimate.too_noisy and estimate.low == 0 for estimate in tiny[-3:])


def test_the_same_numbers_give_the_same_forecast():
    noisy = np.random.default_rng(5).integers(80, 120, (3, 30)).astype(float)
    one, two = (forecasts(noisy, noise_variance=36.0, ahead=4)[0] for _ in range(2))
    alone = forecasts(noisy[1:2], noise_variance=36.0, ahead=4)[0]
    assert np.array_equal(one, two)
    assert alone[0] == pytest.approx(one[1])


def test_a_year_is_the_least():
    events = {**ASKED["forecast"]["events"], "last": "2021-02"}
    with pytest.raises(Invalid, match="request:months"):
        bound("forecast", events=events)
