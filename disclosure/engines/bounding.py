"""Which cells of each person count, for many people at once: whole numbers in arrays, no row read twice.

One number per touched cell, person | rank | cell from its high bits to its low ones, is put in order; of each person
the first `at_most` different cells are then those of least rank. The rank is `kept.order`, the same on every engine.
The person's place in a range stands first only to keep one person's numbers together (P3).
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from disclosure.engines.kept import HIGH, PRIME

Integers = NDArray[np.int64]
Secrets = tuple[Integers, Integers]

RANK_BITS = 31
WORD_BITS = 63
STRETCH = 2**16


def people_at_once(cells: int) -> int:
    """How many people's numbers fit beside the rank and so many cells, at most 2**20."""
    return int(1 << min(20, WORD_BITS - RANK_BITS - (cells - 1).bit_length()))


def touched(people: Integers, cells: Integers, inner: int) -> tuple[Integers, Integers]:
    """Each different (person, cell) once, a person's together. Rows that come in order are put in order at once."""
    both = people * inner + cells
    if np.any(both[1:] < both[:-1]):
        both.sort(kind="stable")
    different = np.ones(len(both), dtype=bool)
    np.not_equal(both[1:], both[:-1], out=different[1:])
    both = both[different]
    person = both // inner
    return person, both - person * inner


def counting(
    people: Integers, cells: Integers, ranked: Integers, secrets: Secrets, at_most: int
) -> tuple[Integers, Integers]:
    """Of different (person, cell), a person's together, those that count. `ranked` is what each cell is ranked by.

    Who has no more cells than may count needs no order.
    """
    least = people.min(initial=2**62)
    many = (np.bincount(people - least) > at_most)[people - least] if len(people) else np.zeros(0, dtype=bool)
    some, bits = people[many], int(cells.max(initial=1)).bit_length()
    packed = (((some << RANK_BITS) | ranks(secrets, some, ranked[many])) << bits) | cells[many]
    packed.sort()
    person = packed >> (RANK_BITS + bits)
    first = np.ones(len(person), dtype=bool)  # of so many that each person has
    np.not_equal(person[at_most:], person[:-at_most], out=first[at_most:])
    kept = packed[first] & ((1 << bits) - 1)
    return np.concatenate([people[~many], person[first]]), np.concatenate([cells[~many], kept])


def secrets(sample_keys: NDArray[np.uint64]) -> Secrets:
    """The two numbers that `kept.order` makes of each sampling key."""
    a = 1 + (sample_keys % np.uint64(PRIME - 1)).astype(np.int64)
    return a, (sample_keys // np.uint64(HIGH) % np.uint64(PRIME)).astype(np.int64)


def ranks(secrets: Secrets, people: Integers, keys: Integers) -> Integers:
    """`kept.order` of each key of a person, without its last part: x⁵ mod P of x = (a · key + b) mod P."""
    a, b = secrets
    x = _mod(a[people] * (keys % PRIME) + b[people])
    square = _mod(x * x)
    return _mod(_mod(square * square) * x)


def stretches(people: Integers) -> Iterator[slice]:
    """Slices of rows in order of their people, none of whom is cut: small, so that arrays stay in the cache."""
    cuts = {int(start) for start in np.searchsorted(people, people[STRETCH::STRETCH])}
    for start, end in pairwise(sorted(cuts | {0, len(people)})):
        yield slice(start, end)


def _mod(product: Integers) -> Integers:
    """A number below 2**62 modulo P = 2**31 - 1: as 2**31 is 1 there, its upper half is added to the lower, twice."""
    for _ in range(2):
        product = (product & PRIME) + (product >> RANK_BITS)
    found: Integers = np.where(product >= PRIME, product - PRIME, product)
    return found
