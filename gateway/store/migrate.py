"""Brings a database to the newest tables."""

from importlib.resources import files
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event

from gateway.store.unit_of_work import only_writer, open_database
from workspaces.catalogue.errors import Invalid

SCRIPTS = str(files("gateway.store") / "migrations")
LOCK_MILLISECONDS = 10_000


def configuration(connection: Connection) -> Config:
    """Alembic's configuration without a file of its own."""
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    config.attributes["connection"] = connection
    return config


def upgrade(address: str, revision: str = "head") -> None:
    """To a revision, the newest unless told."""
    _run(address, command.upgrade, revision)


def downgrade(address: str, revision: str) -> None:
    """Back to a revision."""
    _run(address, command.downgrade, revision)


def at_head(engine: Engine) -> bool:
    """True when the tables are those of the newest migration."""
    script = ScriptDirectory(SCRIPTS)
    with engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == set(script.get_heads())


def _run(address: str, what: Any, revision: str) -> None:
    engine = open_database(address)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _rebuild_freely)
    try:
        with only_writer(engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")  # behind no reader for ever
            what(configuration(connection), revision)
            _need_whole(connection)
    finally:
        engine.dispose()


def _rebuild_freely(connection: Any, _: Any) -> None:
    # tables are rebuilt by copying, with nothing to point at meanwhile; checked at the end
    connection.execute("PRAGMA foreign_keys=OFF").close()


def _need_whole(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return  # checks by itself
    dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if dangling:
        tables = ", ".join(sorted({str(row[0]) for row in dangling}))
        raise Invalid(
            "database:dangling",
            f"Rows of {tables} would point at nothing after this migration.",
            "Nothing was changed. Restore a backup or mend those rows, and migrate again.",
        )
