"""A whole database as one file, consistent while others write, and back again in one transaction.

SQLite is copied by VACUUM INTO, which leaves behind what was deleted but still stood in free pages; PostgreSQL by its
own pg_dump and psql, which must be installed. A password goes to them by the environment alone.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ProgrammingError

from gateway.evidence.chain import GENESIS
from gateway.store.unit_of_work import open_database
from workspaces.catalogue.errors import Invalid

_LOCK_SECONDS = 60
_REHEARSAL = "_rehearsal_"
# what a newer version added is in no older dump: everything of ours goes first, in the transaction that brings it back
_EMPTY = """
SET LOCAL lock_timeout = '60s';
DO $$ DECLARE each record; BEGIN
FOR each IN SELECT format('DROP TABLE %I.%I CASCADE', schemaname, tablename) AS said FROM pg_tables
    WHERE schemaname = 'public' LOOP EXECUTE each.said; END LOOP;
FOR each IN SELECT format('DROP TYPE public.%I CASCADE', typname) AS said FROM pg_type
    WHERE typnamespace = 'public'::regnamespace AND typtype = 'e' LOOP EXECUTE each.said; END LOOP;
FOR each IN SELECT format('DROP FUNCTION %s CASCADE', oid::regprocedure) AS said FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace LOOP EXECUTE each.said; END LOOP;
END $$;
"""


@dataclass(frozen=True)
class Dumped:
    """What the copy holds: rows of the audit log, the last one's hash, and the migration that its tables are of."""

    kind: str
    rows: int
    head: str
    revision: str


def kind_of(address: str) -> str:
    """sqlite or postgresql."""
    return make_url(address).get_backend_name()


def dump(address: str, to: Path) -> Dumped:
    """Copy the database into a new file. Raises OperationalError, or Invalid when a tool is missing or fails."""
    engine = open_database(address)
    try:
        return _dump_sqlite(engine, to) if engine.dialect.name == "sqlite" else _dump_postgresql(engine, to)
    finally:
        engine.dispose()


def facts_of(address: str) -> Dumped:
    """The same about the database itself."""
    engine = open_database(address)
    try:
        with engine.connect() as connection:
            return _facts(connection, engine.dialect.name)
    finally:
        engine.dispose()


def place(address: str, source: Path, scratch: Path) -> None:
    """Put a copy in the place of a whole database: all of it or, whatever happens, nothing of it."""
    if kind_of(address) == "sqlite":
        _place_sqlite(_file(make_url(address)), source)
    else:
        _place_postgresql(make_url(address), source, scratch)


@contextmanager
def beside(address: str, folder: Path) -> Iterator[str]:
    """The address of an empty database for a rehearsal, gone afterwards; what a kill left goes with the next."""
    url = make_url(address)
    if kind_of(address) == "sqlite":
        yield f"sqlite:///{folder / 'rehearsal.db'}"
        return
    name = f"{url.database}{_REHEARSAL}{token_hex(4)}"
    with _administering(url) as connection:
        for left in connection.execute(text("SELECT datname FROM pg_database")).scalars().all():
            if left.startswith(f"{url.database}{_REHEARSAL}"):
                connection.exec_driver_sql(f'DROP DATABASE "{left}" WITH (FORCE)')
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE template0')
        try:
            yield url.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def _administering(url: URL) -> Iterator[Connection]:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    except ProgrammingError:
        raise Invalid(
            "backup:no_scratch",
            "The database's role may not create a database for the rehearsal.",
            "Let it: ALTER ROLE … CREATEDB.",
        ) from None
    finally:
        engine.dispose()


def _facts(connection: Connection, kind: str) -> Dumped:
    rows, head = connection.execute(
        text("SELECT count(*), (SELECT hash FROM audit_event ORDER BY seq DESC LIMIT 1) FROM audit_event")
    ).one()
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    return Dumped(kind, int(rows), str(head or GENESIS), str(revision))


def _file(url: URL) -> Path:
    return Path(url.database or "")


def _dump_sqlite(engine: Engine, to: Path) -> Dumped:
    with engine.connect() as connection:
        connection.exec_driver_sql("VACUUM INTO ?", (str(to),))
    copied = open_database(f"sqlite:///{to}")
    try:
        with copied.connect() as connection:
            found = _facts(connection, "sqlite")
            connection.exec_driver_sql("PRAGMA journal_mode=DELETE")  # one file, not three
    finally:
        copied.dispose()
    return found


def _place_sqlite(live: Path, source: Path) -> None:
    live.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro&immutable=1", uri=True)) as copy,
        closing(sqlite3.connect(live, timeout=_LOCK_SECONDS)) as target,
    ):
        live.chmod(0o600)
        copy.backup(target)  # a transaction of the target: connections that others hold see the old or the new
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()


def _dump_postgresql(engine: Engine, to: Path) -> Dumped:
    options = {"isolation_level": "REPEATABLE READ"}
    with engine.connect().execution_options(**options) as connection:
        snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        found = _facts(connection, "postgresql")
        arguments = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={to}")
        _run("pg_dump", "--schema=public", *arguments, url=engine.url)
    return found


def _place_postgresql(url: URL, source: Path, scratch: Path) -> None:
    script, head = scratch / "database.sql", scratch / "empty.sql"
    head.write_text(_EMPTY, encoding="utf-8")
    # into a file first: a reader that came to the end of half a script would commit the half
    arguments = ("--no-owner", "--no-privileges", "--schema=public", f"--file={script}", str(source))
    _run("pg_restore", *arguments, url=url)
    told = script.read_text(encoding="utf-8").replace("\nCREATE SCHEMA public;\n", "\n")
    script.write_text(told, encoding="utf-8")
    quiet = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", "--output=/dev/null")
    _run("psql", *quiet, f"--file={head}", f"--file={script}", url=url)


def _run(program: str, *arguments: str, url: URL) -> None:
    found = shutil.which(program)
    if found is None:
        raise Invalid("backup:no_tool", f"The program {program} is not here.", "Install PostgreSQL's client programs.")
    said = {"host": url.host, "port": url.port, "user": url.username, "password": url.password, **url.query}
    named = {f"PG{name.upper()}": str(value) for name, value in said.items() if value is not None}
    environment = {**os.environ, **named, "PGDATABASE": url.database or ""}
    done = subprocess.run([found, *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True)  # noqa: S603
    if done.returncode:
        # what it said may hold rows; the kind of trouble stands in the server's own log
        raise Invalid("backup:tool_failed", f"{program} ended with {done.returncode}.", "See the database's own log.")
