"""Rows of events: living people's wanted events out of a grid, with a little mess in them."""

from dataclasses import dataclass, replace

import numpy as np

from infra.seeds.draws import Bools, Draws, Floats, Ints
from infra.seeds.people import TODAY, WINDOW, People
from infra.seeds.text import BROKEN_DAY, NO_DAY

UNKNOWN_CODE = 0.015
FUTURE_DATE = 0.0003
BROKEN_DATE = 0.0003
IMPOSSIBLE_VALUE = 0.0005
DUPLICATE = 0.001
RESTRICTED_CODE = 0.002  # of procedures


@dataclass(frozen=True)
class Rows:
    """Events sorted by sender, then person. `value` counts tenths, -1 is absurd.

    `concept` is a place in the tuple of the table's concepts; -1 is a code nobody knows, -2 one that law restricts.

    `id` is unique for its table in the whole population and depends on the person's place alone.
    """

    person: Ints
    sender: Ints
    id: Ints
    concept: Ints
    day: Ints
    value: Ints
    end: Ints

    def __len__(self) -> int:
        return len(self.person)

    def of(self, chosen: Bools | Ints) -> "Rows":
        """Some of the rows."""
        return Rows(**{name: column[chosen] for name, column in vars(self).items()})


def living_rows(people: People, *, wanted: Bools, days: Ints, sender: Ints, concept: Ints) -> Rows:
    """Living people's wanted events out of a grid (person, slot), known to a sender; all arguments broadcast to it."""
    person, slot = np.nonzero(wanted & (sender >= 0))
    shape = wanted.shape
    day, at, what = (np.broadcast_to(a, shape)[person, slot] for a in (days, sender, concept))
    kept = people.alive(person, day)
    person, slot = person[kept], slot[kept]
    nothing = np.zeros(len(person), dtype=np.int64)
    identity = people.index[person] * shape[1] + slot + 1
    rows = Rows(person, at[kept], identity, what[kept], day[kept], nothing, nothing + NO_DAY)
    return rows.of(np.argsort(rows.sender, kind="stable"))


def drawn_at(draws: Draws, name: str, rows: Rows, slots: int) -> Floats:
    """The random number of each row, taken from the grid (person, slot) of this stream."""
    return draws.uniform(name, slots)[rows.person, (rows.id - 1) % slots]


def messed(draws: Draws, name: str, rows: Rows, slots: int, restricted: float = 0.0) -> Rows:
    """A few percent unknown codes, and small numbers of future, broken and absurd entries and of repeated rows."""
    draw = drawn_at(draws, f"{name} mess", rows, slots)
    edges = np.cumsum([UNKNOWN_CODE, FUTURE_DATE, BROKEN_DATE, IMPOSSIBLE_VALUE, DUPLICATE, restricted])
    kind = np.searchsorted(edges, draw, side="right")
    day = np.where(kind == 1, TODAY + 400, np.where(kind == 2, BROKEN_DAY, rows.day))
    messy = replace(
        rows,
        concept=np.where(kind == 0, -1, np.where(kind == 5, -2, rows.concept)),
        day=day,
        value=np.where(kind == 3, -1, rows.value),
    )
    return messy.of(np.repeat(np.arange(len(rows)), 1 + (kind == 4)))


def spread(draws: Draws, name: str, slots: int) -> Ints:
    """A day in each of equal parts of the ten years, shape (people, slots)."""
    part = (TODAY - WINDOW) / slots
    return WINDOW + ((np.arange(slots) + draws.uniform(name, slots)) * part).astype(np.int64)
