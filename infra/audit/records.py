"""Made-up people and their snapshot, numbered and keyed as a build does it.

A person is a stable number and rows by table. The dense number of a person in a snapshot depends on everybody, and so
does the order in which rows are stored: a draw in which either matters is caught by leaving people out.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from disclosure.engines.plan import SnapshotFiles
from workspaces.catalogue.census import KEY, SAMPLING, Census, to_text
from workspaces.catalogue.columns import Type
from workspaces.catalogue.tables import TABLES
from workspaces.numbers import keyed

Row = Mapping[str, Any]
Keys = NDArray[np.uint64]
PSEUDONYM_KEY, SAMPLE_KEY = bytes(range(32)), bytes(range(32, 64))
_TYPES = {Type.TEXT: "VARCHAR"}


@dataclass(frozen=True)
class Person:
    """One person: a stable number of ten digits, rows by table without the person key."""

    number: int
    rows: Mapping[str, Sequence[Row]]


@dataclass(frozen=True)
class Build:
    """How people become a snapshot. The defaults are what a build does; a planted fault replaces one of them.

    `sampled` gives the sampling keys from stable and dense numbers; `admitted` says who enters with which rows;
    `census`, whether the tables' counts stand beside the sampling keys.
    """

    sampled: Callable[[NDArray[np.int64], NDArray[np.int64]], Keys] = lambda numbers, _: keyed(numbers, SAMPLE_KEY)
    admitted: Callable[[Sequence[Person]], Sequence[Person]] = lambda people: people
    census: bool = True


def write(people: Sequence[Person], folder: Path, tables: Sequence[str], build: Build | None = None) -> SnapshotFiles:
    """The snapshot of these people with these tables, as files below `folder`."""
    build = build or Build()
    people = build.admitted(people)
    numbers = np.array([person.number for person in people], dtype=np.int64)
    dense = np.empty(len(people), dtype=np.int64)
    dense[np.argsort(keyed(numbers, PSEUDONYM_KEY), kind="stable")] = np.arange(1, len(people) + 1)
    room = folder / "room"
    room.mkdir(parents=True)
    counted = {}
    with duckdb.connect() as connection:
        for name in tables:
            names = [column.name for column in TABLES[name].columns]
            held = [
                [int(key), *(row.get(column) for column in names[1:])]
                for key, person in zip(dense, people, strict=True)
                for row in person.rows.get(name, ())
            ]
            types = [_TYPES.get(column.type, column.type.value) for column in TABLES[name].columns]
            _copy(connection, room / f"{name}.parquet", names, types, held)
            counted[name] = _census(held)
        keys = [list(pair) for pair in zip(dense.tolist(), build.sampled(numbers, dense).tolist(), strict=True)]
        counted[SAMPLING] = _census(keys)
        footer = to_text(counted) if build.census else ""
        _copy(
            connection,
            folder / f"{SAMPLING}.parquet",
            ["person_id", "sample_key"],
            ["INTEGER", "UBIGINT"],
            keys,
            footer,
        )
    return SnapshotFiles(room, folder / f"{SAMPLING}.parquet")


def _census(rows: Sequence[Sequence[Any]]) -> Census:
    held = Counter(row[0] for row in rows)
    return Census(len(rows), max(held.values(), default=0), min(held, default=0), max(held, default=0))


def _copy(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    names: list[str],
    types: list[str],
    rows: list[list[Any]],
    footer: str = "",
) -> None:
    declared = ", ".join(f"{name} {type_}" for name, type_ in zip(names, types, strict=True))
    connection.execute(f"CREATE OR REPLACE TABLE written ({declared})")
    if rows:
        marks = ", ".join(f"({', '.join('?' * len(names))})" for _ in rows)
        connection.execute(f"INSERT INTO written VALUES {marks}", [value for row in rows for value in row])  # noqa: S608
    scrambled = f"FROM written ORDER BY hash(written, {len(rows)})"
    beside = f", KV_METADATA {{{KEY}: '{footer}'}}" if footer else ""
    connection.execute(f"COPY ({scrambled}) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 2048{beside})")
