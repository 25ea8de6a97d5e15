"""What an engine is asked to count over event rows: people per cell, each person in at most so many cells.

Of a person's rows only the different cells they fall in matter; of a person with more cells than may count, those
with the least `kept.order` do. One person then changes each of at most `at_most` numbers by 1.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod

from disclosure.engines.plan import CellPlan
from disclosure.person_view.events import ProvenEvents
from disclosure.person_view.schema import ViewColumn
from workspaces.catalogue.columns import Domain


@dataclass(frozen=True)
class Periods:
    """A key of event rows: which of `size` periods of `months` months a date lies in, from month number `first`.

    The number of a month is 12 x its year + its place in the year from 0. A date outside or unknown is in no period.
    """

    column: str
    months: int
    first: int
    size: int

    def __post_init__(self) -> None:
        if min(self.months, self.size) < 1 or self.first < 0:
            raise ValueError("periods are not empty and follow year 0")


@dataclass(frozen=True)
class EventPlan:
    """People per cell of event keys: each person counts 1 in at most `at_most` different cells, whatever their rows.

    A cell is a combination of the person's own keys, the split's value and the period of the event. Of a person with
    more cells those with the least `kept.order` count. Events of people who are not in the view, or whose value of any
    key is not in its domain, count nowhere.
    """

    name: str
    events: ProvenEvents
    of_person: tuple[ViewColumn, ...]
    at_most: int
    split: ViewColumn | None = None
    periods: Periods | None = None

    @property
    def by(self) -> tuple[ViewColumn, ...]:
        """The keys of the cells: those of the person, then the split."""
        return (*self.of_person, *((self.split,) if self.split else ()))

    @property
    def domains(self) -> tuple[Domain, ...]:
        """The public domain of each key of the cells."""
        return _domains(self.by)

    @property
    def inner(self) -> int:
        """How many event cells there are for one person: values of the split, times periods."""
        split = len(self.split.domain.values) if self.split and self.split.domain else 1
        return split * self.shape[1]

    @property
    def shape(self) -> tuple[int, int]:
        """Cells, and a column for each period: the shape of the engine's answer, people in each."""
        return prod(len(domain.values) for domain in self.domains), self.periods.size if self.periods else 1

    def cells(self) -> Iterator[tuple[str | int | bool, ...]]:
        """Key values of every cell, in the order of the answer's rows (the last key varies fastest)."""
        return product(*(domain.values for domain in self.domains))


@dataclass(frozen=True)
class CodePlan:
    """People per code that is found: keys that are not known beforehand, bounded as an event plan's.

    The answer has a row for each found pair, in order: the number of the person's own cell, the code, people. Codes
    are whole numbers; a code that is not known is no code.
    """

    name: str
    events: ProvenEvents
    by: tuple[ViewColumn, ...]
    at_most: int
    code: ViewColumn

    @property
    def domains(self) -> tuple[Domain, ...]:
        """The public domain of each key of the person."""
        return _domains(self.by)

    @property
    def vocabulary(self) -> Domain:
        """The codes that have a published name."""
        if self.code.domain is None:
            raise ValueError("codes have a vocabulary")
        return self.code.domain

    @property
    def shape(self) -> tuple[int, int]:
        """Cells of the person's own keys, and codes that could be released in each."""
        return prod(len(domain.values) for domain in self.domains), len(self.vocabulary.values)

    def cells(self) -> Iterator[tuple[str | int | bool, ...]]:
        """Key values of every cell of the person's own keys."""
        return product(*(domain.values for domain in self.domains))


def _domains(columns: tuple[ViewColumn, ...]) -> tuple[Domain, ...]:
    return tuple(domain for column in columns if (domain := column.domain) is not None)


Plan = CellPlan | EventPlan | CodePlan
