"""NHS numbers for invented people: valid check digits, in the range that is never issued.

The first eight digits and a rank among the possible ninth digits make an index; a seeded affine permutation
of that index spreads people over the range without keeping a set. Each eight digits allow nine or ten ninth
digits (NHS Data Dictionary: a remainder that asks for the check digit 10 is not a number); nine are used.
"""

from hashlib import sha256
from math import gcd

import numpy as np

from infra.seeds.draws import Ints

_RANKS = 9
TEST_RANGE = (99_900_000, 100_000 * _RANKS)  # 999 000 0000 … 999 999 9999
UNISSUED_RANGE = (90_000_000, 10_000_000 * _RANKS)  # 900 000 0000 … 999 999 9999


def most_people() -> int:
    """The largest population that has numbers."""
    return UNISSUED_RANGE[1]


def nhs_numbers(index: Ints, *, people: int, seed: int) -> Ints:
    """The ten-digit numbers of the people with these places in a population of `people`; all different."""
    first_front, size = TEST_RANGE if people <= TEST_RANGE[1] else UNISSUED_RANGE
    stride, shift = _permutation(size, seed)
    place = (index * stride + shift) % size
    return _number(first_front + place // _RANKS, place % _RANKS)


def broken(numbers: Ints) -> Ints:
    """The same numbers with a check digit that is wrong."""
    return numbers // 10 * 10 + (numbers % 10 + 1) % 10


def _permutation(size: int, seed: int) -> tuple[int, int]:
    digest = sha256(f"{seed}:nhs numbers".encode()).digest()
    stride = int.from_bytes(digest[:8], "big") % size | 1
    while gcd(stride, size) != 1:
        stride = (stride + 2) % size
    return stride, int.from_bytes(digest[8:16], "big") % size


def _number(front: Ints, rank: Ints) -> Ints:
    """Eight digits and a rank to ten digits: skip the ninth digit that would need a check digit of 10."""
    total = sum((front // 10 ** (7 - place) % 10 * (10 - place) for place in range(8)), start=np.zeros_like(front))
    forbidden = 6 * (1 - total) % 11
    ninth = rank + (rank >= forbidden)
    check = (11 - (total + 2 * ninth) % 11) % 11
    return (front * 10 + ninth) * 10 + check
