"""The evidence of a choice: how much likelier the places chosen are with than without the person.

Permute-and-flip looks at the candidates in random order and takes one, whose score is d below the best, with a chance
of p = exp(−d / scale). As if each had a time of its own, even between 0 and 1: candidate i is taken with a chance of
p_i · ∫ ∏_(j≠i) (1 − t · p_j) dt, a polynomial that Gauss and Legendre's rule integrates exactly.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from disclosure.noise import Exact

Floats = NDArray[np.float64]
Numbers = NDArray[Any]


def chances(scores: Numbers, scale: float) -> Floats:
    """The chance of each candidate."""
    takes = np.exp((scores - scores.max()) / scale)
    nodes, weights = np.polynomial.legendre.leggauss(len(takes) // 2 + 1)
    passed = 1 - np.outer((nodes + 1) / 2, takes)
    others = passed.prod(axis=1, keepdims=True) / passed
    return np.asarray(takes * (weights @ others) / 2)


def evidence(
    here: Exact, there: Exact, around: Exact, runs: int, noisy: Callable[[Sequence[Exact]], Sequence[Numbers]]
) -> Floats:
    """ln P(places | with) − ln P(places | without) of so many draws around one of the two, by the declared scale.

    Choices whose scores are the same either way tell nothing, so they are not drawn.
    """
    total, scale = np.zeros(runs), float(here.scale)
    mine, theirs, true = (part.vector.reshape(-1, part.candidates) for part in (here, there, around))
    for choice in np.flatnonzero((mine != theirs).any(axis=1)):
        ratio = np.log(chances(mine[choice], scale)) - np.log(chances(theirs[choice], scale))
        total += ratio[noisy([replace(around, vector=np.tile(true[choice], runs))])[0]]
    return total
