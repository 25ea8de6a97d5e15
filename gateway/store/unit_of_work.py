"""The only place that begins and commits transactions.

On SQLite a writing transaction takes the write lock at its start; on PostgreSQL an advisory lock does the same,
so that the audit chain has one writer at a time.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlmodel import Session, SQLModel, select

Row = TypeVar("Row", bound=SQLModel)
Answer = TypeVar("Answer")
_WRITER = 731_202


@dataclass(frozen=True, eq=False)
class Relation(Generic[Row]):
    """Rows of a table that belong to an owner, whose id stands in a column."""

    table: type[Row]
    owner: Any
    order: Any = None


class Work:
    """One transaction: rows in, rows out; it cannot commit itself."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, table: type[Row], key: Any) -> Row | None:
        """The row of that key, or None."""
        return self.session.get(table, key)

    def need(self, table: type[Row], key: Any) -> Row:
        """The row of that key; its absence is a defect."""
        row = self.session.get(table, key)
        if row is None:
            raise LookupError(f"no such {table.__name__}")
        return row

    def find(self, table: type[Row], *where: Any) -> Row | None:
        """The first row that meets the conditions."""
        return self.session.exec(select(table).where(*where).limit(1)).first()

    def all(self, table: type[Row], *where: Any, order: Any = None) -> Sequence[Row]:
        """All rows that meet the conditions."""
        query = select(table).where(*where)
        return self.session.exec(query if order is None else query.order_by(order)).all()

    def of(self, relation: Relation[Row], owner: str) -> Sequence[Row]:
        """The rows of one owner."""
        return self.all(relation.table, relation.owner == owner, order=relation.order)

    def one_of(self, relation: Relation[Row], owner: str) -> Row | None:
        """The first row of one owner, or None."""
        return next(iter(self.of(relation, owner)), None)

    def once(self, ask: Callable[..., Answer], *given: Any) -> Answer:
        """The answer to a question about nobody in particular; where many subjects are looked at, asked once."""
        return ask(self, *given)

    def add(self, row: Row) -> Row:
        """A new row, visible to later questions of this transaction."""
        self.session.add(row)
        self.session.flush()
        return row


def open_database(address: str) -> Engine:
    """An engine on this database, prepared alike wherever rows are read or changed."""
    engine = create_engine(address, pool_pre_ping=not address.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


@contextmanager
def only_writer(engine: Engine) -> Iterator[Connection]:
    """The one writing transaction, whoever comes second waits; commits at the end, rolls back on any error."""
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITER})
        yield connection
        connection.commit()


class UnitOfWork:
    """Opens transactions on one database."""

    def __init__(self, address: str) -> None:
        self.engine = open_database(address)

    @contextmanager
    def writing(self) -> Iterator[Work]:
        """A transaction that may change rows; commits at the end, rolls back on any error."""
        with only_writer(self.engine) as connection, Session(bind=connection, expire_on_commit=False) as session:
            yield Work(session)
            session.flush()
            session.commit()

    @contextmanager
    def reading(self) -> Iterator[Work]:
        """A transaction that changes nothing."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield Work(session)

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def forget_connections(self) -> None:
        """After a fork: those of the process before stay its own."""
        self.engine.dispose(close=False)


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None
    # without recursive triggers REPLACE would delete a row of the log unseen by its trigger
    pragmas = ("busy_timeout=20000", "journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", "recursive_triggers=ON")
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}").close()
