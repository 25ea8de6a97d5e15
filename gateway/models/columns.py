"""Column types shared by the tables: UTC instants, JSON documents, opaque ids."""

from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import DateTime
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class Instant(TypeDecorator[datetime]):
    """A moment in UTC; a naive one is refused, since nobody could say which moment it is."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """To the database: UTC without zone, which SQLite and PostgreSQL keep alike."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """From the database: UTC again."""
        return None if value is None else value.replace(tzinfo=UTC)


def opaque_id(prefix: str) -> str:
    """An unguessable id: a prefix for people who read logs, 64 random bits."""
    return f"{prefix}-{token_hex(8)}"
