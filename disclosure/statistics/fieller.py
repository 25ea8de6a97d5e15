"""Fieller's method: the interval of a ratio of two noisy numbers, from their noise alone (Fieller 1954).

Every t is kept for which |top − t · bottom| is within what the noise of that difference does in 95 % of draws: a
quadratic in t, exact for Gaussian noise, also when the bottom is small.
"""

import math
from typing import NamedTuple


class Ratio(NamedTuple):
    """A ratio and its 95 % interval."""

    value: float
    low: float
    high: float


def ratio(top: float, bottom: float, *, far_squared: float, offset: float, slope: float) -> Ratio | None:
    """All t with (top − t · bottom)² ≤ far² + (offset − t)² · slope².

    `far` is the reach of the noise that does not depend on t, `slope` that of what is multiplied with (offset − t).
    None where the bottom may be nobody: no interval would be bounded.
    """
    lead = bottom**2 - slope**2
    if bottom <= 0 or lead <= 0:
        return None
    middle = top * bottom - offset * slope**2
    inside = middle**2 - lead * (top**2 - far_squared - (offset * slope) ** 2)
    root = math.sqrt(max(0.0, inside))
    return Ratio(top / bottom, (middle - root) / lead, (middle + root) / lead)
