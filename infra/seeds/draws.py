"""Random numbers that belong to a person's place in the population, not to the order of drawing.

Each named stream is a Philox generator (NumPy's counter-based one) keyed by the seed and the name; a person's
numbers sit at a fixed counter. So any chunk, on any machine, sees the same numbers for the same person.
Only raw integers are taken, whose stream NumPy promises never to change.
"""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_BLOCK = 4  # Philox gives four 64-bit numbers per counter step
_NORMAL_POINTS = 1 << 14


@cache
def _normal_table() -> Floats:
    """Midpoint quantiles of the standard normal, rounded so that every machine has the same ones."""
    inverse = NormalDist().inv_cdf
    return np.array([round(inverse((i + 0.5) / _NORMAL_POINTS), 6) for i in range(_NORMAL_POINTS)])


@dataclass(frozen=True)
class Draws:
    """The streams of people `start` … `start + people - 1` of the population of this seed."""

    seed: int
    start: int
    people: int

    def _raw(self, name: str, columns: int) -> NDArray[np.uint64]:
        steps = -(-columns // _BLOCK)
        key = int.from_bytes(sha256(f"{self.seed}:{name}".encode()).digest()[:16], "big")
        stream = np.random.Philox(key=key, counter=self.start * steps)
        rows: NDArray[np.uint64] = stream.random_raw(self.people * steps * _BLOCK).reshape(self.people, steps * _BLOCK)
        return rows[:, :columns]

    def uniform(self, name: str, columns: int) -> Floats:
        """Numbers in [0, 1), shape (people, columns)."""
        return (self._raw(name, columns) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def one(self, name: str) -> Floats:
        """One number in [0, 1) for each person."""
        return self.uniform(name, 1)[:, 0]

    def normal(self, name: str, columns: int) -> Floats:
        """Standard normal numbers from a table of 16,384 quantiles, shape (people, columns)."""
        return _normal_table()[(self._raw(name, columns) >> np.uint64(50)).astype(np.int64)]


def choose(uniform: Floats, weights: Floats) -> Ints:
    """For each uniform number the place it falls to when [0, 1) is split by the weights."""
    edges = np.cumsum(weights / weights.sum())[:-1]
    return np.searchsorted(edges, uniform, side="right").astype(np.int64)
