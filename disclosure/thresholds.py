"""Releasing only what stands above a threshold: the chance that one person alone puts a key there, rounded up.

Keys are those found in the data, so a key that only one person has exists because of that person. It is released when
1 + noise > threshold, for a whole threshold T when the noise is at least T. A person has at most k such keys, so all of
them stay hidden but for δ₀ = 1 − (1 − P(X ≥ T))^k ≤ k · P(X ≥ T), which is what is charged. Given that they stay
hidden, the rest is noise on at most k numbers that change by 1: δ₀-approximate ρ-zCDP with ρ = k / (2 scale²)
(Bun and Steinke 2016, Def. 8.1). Numbers equal to the threshold are withheld: a release of ties would cost more.
"""

import math
from fractions import Fraction
from functools import lru_cache

from disclosure.accounting import FEMTO

SUMMED = 256  # up to this scale the tail is summed; a wider one is bounded by the continuous tail
_SLACK = 1 + 1e-9  # far above what so many sums of floats can lose


@lru_cache(maxsize=1024)
def tail(scale: Fraction, at: int) -> float:
    """P(X ≥ at) of the discrete Gaussian, at ≥ 1, exact up to `SUMMED` and rounded up."""
    width = float(scale)
    if width > SUMMED:  # P(X ≥ m) ≤ P(Y ≥ m − 1) of the continuous (Canonne, Kamath and Steinke 2020, Prop. 25)
        return 0.5 * math.erfc((at - 1) / width / math.sqrt(2)) * _SLACK
    far = max(at, math.ceil(40 * width)) + 1
    beyond = math.fsum(math.exp(-0.5 * (x / width) ** 2) for x in range(at, far))
    return beyond / _total(width) * _SLACK


def _total(width: float) -> float:
    """The weight of all whole numbers, from below: by the Poisson sum never less than width · √(2π)."""
    return max(1.0, width * math.sqrt(2 * math.pi))


def delta0(scale: Fraction, threshold: int, touched: int) -> int:
    """δ₀ in 1e-15, rounded up, when one person touches at most `touched` keys."""
    return math.ceil(Fraction(tail(scale, threshold)) * touched * FEMTO)


def least_threshold(scale: Fraction, touched: int, most_e15: int) -> int:
    """The least threshold whose δ₀ is at most `most_e15` (≥ 1)."""
    if most_e15 < 1:
        raise ValueError("a threshold needs a δ₀")
    low, high = 0, 1
    while delta0(scale, high, touched) > most_e15:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if delta0(scale, middle, touched) > most_e15 else (low, middle)
    return high
