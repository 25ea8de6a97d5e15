"""A gateway with very many projects: the rows of one that was walked through by real commands, written again and again.

Rows alone: no snapshot lies behind a copy, no row of the log speaks of it, nothing waits in it. Everybody else of the
house (committee, checkers, officers) is the same; a copy's members are people of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Table, insert, select
from sqlmodel import SQLModel

from gateway.models import (
    Appointment,
    Budget,
    Grant,
    Membership,
    Person,
    Project,
    RegisterEntry,
    Release,
    Review,
    Snapshot,
    Vote,
)

Row = dict[str, Any]
BATCH = 200
OF_A_PROJECT: tuple[type[SQLModel], ...] = (Project, Membership, Vote, Grant, Budget, Snapshot, Release, RegisterEntry)
MOMENTS = frozenset({"created_at", "requested_at", "published_at"})
OF_A_PERSON = frozenset({"subject", "email", "mailbox"})


def more_releases(connection: Connection, project_id: str, many: int) -> None:
    """As many releases in a project as wanted, from those that are there."""
    releases = _rows(connection, Release, project_id=project_id)
    reviews = [row for each in releases for row in _rows(connection, Review, release_id=each["id"])]
    for number in range(max(0, -(-many // len(releases)) - 1)):
        _write(connection, {Release: releases, Review: reviews}, f"r{number}", number)


def more_projects(connection: Connection, project_id: str, many: int) -> Iterator[int]:
    """So many copies of a project with everything that hangs on it; gives how many are there, now and then."""
    found: dict[type[SQLModel], list[Row]] = {}
    members = [row["person_id"] for row in _rows(connection, Membership, project_id=project_id)]
    found[Person] = [row for each in members for row in _rows(connection, Person, id=each)]
    found[Appointment] = [row for each in members for row in _rows(connection, Appointment, person_id=each)]
    for table in OF_A_PROJECT:
        key = "id" if table in (Project, Budget) else "project_id"
        found[table] = _rows(connection, table, **{key: project_id})
    found[Release] = [{**row, "artefact_digest": ""} for row in found[Release]]  # nothing lies in the store for them
    found[Review] = [row for each in found[Release] for row in _rows(connection, Review, release_id=each["id"])]
    ids = _ids(found)
    for begun in range(0, many, BATCH):
        copies = range(begun, min(many, begun + BATCH))
        for table, rows in found.items():
            _write_many(connection, table, [_copy(row, ids, f"p{each}", each) for each in copies for row in rows])
        yield copies.stop


def _rows(connection: Connection, table: type[SQLModel], **where: str) -> list[Row]:
    columns = _table(table).c
    query = select(_table(table)).where(*(columns[name] == value for name, value in where.items()))
    return [dict(row) for row in connection.execute(query).mappings()]


def _ids(found: Mapping[type[SQLModel], Sequence[Row]]) -> frozenset[str]:
    return frozenset(row["id"] for rows in found.values() for row in rows)


def _write(connection: Connection, found: Mapping[type[SQLModel], Sequence[Row]], mark: str, number: int) -> None:
    ids = _ids(found)
    for table, rows in found.items():
        _write_many(connection, table, [_copy(row, ids, mark, number) for row in rows])


def _write_many(connection: Connection, table: type[SQLModel], rows: Sequence[Row]) -> None:
    if rows:
        connection.execute(insert(_table(table)), list(rows))


def _copy(row: Row, ids: frozenset[str], mark: str, number: int) -> Row:
    """The row with other ids, older by as many minutes as its number."""
    made = dict(row)
    for name, value in row.items():
        if isinstance(value, str) and value in ids:
            made[name] = f"{value}-{mark}"
        elif name in OF_A_PERSON:
            made[name] = f"{mark}-{value}"
        elif name in MOMENTS and value is not None:
            made[name] = value - timedelta(minutes=number + 1)
    return made


def _table(table: type[SQLModel]) -> Table:
    found: Table = table.__table__  # type: ignore[attr-defined]
    return found
