"""How far a chosen point may be from the rank that was asked for, in people: of a choice, and of a recount.

A point of the grid holds the ranks from the number of people below it to that with its own people, and is as far from
a rank as the nearer of these two. Points are chosen by a score that falls as that distance grows, see `selection`.
"""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

ENDS = 2  # scales; more blurs points with many people, less tells points with few of them apart worse


def units(shares: Sequence[Decimal]) -> int:
    """In how many parts a person is counted so that halves of them and all shares of them are whole numbers."""
    return 2 * math.lcm(*(Fraction(share).denominator for share in shares))


def spread(scale: Fraction, parts: int) -> float:
    """The scale of a choice in people."""
    return float(scale / parts)


def reach(scale: Fraction, parts: int, candidates: int, confidence: float, together: int = 1) -> float:
    """People that a chosen point is at most away from its rank, of `together` choices with this confidence.

    A point whose score is t below the best is chosen with a chance of exp(−t / scale) at most, as by an exponential
    mechanism, whose errors permute-and-flip never exceeds (McKenna and Sheldon 2020). The best score is at
    most `shrunk` away from 0, and a score is at least as low as its point is far.
    """
    others = max(1, candidates - 1)
    return float(shrunk(scale, parts)) / 2 + spread(scale, parts) * math.log(others * together / (1 - confidence))


def shrunk(scale: Fraction, parts: int) -> int:
    """People that are at most taken off the ranks of a point, half of them at either end, so that its middle counts."""
    return math.floor(2 * ENDS * scale / parts)


def distance(leaves: Sequence[int], place: int, share: Fraction) -> Fraction:
    """People between the rank asked for and those at a place of the grid, from a recount of every point."""
    below = sum(leaves[:place])
    rank = share * sum(leaves)
    return max(Fraction(0), below - rank, rank - below - leaves[place])


def near_ranks(
    statistic: Mapping[str, Any], drawn: Sequence[int], leaves: Sequence[int], confidence: float, together: int
) -> bool:
    """True when each chosen place of one cell is within reach of its rank, of `together` choices. Exact knowledge."""
    shares = [Fraction(share) for share in statistic["quantiles"]]
    far = reach(
        Fraction(statistic["scale"]), int(statistic["parts"]), int(statistic["candidates"]), confidence, together
    )
    return len(drawn) == len(shares) and all(
        0 <= place < len(leaves) and distance(leaves, place, share) <= far
        for place, share in zip(drawn, shares, strict=True)
    )
