"""Sample and aggregate as loops: people into blocks by their key, an answer for each, the mean and middle of all."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

Person = Mapping[str, Any]


def blocks_of(people: Sequence[tuple[int, Person]], blocks: int) -> list[list[Person]]:
    """`people` are (secret key, row); who is in which block depends on the key of that person alone."""
    found: list[list[Person]] = [[] for _ in range(blocks)]
    for key, person in people:
        found[key % blocks].append(person)
    return found


def answers(
    people: Sequence[tuple[int, Person]], blocks: int, said: Callable[[list[Person]], float | None], bounds: Any
) -> list[Fraction]:
    """What each block counts with: within (lower, upper), the default where it says nothing."""
    lower, upper, default = (Fraction(each) for each in bounds)
    found = []
    for block in blocks_of(people, blocks):
        value = said(block)
        found.append(default if value is None else min(max(Fraction(value), lower), upper))
    return found


def mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def misses(values: Sequence[Fraction], point: Fraction) -> Fraction:
    """Blocks between the middle rank and those that answered the point."""
    below, upto = sum(each < point for each in values), sum(each <= point for each in values)
    rank = Fraction(len(values), 2)
    return max(Fraction(0), below - rank, rank - upto)
