"""Looks for the person whose presence changes a release most, and holds the change against what is claimed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TypeVar

from disclosure.engines.plan import SnapshotFiles
from disclosure.noise import Exact
from disclosure.requests import ReleaseRequest
from disclosure.statistics.base import Contribution
from disclosure.terms import Terms
from infra.audit import people, seam
from infra.audit.records import Build, Person, write

FIRST_NUMBER = 9_990_000_000
CROWD = 5
Result = TypeVar("Result")


@dataclass(frozen=True)
class Change:
    """What one person's presence does to one part: its norms as shares of those claimed; more than 1 breaks a claim.

    `l1`, `l2_squared` and `largest` are of the change; `reshaped` says that even the number of numbers changed.
    """

    l1: int
    l2_squared: int
    largest: int
    reshaped: bool = False

    def fills(self, claimed: Contribution) -> Fraction:
        """How much of the claim the change uses: what a search makes larger."""
        return self.of(claimed) + Fraction(self.l1, claimed.l1) + Fraction(self.l2_squared, claimed.l2_squared)

    def of(self, claimed: Contribution) -> Fraction:
        """The largest share of a claimed norm that the change takes up."""
        if self.reshaped:
            return Fraction(10**6)
        return max(
            Fraction(self.l1, claimed.l1),
            Fraction(self.l2_squared, claimed.l2_squared),
            Fraction(self.largest, claimed.largest),
        )


@dataclass(frozen=True)
class Neighbours:
    """Exact parts of one request with and without a person, beside the others that are there anyhow."""

    person: Person
    others: tuple[Person, ...]
    with_: tuple[Exact, ...]
    without: tuple[Exact, ...]

    def changes(self) -> list[Change]:
        """One for each part."""
        return [change(here, there) for here, there in zip(self.with_, self.without, strict=True)]


def change(here: Exact, there: Exact) -> Change:
    """How far two exact vectors are apart; exact whole numbers, however large."""
    if here.vector.shape != there.vector.shape:
        return Change(0, 0, 0, reshaped=True)
    apart = [abs(int(number)) for number in (here.vector - there.vector)[here.vector != there.vector]]
    return Change(sum(apart), sum(each**2 for each in apart), max(apart, default=0))


@dataclass(frozen=True)
class Place:
    """Where neighbours are compared: a request, its terms, the people that are there anyhow, how they are built."""

    request: ReleaseRequest
    terms: Terms
    build: Build = field(default_factory=Build)

    def exact(self, present: Sequence[Person]) -> tuple[Exact, ...]:
        """The exact parts over a snapshot of these people."""
        return self.with_files(present, lambda files: seam.exact(self.request, self.terms, files))

    def with_files(self, present: Sequence[Person], done: Callable[[SnapshotFiles], Result]) -> Result:
        """What comes of the snapshot files of these people; the files are gone afterwards."""
        with TemporaryDirectory() as folder:
            return done(write(present, Path(folder) / "snapshot", tuple(self.terms.tables), self.build))

    @property
    def choices(self) -> people.Choices:
        """What people's rows are made of."""
        return people.choices(self.terms.tables, self.request.model_dump())

    @property
    def most_rows(self) -> int:
        """Rows of one person in a table: some more than the cap."""
        return self.terms.rows_per_person + 3


def crowd(place: Place, chance: Random, size: int = CROWD) -> list[Person]:
    """Random people."""
    return [people.anybody(chance, FIRST_NUMBER + n, place.choices, place.most_rows) for n in range(size)]


def one_by_one(place: Place, present: Sequence[Person]) -> list[Neighbours]:
    """Each person left out in turn."""
    whole, found = place.exact(present), []
    for person in present:
        others = tuple(other for other in present if other is not person)
        found.append(Neighbours(person, others, whole, place.exact(others)))
    return found


def pair_in(place: Place, person: Person, others: Sequence[Person]) -> Neighbours:
    """These others with and without the person."""
    return Neighbours(person, tuple(others), place.exact([*others, person]), place.exact(others))


def worst(place: Place, claimed: Sequence[Contribution], *, seed: int, tries: int) -> list[Neighbours]:
    """For each part of the request the neighbours, of those tried, whose change takes up most of what is claimed.

    Every person tried counts for every part. A third are anybody; the others are the best so far of the part of which
    least of the claim is used, or of one part after another, with one to three things changed.
    """
    chance = Random(seed)  # noqa: S311 a search, not a secret
    others = tuple(crowd(place, chance))
    without = place.exact(others)
    best: list[Neighbours | None] = [None] * len(claimed)
    most = [Fraction(-1)] * len(claimed)
    for turn in range(tries):
        behind = most.index(min(most)) if turn % 2 else turn // 2 % len(claimed)
        found = best[behind]
        if found is None or turn * 3 < tries or most[behind] == 0:
            person = people.anybody(chance, FIRST_NUMBER + 10**6, place.choices, place.most_rows)
        else:
            person = found.person
            for _ in range(chance.choice((1, 1, 2, 3))):
                person = people.changed(chance, person, place.choices, place.most_rows)
        pair = Neighbours(person, others, place.exact([*others, person]), without)
        for position, (part, limit) in enumerate(zip(pair.changes(), claimed, strict=True)):
            if (fills := part.fills(limit)) >= most[position]:
                best[position], most[position] = pair, fills
    return [pair for pair in best if pair is not None]


def shares(neighbours: Sequence[Neighbours], claimed: Sequence[Contribution]) -> Mapping[int, Fraction]:
    """By part, the largest share of its claim that any of these neighbours takes up."""
    found: dict[int, Fraction] = {}
    for pair in neighbours:
        for position, (part, limit) in enumerate(zip(pair.changes(), claimed, strict=True)):
            found[position] = max(found.get(position, Fraction(0)), part.of(limit))
    return found
