"""Candidates for the person who changes a release most: rows at the extremes of catalogue and request.

A cell is tried at the ends of its public domain or grid, at the numbers, words and dates that the request itself
names and one step beside them, unknown, and at values that no catalogue allows.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from math import inf, nan
from random import Random
from typing import Any

from infra.audit.records import Person
from workspaces.catalogue.columns import Column, Type
from workspaces.catalogue.concepts import concept
from workspaces.catalogue.tables import TABLES

FEW = 4  # values of a long domain that are tried: its ends
_ODD_DATES = (None, date(1899, 12, 31), date(2099, 12, 31))
_ODD_NUMBERS = (None, nan, inf, -inf, 1e300, -0.0)


@dataclass(frozen=True)
class Cell:
    """Values for one column: what the request bears on, what the catalogue allows besides, and what nobody expects."""

    near: Sequence[Any]
    other: Sequence[Any]
    odd: Sequence[Any]

    def pick(self, chance: Random) -> Any:
        """A value, most often a near one."""
        kinds = [kind for kind in (*[self.near] * 8, self.other, self.odd) if kind]
        return chance.choice(chance.choice(kinds))


Choices = Mapping[str, Mapping[str, Cell]]


def choices(tables: Mapping[str, Sequence[str]], request: object) -> Choices:
    """For every granted column the values worth trying."""
    named = list(_named(request))
    return {
        table: {name: _values(column, named) for name in columns if (column := TABLES[table].column(name))}
        for table, columns in tables.items()
    }


def _named(value: object) -> Iterator[Any]:
    """Every plain value in a request, numbers as fractions and dates as dates where they can be read so."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _named(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _named(inner)
    else:
        yield value
        yield from _read(str(value))


def _read(text: str) -> Iterator[Any]:
    kinds: tuple[Callable[[str], Any], ...] = (
        Fraction,
        date.fromisoformat,
        lambda month: date.fromisoformat(f"{month}-01"),
    )
    for kind in kinds:
        with suppress(ValueError, ZeroDivisionError):
            yield kind(text)


def _values(column: Column, named: Sequence[Any]) -> Cell:
    found = {Fraction(each) for each in named if isinstance(each, int | Fraction) and not isinstance(each, bool)}
    numbers = sorted(found)
    if column.type is Type.DATE:
        days = sorted({each for each in named if isinstance(each, date)} | {date(2024, 1, 1)})
        return Cell([day + timedelta(days=shift) for day in days for shift in (-1, 0, 1, 31)], (), _ODD_DATES)
    if column.type is Type.DOUBLE:
        return _measured(numbers)
    if column.domain is not None:
        few = [*column.domain.values[:FEW], *column.domain.values[-1:]]
        bearing = [value for value in column.domain.values if value in named]
        return Cell([*bearing * 5, *few], few, [None, 2**31 - 1 if column.type is Type.INTEGER else "elsewhere"])
    ends = [column.grid.low, column.grid.high] if column.grid else []
    whole = [int(each) for each in [*ends, *numbers] if abs(each) < 2**31]
    return Cell([0, 1, *whole], (), (None, 2**31 - 1))


def _measured(numbers: Sequence[Fraction]) -> Cell:
    """Values at what the request names and at the ends of the grids of the concepts that it names, and a step away."""
    grids = [known.grid for each in numbers if (known := concept(int(each))) and known.grid]
    points = {*numbers, *(end for grid in grids for end in (grid.low, grid.high))}
    near = {
        float(point + shift * grid.step)
        for grid in grids
        for point in points
        if grid.low <= point <= grid.high
        for shift in (-1, 0, 1)
    }
    return Cell(sorted(near), (), _ODD_NUMBERS)


def anybody(chance: Random, number: int, choices: Choices, most_rows: int) -> Person:
    """A person with random rows: mostly one of each table, sometimes none or more than may count."""
    rows = {}
    for table in choices:
        sizes = (1, 1, 1, 1, 1, 2, 0) if TABLES[table].one_row_per_person else (1, 1, 2, 2, most_rows, 0)
        rows[table] = [_row(chance, table, choices) for _ in range(chance.choice(sizes))]
    return Person(number, rows)


def alike(person: Person, several: int) -> list[Person]:
    """So many others with the same rows."""
    return [replace(person, number=person.number + 1 + each) for each in range(several)]


def changed(chance: Random, person: Person, choices: Choices, most_rows: int) -> Person:
    """The person with one thing different: a cell, a row more, a row less, or a row again."""
    table = chance.choice(list(choices))
    rows = [dict(row) for row in person.rows[table]]
    what = chance.choice(("cell", "cell", "cell", "more", "again", "less"))
    if what == "cell" and rows and choices[table]:
        name = chance.choice(list(choices[table]))
        chance.choice(rows)[name] = choices[table][name].pick(chance)
    elif what == "less" and rows:
        rows.remove(chance.choice(rows))
    elif len(rows) < most_rows:
        rows.append(dict(chance.choice(rows)) if what == "again" and rows else _row(chance, table, choices))
    return replace(person, rows={**person.rows, table: rows})


def _row(chance: Random, table: str, choices: Choices) -> dict[str, Any]:
    return {name: cell.pick(chance) for name, cell in choices[table].items()}
