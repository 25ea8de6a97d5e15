"""Survival and cumulative incidence from noisy numbers of people by how their follow-up ended and in which step.

`counts` is (endings, steps), endings being the causes in order and then the censored; whoever is in the last step was
followed to the end. With n(j) people still there at the start of step j and d(j) events in it, S(m) = Π (1 − d(j)/n(j))
over j < m (Kaplan and Meier 1958), and a cause's incidence is Σ S(j) · d_cause(j)/n(j) (Aalen and Johansen 1978).

Variances are those of the delta method. Both figures stay the same when all counts are multiplied alike, so with
derivatives g the counts of a random sample give Σ counts · g² (for S, Greenwood's), noise gives scale² · Σ g².
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SURE = 3.0  # people at risk are so many deviations of their noise, or a figure is not given
LEAST = 1e-9


class Curve(NamedTuple):
    """A figure at the end of each step: raw values, and the variances of sampling and of noise."""

    values: Floats
    sampling: Floats
    noise: Floats


class LifeTable(NamedTuple):
    """Curves for the first `reached` steps, where people are surely at risk; people at risk, their noise."""

    survival: Curve
    incidence: list[Curve]
    at_risk: Floats
    spread: Floats
    reached: int


def life_table(counts: Floats, scale: float) -> LifeTable:
    """The life table of one cell; `scale` is the deviation of the noise of each count."""
    endings, steps = counts.shape
    at_risk = np.cumsum(counts.sum(axis=0)[::-1])[::-1]
    spread = scale * np.sqrt(endings * np.arange(steps, 0, -1))
    safe = np.append(at_risk[:-1] > SURE * spread[:-1], [False]) & (at_risk > 0)
    reached = int(np.argmin(safe))
    people, events = at_risk[:reached], counts[:-1, :reached]
    hazard = events / people
    stay = 1 - hazard.sum(axis=0)
    survival = np.concatenate([[1.0], np.cumprod(stay)])
    slopes = _survival_slopes(counts.shape, people, stay) * survival[:, np.newaxis, np.newaxis]
    curves = [_curve(survival[1:], slopes[1:], counts, scale)]
    for cause in range(endings - 1):
        values, gradient = _incidence(cause, survival, slopes, people, hazard[cause])
        curves.append(_curve(values, gradient, counts, scale))
    return LifeTable(curves[0], curves[1:], at_risk, spread, reached)


def _survival_slopes(shape: tuple[int, int], people: Floats, stay: Floats) -> Floats:
    """(steps + 1, endings, steps): how the logarithm of S up to each step changes with each count."""
    endings, steps = shape
    made = len(people)
    kept = np.where(np.abs(stay) < LEAST, LEAST, stay)
    staying = (1 - stay) / (people * kept)  # for one more person still there at the start of the step
    leaving = -1 / (people * kept)  # and for that person's event in it
    before = np.arange(made + 1)[:, np.newaxis]
    last = np.arange(steps)[np.newaxis, :]
    running = np.concatenate([[0.0], np.cumsum(staying)])
    slopes = np.repeat(running[np.minimum(before, last + 1)][:, np.newaxis, :], endings, axis=1)
    ended = np.where(before > last, np.append(leaving, np.zeros(steps - made))[np.newaxis, :], 0.0)
    slopes[:, :-1, :] += ended[:, np.newaxis, :]
    return slopes


def _incidence(cause: int, survival: Floats, slopes: Floats, people: Floats, hazard: Floats) -> tuple[Floats, Floats]:
    """Incidence of a cause at the end of each step, and (steps, endings, steps) slopes."""
    made, steps = len(people), slopes.shape[2]
    parts = slopes[:made] * hazard[:, np.newaxis, np.newaxis]
    staying = np.arange(steps)[np.newaxis, :] >= np.arange(made)[:, np.newaxis]
    parts -= (staying * (survival[:made] * hazard / people)[:, np.newaxis])[:, np.newaxis, :]
    here = np.arange(made)
    parts[here, cause, here] += survival[:made] / people
    return np.cumsum(survival[:made] * hazard), np.cumsum(parts, axis=0)


def _curve(values: Floats, slopes: Floats, counts: Floats, scale: float) -> Curve:
    squares = slopes**2
    sampling = np.maximum(0.0, (squares * counts).sum(axis=(1, 2)))
    return Curve(values, sampling, scale**2 * squares.sum(axis=(1, 2)))


def interval(
    value: float, sampling: float, noise: float, people: tuple[float, float], normal: float
) -> tuple[float, float] | None:
    """Every share p with (value − p)² ≤ normal² · (p(1 − p)/n + noise): Wilson's interval with the noise added.

    n is the number of people whose simple share would vary as much: value(1 − value)/sampling, between `people`, the
    number at risk and the number at the start. None where no p is one.
    """
    least, most = people
    inside = min(max(value, 0.0), 1.0)
    size = min(max(inside * (1 - inside) / sampling, least), most) if sampling > 0 and 0 < inside < 1 else least
    lead, middle = 1 + normal**2 / size, value + normal**2 / size / 2
    square = middle**2 - lead * (value**2 - normal**2 * noise)
    if square < 0:
        return None
    root = math.sqrt(square)
    return (middle - root) / lead, (middle + root) / lead


def falling(values: Floats) -> Floats:
    """The nearest sequence (least squares) that never rises: neighbours out of order are given their mean."""
    blocks: list[tuple[float, int]] = []
    for value in values.tolist():
        total, size = value, 1
        while blocks and blocks[-1][0] / blocks[-1][1] < total / size:
            before, many = blocks.pop()
            total, size = total + before, size + many
        blocks.append((total, size))
    return np.array([total / size for total, size in blocks for _ in range(size)])
