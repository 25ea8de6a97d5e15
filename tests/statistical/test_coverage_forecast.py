"""95 % intervals of forecasts hold the exact month: series that stand, grow, have a season, wander or scatter.

The series are made, counted by a Poisson, blurred by the release's noise, and forecast a year ahead. The bounds leave
four deviations of what so many series can do; months of one series are counted as one.
"""

import numpy as np
import pytest

from disclosure.explain import quantile
from disclosure.statistics.series import forecasts

SERIES, AHEAD = 120, 12
MONTHS = np.arange(60)


def stands(_rng, base, _season):
    return base + 0 * MONTHS


def seasonal(_rng, base, season):
    return base * (1 + season[:, MONTHS % 12])


def grows(rng, base, season):
    return base * (1 + 0.01 * MONTHS * rng.uniform(-0.7, 1, (SERIES, 1)) + season[:, MONTHS % 12])


def wanders(rng, base, season):
    return base * (1 + season[:, MONTHS % 12] + 0.05 * rng.normal(size=(SERIES, 60)).cumsum(axis=1))


def scatters(rng, base, _season):
    return base * np.exp(0.1 * rng.normal(size=(SERIES, 60)))


def held(make, months, scale):
    """(series, ahead): whether each interval holds the exact figure."""
    rng = np.random.default_rng(len(make.__name__) + months + scale)
    base = rng.uniform(50, 2_000, (SERIES, 1))
    season = rng.normal(0, 0.15, (SERIES, 12))
    means = make(rng, base, season - season.mean(axis=1, keepdims=True))
    exact = rng.poisson(np.maximum(means, 0)).astype(float)[:, : months + AHEAD]
    noisy = exact[:, :months] + np.rint(rng.normal(0, scale, (SERIES, months)))
    mean, deviation = forecasts(noisy, noise_variance=float(scale) ** 2, ahead=AHEAD)
    return np.abs(mean - exact[:, months:]) <= quantile(0.95) * deviation


@pytest.mark.slow
@pytest.mark.parametrize("make", [stands, seasonal, grows, wanders, scatters], ids=lambda make: make.__name__)
@pytest.mark.parametrize(("months", "scale"), [(24, 6), (48, 6), (36, 40)])
def test_intervals_hold_the_exact_month(make, months, scale):
    found = held(make, months, scale)
    deviation = found.mean(axis=1).std() / np.sqrt(SERIES) + 0.002
    assert found.mean() >= 0.95 - 4 * deviation
    assert found.mean() >= 0.92
    assert found[:, 0].mean() >= 0.95 - 4 * np.sqrt(0.05 * 0.95 / SERIES)


@pytest.mark.slow
def test_knowing_the_noise_keeps_it_apart_from_movement():
    """A forecast that took noisy counts for exact ones would be much wider: it would foretell the noise as well."""
    rng = np.random.default_rng(7)
    exact = rng.poisson(400, (SERIES, 48)).astype(float)
    noisy = exact[:, :36] + np.rint(rng.normal(0, 60, (SERIES, 36)))
    known, forgotten = (forecasts(noisy, noise_variance=v, ahead=AHEAD)[1].mean() for v in (3_600.0, 1.0))
    assert known < 0.8 * forgotten
