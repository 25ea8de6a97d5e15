"""Noisy counts of nested ranges, and the best estimate of running totals from them.

A line of leaves is counted leaf by leaf and in ranges of several levels, each made of whole ranges of the one before.
A person is in one leaf, hence in exactly one range of each level and changes as many numbers by 1 as there are levels.
Running totals are read from the least-squares leaves of all levels (Hay et al. 2010); their spread follows from the
same matrix, so every interval knows the noise.

With Gaussian noise the deviation grows as the root of the number of levels: fives, twenty-fives and so on, up to at
most five ranges, have the least spread for 20 to 1,000 leaves, at most 4 % from the best. With Laplace noise it grows
as the number of levels: the leaves alone are best up to 24 of them, from there on to 400 two levels, the upper in
ranges of √(1.7 · leaves), at most 2 % from the best of two.

Where few people are beside the noise, least-squares leaves of which none is negative tell a quantile better, by up to a
third; they have no simple spread, so intervals come from the others.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from disclosure.explain import GAUSSIAN, LAPLACE

BRANCHING = 5
FEW = 24
TURNS = 200

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Numbers = TypeVar("Numbers", Integers, Floats)


@lru_cache(maxsize=32)
def sizes(leaves: int, mechanism: str = GAUSSIAN) -> tuple[int, ...]:
    """Leaves per range of each level, the leaves themselves first."""
    if mechanism == LAPLACE:
        return (1,) if leaves <= FEW else (1, round(math.sqrt(1.7 * leaves)))
    found = [1]
    while -(-leaves // found[-1]) > BRANCHING:
        found.append(found[-1] * BRANCHING)
    return tuple(found)


def nodes(leaves: int, mechanism: str = GAUSSIAN) -> int:
    """How many ranges there are over all levels."""
    return sum(-(-leaves // size) for size in sizes(leaves, mechanism))


def counted(exact: Integers, mechanism: str = GAUSSIAN) -> Integers:
    """(cells, leaves) becomes (cells, nodes): every range of every level, level by level."""
    return _ranges(exact, sizes(exact.shape[1], mechanism))


def settled(noisy: Integers, start: Floats, mechanism: str = GAUSSIAN) -> Floats:
    """(cells, leaves): the leaves nearest to the noisy ranges of which none is negative, from any `start`.

    Least squares by accelerated projected gradients (Beck and Teboulle 2009); a step of 1 / Σ sizes is short enough.
    """
    leaves = start.shape[1]
    widths = sizes(leaves, mechanism)
    found = ahead = np.maximum(start, 0.0)
    for turn in range(TURNS if (start < 0).any() else 0):
        missed = np.split(
            _ranges(ahead, widths) - noisy, np.cumsum([-(-leaves // size) for size in widths])[:-1], axis=1
        )
        slope = sum(np.repeat(each, size, axis=1)[:, :leaves] for each, size in zip(missed, widths, strict=True))
        before, found = found, np.maximum(ahead - slope / sum(widths), 0.0)
        ahead = found + turn / (turn + 3) * (found - before)
    return found


def _ranges(exact: Numbers, widths: tuple[int, ...]) -> Numbers:
    places = [np.arange(0, exact.shape[1], size) for size in widths]
    return np.concatenate([np.add.reduceat(exact, each, axis=1) for each in places], axis=1)


@dataclass(frozen=True, eq=False)
class Fit:
    """`leaves` maps noisy ranges to least-squares leaves; `covariance` is that of the leaves at unit noise.

    `sharpest` is the least deviation, at unit noise, that the fit leaves any range: all levels tell of it together.
    """

    leaves: Floats
    covariance: Floats
    sharpest: float

    def running(self, noisy: Integers, share: float) -> tuple[Floats, Floats]:
        """(cells, leaves): people up to and with each leaf less `share` of all; and its deviation at unit noise."""
        estimate = noisy @ self.leaves.T
        totals = estimate.cumsum(axis=1) - share * estimate.sum(axis=1, keepdims=True)
        weights = np.tril(np.ones_like(self.covariance)) - share
        return totals, np.sqrt(np.einsum("ij,ij->i", weights @ self.covariance, weights))

    def people(self, noisy: Integers) -> tuple[Floats, float]:
        """Everybody in each cell, and the deviation of that at unit noise."""
        return (noisy @ self.leaves.T).sum(axis=1), float(np.sqrt(self.covariance.sum()))


@lru_cache(maxsize=8)
def fit(leaves: int, mechanism: str = GAUSSIAN) -> Fit:
    """The least-squares fit of a line of so many leaves; from public numbers alone."""
    places = np.arange(leaves)
    design = np.concatenate(
        [
            places[np.newaxis, :] // size == np.arange(-(-leaves // size))[:, np.newaxis]
            for size in sizes(leaves, mechanism)
        ]
    ).astype(np.float64)
    covariance = np.linalg.inv(design.T @ design).astype(np.float64)
    spread = np.sqrt(np.einsum("ij,jk,ik->i", design, covariance, design))
    return Fit(covariance @ design.T, covariance, float(spread.min()))
