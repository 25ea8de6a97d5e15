"""Small worlds: tables as lists of dictionaries, their snapshot files, and schemas over them."""

import random
from fractions import Fraction
from pathlib import Path

import duckdb

from disclosure.engines.plan import SnapshotFiles
from disclosure.person_view import Schema, prove
from disclosure.requests import View
from workspaces.catalogue.columns import Type
from workspaces.catalogue.tables import TABLES

TYPES = {
    Type.INTEGER: "BIGINT",
    Type.DOUBLE: "DOUBLE",
    Type.TEXT: "VARCHAR",
    Type.DATE: "DATE",
    Type.BOOLEAN: "BOOLEAN",
}
EVERYTHING = {table.name: tuple(column.name for column in table.columns) for table in TABLES.values()}


def schema(rows_per_person=1000, tables=EVERYTHING):
    return Schema.granted(tables, rows_per_person=rows_per_person)


def proven(sql=None, form=None, rows_per_person=1000, tables=EVERYTHING):
    """The proven view of SQL or a form over the granted tables."""
    body = {"sql": sql} if form is None else {"form": form}
    return prove(View.model_validate(body), schema(rows_per_person, tables))


def write(world, folder: Path, *, seed=0, keys=None) -> SnapshotFiles:
    """The world as snapshot files, rows shuffled; every person of any table is sampled unless `keys` says who."""
    room = folder / "room"
    room.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        for name, table in TABLES.items():
            rows = list(world.get(name, []))
            random.Random(seed).shuffle(rows)  # noqa: S311 an order, not a secret
            columns = ", ".join(f"{column.name} {TYPES[column.type]}" for column in table.columns)
            connection.execute(f"CREATE TABLE {name} ({columns})")
            insert(connection, name, [[row.get(column.name) for column in table.columns] for row in rows])
            connection.execute(f"COPY {name} TO '{room / name}.parquet' (ROW_GROUP_SIZE 2048)")
        keys = keys or {person: 7919 * person + 13 for person in people(world)}
        connection.execute("CREATE TABLE sampling (person_id BIGINT, sample_key UBIGINT)")
        insert(connection, "sampling", list(keys.items()))
        connection.execute(f"COPY sampling TO '{folder / 'sampling'}.parquet'")
    return SnapshotFiles(room, folder / "sampling.parquet")


def insert(connection, name, rows, at_once=500):
    """Many rows with each statement: one statement for each row takes a hundred times as long."""
    for part in (rows[start : start + at_once] for start in range(0, len(rows), at_once)):
        marks = ", ".join(f"({', '.join('?' for _ in row)})" for row in part)
        connection.execute(f"INSERT INTO {name} VALUES {marks}", [value for row in part for value in row])  # noqa: S608


def people(world):
    """Everybody who has a row in any table."""
    return sorted({row["person_id"] for rows in world.values() for row in rows if row["person_id"] is not None})


def rows_of(view, files) -> dict:
    """Each person's row of the view, as the canonical SQL gives it on the whole files: {person_id: row}."""
    with duckdb.connect() as connection:
        for table in view.tables:
            connection.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{files.room / table}.parquet')")  # noqa: S608
        return _by_person(connection.execute(view.sql))


class Tables:
    """Tables in memory that can be filled again and again: one connection for many small worlds."""

    def __enter__(self):
        self.connection = duckdb.connect()
        for table in TABLES.values():
            columns = ", ".join(f"{column.name} {TYPES[column.type]}" for column in table.columns)
            self.connection.execute(f"CREATE TABLE {table.name} ({columns})")
        return self

    def __exit__(self, *_):
        self.connection.close()

    def rows(self, view, world) -> dict:
        """Each person's row of the view's canonical SQL in this world."""
        for name in view.tables:
            self.fill(name, world.get(name, []))
        return _by_person(self.connection.execute(view.sql))

    def fill(self, name, rows):
        """The rows in place of those that are in the table."""
        self.connection.execute(f"DELETE FROM {name}")  # noqa: S608
        insert(self.connection, name, [[row.get(column.name) for column in TABLES[name].columns] for row in rows])


def _by_person(result) -> dict:
    names = [column[0] for column in result.description]
    rows = result.fetchall()
    found = {row[0]: dict(zip(names[1:], row[1:], strict=True)) for row in rows}
    assert len(found) == len(rows), "one row per person"
    return found


def exact(view, found) -> dict:
    """The rows with numbers in the unit of their column instead of steps of their grid."""
    return {
        person: {name: _exact(view.columns[name], value) for name, value in row.items()}
        for person, row in found.items()
    }


def _exact(column, value):
    if value is None or isinstance(value, bool) or not isinstance(value, int):
        return value
    return Fraction(value) * (column.grid.step if column.grid else 1)
