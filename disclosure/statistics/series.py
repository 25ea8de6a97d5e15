"""Forecasting noisy monthly counts: a level, a trend that may fade, and a season, each moving at a rate of its own.

The basic structural model (Harvey 1989, ch. 2) in state-space form, filtered by Kalman's recursions. The variance of
the release's own noise is known and is part of the observation; four unknown things (how much single months, level,
trend and season move, and whether the trend fades) are not estimated by one value each but averaged over a fixed grid,
weighted by how well each foretold the months that are known. So a forecast's spread holds the noise, the movement, and
that the rates of movement are themselves uncertain. It looks at released numbers only and draws nothing: the same
numbers give the same forecast.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

YEAR = 12
LEAST_MONTHS = 12
AT_ONCE = 256  # series filtered together: some 10 MB for each array of states
SEASONAL_FROM = 24  # months from which a season can be told from chance
SINGLE = (0.003, 0.03, 0.1, 0.3, 1.0)  # variances, in units of the series' month-to-month variance
LEVEL = (0.0, 0.001, 0.01, 0.1, 0.5)
TREND = (0.0, 0.0003, 0.01, 0.1)
SEASON = (0.0, 0.003)
FADES = (1.0, 0.9)
PRIOR = (1e4, 0.1, 100.0)  # variances of first level, trend and season: wide, in the same units
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Grid:
    """One row for each combination of rates: variances of single months, of the state's parts, and the transition."""

    single: Floats
    moves: Floats
    transition: Floats
    seen: Floats


def forecasts(counts: Floats, *, noise_variance: float, ahead: int) -> tuple[Floats, Floats]:
    """Mean and standard deviation of the exact figures of the next months, (series, ahead), of (series, months)."""
    mean, deviation = np.zeros((2, len(counts), ahead))
    sizes = _sizes(counts, noise_variance)
    for size in np.unique(sizes):
        places = np.flatnonzero(sizes == size)
        for chosen in np.split(places, range(AT_ONCE, len(places), AT_ONCE)):
            mean[chosen], deviation[chosen] = _alike(counts[chosen], float(size), noise_variance, ahead)
    return mean, deviation


def _sizes(counts: Floats, noise_variance: float) -> Floats:
    """How much each series moves from month to month, as a power of two times the noise: what the grid counts in.

    Powers, so that series alike share one run of the covariances, which are most of the work.
    """
    moved = np.square(np.diff(counts, axis=1)).mean(axis=1) / 2 / noise_variance
    sizes: Floats = noise_variance * 2.0 ** np.round(np.log2(np.maximum(1.0, moved)))
    return sizes


def _alike(counts: Floats, size: float, noise_variance: float, ahead: int) -> tuple[Floats, Floats]:
    """Forecasts of series that move alike, filtered together."""
    start = counts[:, :YEAR].mean(axis=1, keepdims=True)
    scaled = (counts - start) / np.sqrt(size)
    grid = _grid(seasonal=counts.shape[1] >= SEASONAL_FROM)
    states, spread, fit = _filtered(scaled, grid, noise_variance / size)
    weights = np.exp(fit - fit.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    means, variances = _ahead(states, spread, grid, ahead)
    mean = np.einsum("sg,sgh->sh", weights, means)
    within = np.einsum("sg,gh->sh", weights, variances)
    between = np.einsum("sg,sgh->sh", weights, np.square(means - mean[:, np.newaxis, :]))
    return start + mean * np.sqrt(size), np.sqrt((within + between) * size)


def _grid(*, seasonal: bool) -> _Grid:
    rates = np.array(list(product(SINGLE, LEVEL, TREND, SEASON if seasonal else (0.0,), FADES)))
    width = 2 + (YEAR - 1 if seasonal else 0)
    transition = np.zeros((len(rates), width, width))
    transition[:, 0, 0] = 1.0
    transition[:, 0, 1] = transition[:, 1, 1] = rates[:, 4]
    moves = np.zeros((len(rates), width))
    moves[:, :2] = rates[:, 1:3]
    seen = np.zeros(width)
    seen[0] = 1.0
    if seasonal:  # this month's part is minus the sum of the eleven before it
        transition[:, 2, 2:] = -1.0
        transition[:, range(3, width), range(2, width - 1)] = 1.0
        moves[:, 2], seen[2] = rates[:, 3], 1.0
    return _Grid(rates[:, 0], moves, transition, seen)


def _filtered(scaled: Floats, grid: _Grid, noise: float) -> tuple[Floats, Floats, Floats]:
    """States (series, grid, state) and their covariances (grid, state, state) after the last month, and the fit."""
    width = len(grid.seen)
    spread = np.tile(np.diag([PRIOR[0], PRIOR[1], *[PRIOR[2]] * (width - 2)]), (len(grid.single), 1, 1))
    states = np.zeros((len(scaled), len(grid.single), width))
    fit = np.zeros(states.shape[:2])
    for month in scaled.T:
        shared = spread @ grid.seen
        variance = shared @ grid.seen + grid.single + noise
        missed = month[:, np.newaxis] - states @ grid.seen
        fit -= 0.5 * (np.log(variance) + np.square(missed) / variance)
        gain = shared / variance[:, np.newaxis]
        states = states + missed[:, :, np.newaxis] * gain
        spread = spread - gain[:, :, np.newaxis] * shared[:, np.newaxis, :]
        states, spread = _moved(states, spread, grid)
    return states, spread, fit


def _moved(states: Floats, spread: Floats, grid: _Grid) -> tuple[Floats, Floats]:
    """One month on."""
    ahead = grid.transition @ spread @ grid.transition.transpose(0, 2, 1)
    places = np.arange(len(grid.seen))
    ahead[:, places, places] += grid.moves
    return np.einsum("gij,sgj->sgi", grid.transition, states), (ahead + ahead.transpose(0, 2, 1)) / 2


def _ahead(states: Floats, spread: Floats, grid: _Grid, months: int) -> tuple[Floats, Floats]:
    """Means (series, grid, months) and variances (grid, months) of the exact figures to come: without the noise."""
    means, variances = [], []
    for _ in range(months):
        means.append(states @ grid.seen)
        variances.append((spread @ grid.seen) @ grid.seen + grid.single)
        states, spread = _moved(states, spread, grid)
    return np.stack(means, axis=2), np.stack(variances, axis=1)
