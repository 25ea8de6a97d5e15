"""Empty migrated databases for tests: SQLite files, or databases of a PostgreSQL server that this run starts.

`pytest --database postgresql` chooses the server, which is gone with the run.
"""

import atexit
import os
import shutil
import tempfile
from functools import cache
from itertools import count
from pathlib import Path

from gateway.store.migrate import upgrade
from infra import postgres

CHOICE = "TRE_TEST_DATABASE"
TEMPLATE = "template_of_tre"
_numbers = count(1)


def kind() -> str:
    """Which database the tests of this run use."""
    return os.environ.get(CHOICE, "sqlite")


def empty_database(folder: Path, on: str = "") -> str:
    """The address of a fresh database without tables; `on` says which kind where the test is about one."""
    folder.mkdir(exist_ok=True)  # a gateway's folder is there whatever keeps its rows
    if (on or kind()) == "sqlite":
        return f"sqlite:///{folder / 'gateway.db'}"
    return server().create(f"tre_{next(_numbers)}")


def new_database(folder: Path, on: str = "") -> str:
    """The address of a fresh database with the newest tables; `on` as above."""
    folder.mkdir(exist_ok=True)
    if (on or kind()) == "sqlite":
        address = empty_database(folder, on)
        shutil.copyfile(_migrated_file(), folder / "gateway.db")
        return address
    return server().create(f"tre_{next(_numbers)}", TEMPLATE)


@cache
def _migrated_file() -> Path:
    """A SQLite file with the newest tables, made once a process: migrating takes longer than most tests."""
    folder = Path(tempfile.mkdtemp(prefix="tre-template-"))
    atexit.register(shutil.rmtree, folder)
    upgrade(empty_database(folder, "sqlite"))
    return folder / "gateway.db"


class Server(postgres.Server):
    """A PostgreSQL server of this run, with a template that holds the newest tables."""

    def __init__(self) -> None:
        super().__init__()
        upgrade(self.create(TEMPLATE))


@cache
def server() -> Server:
    """The server of this process, started when first asked for."""
    started = Server()
    atexit.register(started.remove)
    return started
