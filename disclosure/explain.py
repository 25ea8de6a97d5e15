"""How far noise can push a number: bounds for reader, reviewer and recount.

Everything here follows from the public scale of a mechanism; nothing looks at records.
"""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from statistics import NormalDist
from typing import Any

import numpy as np

from disclosure.ranks import near_ranks
from disclosure.recounts import coordinates

CONFIDENCE = 0.95
SIMULTANEOUS = 1 - 1e-9
GAUSSIAN = "discrete Gaussian"
LAPLACE = "discrete Laplace"
CHOICE = "permute-and-flip"
WIDE = 256


def quantile(confidence: float, cells: int = 1, mechanism: str = GAUSSIAN) -> float:
    """The two-sided quantile of unit noise at which all of `cells` numbers hold together with this confidence."""
    if mechanism == LAPLACE:
        return math.log(cells / (1 - confidence))
    return -NormalDist().inv_cdf((1 - confidence) / (2 * cells))


def bound(scale: Fraction, mechanism: str, confidence: float = SIMULTANEOUS, cells: int = 1) -> int:
    """A whole number that the noise of all `cells` numbers stays within, with at least this confidence.

    The least one for a Gaussian up to WIDE and for a Laplace, from their tails. For a wider Gaussian ⌈quantile ×
    scale⌉, since P(X ≥ m) of the discrete is at most P(Y ≥ m − 1) of the continuous (Canonne, Kamath and Steinke
    2020, Prop. 25).
    """
    width, tail = float(scale), (1 - confidence) / cells
    if mechanism == LAPLACE:
        return max(0, math.ceil(width * math.log(2 / (tail * (1 + math.exp(-1 / width))))) - 1)
    widest = math.ceil(quantile(confidence, cells) * width)
    return min(widest, _least(width, tail)) if width <= WIDE else widest


def _least(scale: float, tail: float) -> int:
    """The least h for which P(|X| > h) of the discrete Gaussian is at most `tail`, summed from the far end."""
    weights = np.exp(-0.5 * (np.arange(1, math.ceil(40 * scale)) / scale) ** 2)
    beyond = 2 * np.append(np.cumsum(weights[::-1])[::-1], 0.0)  # beyond[h] is the weight of |X| > h
    return int(np.argmax(beyond <= tail * (1 + beyond[0])))


def width_sentence(half_width: Decimal | None, unit: str, assumes: str | None) -> str:
    """The expected width of a statistic in words; shares in percentage points."""
    if half_width is None:
        return "No width can be given before the draw."
    bare = f"{half_width:,}" if unit == "1" else f"{half_width:,} {unit}"  # a count of things has no unit
    width = f"{half_width * 100:.2f} percentage points" if unit == "share" else bare
    about = "In 95 of 100 draws the noise moves each figure by at most"
    return f"{about} {width}{f', {assumes}' if assumes else ''}."


def check_cell(
    statistic: Mapping[str, Any],
    cell: Mapping[str, Any],
    exact: Mapping[str, Any],
    *,
    cells: int,
    confidence: float = SIMULTANEOUS,
) -> bool:
    """True when each drawn number of a released cell lies within the simultaneous bound of a plain recount.

    `cell` holds what was `drawn` for it: of statistics that give several figures from the same numbers, those of all
    entries together. `exact` is what `recounts.coordinates` reads; a chosen point is held against its rank among the
    leaves. `cells` is how many numbers are checked together (all drawn numbers of all checked releases). A recount is
    exact knowledge: this is for demonstrations and tests on synthetic people only.
    """
    if statistic["mechanism"] == CHOICE:
        return near_ranks(statistic, cell["drawn"], exact["leaves"], confidence, cells)
    limit = bound(Fraction(statistic["scale"]), statistic["mechanism"], confidence, cells)
    expected = coordinates(statistic, exact)
    drawn: Sequence[int] = cell["drawn"]
    return len(drawn) == len(expected) and all(
        abs(number - truth) <= limit for number, truth in zip(drawn, expected, strict=True)
    )
