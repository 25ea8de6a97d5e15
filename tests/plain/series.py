"""The forecast a second time, as the textbook writes it: one Kalman filter for each combination of rates, then weighed.

Matrices as in Harvey 1989, ch. 3: predict a' = T a, P' = T P T' + Q; update with F = z'P z + h, K = P z / F.
"""

from itertools import pairwise, product
from math import exp, log, sqrt

import numpy as np

SINGLE, LEVEL = (0.003, 0.03, 0.1, 0.3, 1.0), (0.0, 0.001, 0.01, 0.1, 0.5)
TREND, SEASON, FADES = (0.0, 0.0003, 0.01, 0.1), (0.0, 0.003), (1.0, 0.9)


def forecast(counts, noise_variance, ahead):
    """[(mean, deviation)] of the next months of one series."""
    steps = [(b - a) ** 2 for a, b in pairwise(counts)]
    moved = sum(steps) / len(steps) / 2 / noise_variance
    size = noise_variance * 2 ** round(log(max(1, moved), 2))
    start = sum(counts[:12]) / 12
    seasonal = len(counts) >= 24
    told = [
        one(rates, [(count - start) / sqrt(size) for count in counts], noise_variance / size, ahead, seasonal)
        for rates in product(SINGLE, LEVEL, TREND, SEASON if seasonal else (0.0,), FADES)
    ]
    best = max(fit for fit, _ in told)
    weights = [exp(fit - best) for fit, _ in told]
    answers = []
    for month in range(ahead):
        mean = sum(w * months[month][0] for w, (_, months) in zip(weights, told, strict=True)) / sum(weights)
        square = sum(
            w * (months[month][1] + (months[month][0] - mean) ** 2)
            for w, (_, months) in zip(weights, told, strict=True)
        ) / sum(weights)
        answers.append((start + mean * sqrt(size), sqrt(square * size)))
    return answers


def one(rates, scaled, noise, ahead, seasonal):
    """The fit and [(mean, variance)] of one combination of rates."""
    single, level, trend, season, fade = rates
    width = 13 if seasonal else 2
    t, q, z = np.zeros((width, width)), np.zeros((width, width)), np.zeros((width, 1))
    t[0, 0], t[0, 1], t[1, 1], z[0, 0] = 1, fade, fade, 1
    q[0, 0], q[1, 1] = level, trend
    p = np.diag([1e4, 0.1] + [100.0] * (width - 2))
    if seasonal:
        t[2, 2:], z[2, 0], q[2, 2] = -1, 1, season
        for row in range(3, width):
            t[row, row - 1] = 1
    a, fit = np.zeros((width, 1)), 0.0
    for y in scaled:
        f = float((z.T @ p @ z)[0, 0]) + single + noise
        v = y - float((z.T @ a)[0, 0])
        fit -= 0.5 * (log(f) + v**2 / f)
        k = p @ z / f
        a, p = a + k * v, p - k @ z.T @ p
        a, p = t @ a, t @ p @ t.T + q
    months = []
    for _ in range(ahead):
        months.append((float((z.T @ a)[0, 0]), float((z.T @ p @ z)[0, 0]) + single))
        a, p = t @ a, t @ p @ t.T + q
    return fit, months
