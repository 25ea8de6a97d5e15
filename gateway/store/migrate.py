"""Brings a database to the newest tables."""

from importlib.resources import files
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine


def configuration(connection: Connection) -> Config:
    """Alembic's configuration without a file of its own."""
    config = Config()
    config.set_main_option("script_location", str(files("gateway.store") / "migrations"))
    config.attributes["connection"] = connection
    return config


def upgrade(address: str, revision: str = "head") -> None:
    """To a revision, the newest unless told."""
    _run(address, command.upgrade, revision)


def downgrade(address: str, revision: str) -> None:
    """Back to a revision."""
    _run(address, command.downgrade, revision)


def _run(address: str, what: Any, revision: str) -> None:
    engine: Engine = create_engine(address)
    with engine.begin() as connection:
        what(configuration(connection), revision)
    engine.dispose()
