"""What a database is asked: statements without their values, so that two visits can be compared."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from gateway.store.unit_of_work import UnitOfWork


@contextmanager
def questions(unit: UnitOfWork) -> Iterator[list[str]]:
    """Every statement that is sent while this is open, in order."""
    asked: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:  # noqa: ARG001
        asked.append(statement)

    event.listen(unit.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(unit.engine, "before_cursor_execute", note)
