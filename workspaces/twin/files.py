"""The twin as files: the same tables, columns and types as a snapshot, and keys for draws on it. Nothing is secret."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from workspaces.catalogue.columns import Column, Table, Type
from workspaces.catalogue.tables import TABLES
from workspaces.twin.people import WEEKS, YEAR, Rows, Twin

FIRST = date(YEAR, 1, 5) - timedelta(weeks=WEEKS)  # a Monday, as all dates of snapshots are
README = """Made-up people. Every row was invented by a program from blurred, released counts: nobody is in here.

It has the tables, columns and kinds of value of a real snapshot, so that a program can be tried on it. It is not for
inference: only the published counts it was made from (artefact.json) say anything about anybody, with their intervals.
It was published once, and copies cannot be called back.
"""
_TYPES = {Type.TEXT: "VARCHAR"}


def write(twin: Twin, folder: Path) -> None:
    """`folder`/room/TABLE.parquet for every table of the catalogue, and `folder`/sampling.parquet."""
    room = folder / "room"
    room.mkdir(parents=True)
    with duckdb.connect(":memory:") as connection:
        for name, table in TABLES.items():
            query, values = _rows(table, twin.tables.get(name, {}))
            connection.execute(f"COPY ({query}) TO {_text(room / name)}.parquet' (FORMAT parquet)", values)
        keys = "SELECT n::INTEGER AS person_id, hash(n)::UBIGINT AS sample_key FROM range(1, ? + 1) people(n)"
        connection.execute(f"COPY ({keys}) TO {_text(folder / 'sampling')}.parquet' (FORMAT parquet)", [twin.people])


def _rows(table: Table, rows: Rows) -> tuple[str, list[list[Any]]]:
    """A query that gives the rows in the table's columns, and the lists that it reads; names are the catalogue's."""
    held = {name: values for name, values in _dated(table, rows).items() if table.column(name) is not None}
    columns = ", ".join(_column(each, held) for each in table.columns)
    if not held:
        return f"SELECT {columns} WHERE false", []
    unnested = ", ".join(f"unnest(?) AS {name}" for name in held)
    return f"SELECT {columns} FROM (SELECT {unnested}) ORDER BY ALL", list(held.values())  # noqa: S608 - see above


def _dated(table: Table, rows: Rows) -> dict[str, list[Any]]:
    """Weeks as dates: in every column of dates that always has one."""
    if "week" not in rows:
        return dict(rows)
    days = [FIRST + timedelta(weeks=week) for week in rows["week"]]
    dates = {each.name: days for each in table.columns if each.type is Type.DATE and not each.nullable}
    return {**{name: values for name, values in rows.items() if name != "week"}, **dates}


def _column(each: Column, held: dict[str, list[Any]]) -> str:
    type_ = _TYPES.get(each.type, each.type.value)
    return f"{each.name if each.name in held else 'NULL'}::{type_} AS {each.name}"


def _text(path: Path) -> str:
    """A path as the beginning of a text in SQL, open at its end."""
    return "'" + str(path).replace("'", "''")
