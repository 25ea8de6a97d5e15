"""Empty migrated databases for tests: SQLite files, or databases of a PostgreSQL server that this run starts.

`pytest --database postgresql` chooses the server. It listens on a socket in its own folder only, is started as the
user postgres when the run is root (the server refuses to run as root), and is gone with the run.
"""

import atexit
import os
import pwd
import shutil
import subprocess
import tempfile
from functools import cache
from itertools import count
from pathlib import Path

import psycopg

from gateway.store.migrate import upgrade

CHOICE = "TRE_TEST_DATABASE"
TEMPLATE = "template_of_tre"
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
_numbers = count(1)


def kind() -> str:
    """Which database the tests of this run use."""
    return os.environ.get(CHOICE, "sqlite")


def empty_database(folder: Path, on: str = "") -> str:
    """The address of a fresh database without tables; `on` says which kind where the test is about one."""
    if (on or kind()) == "sqlite":
        folder.mkdir(exist_ok=True)
        return f"sqlite:///{folder / 'gateway.db'}"
    return server().create(f"tre_{next(_numbers)}")


def new_database(folder: Path, on: str = "") -> str:
    """The address of a fresh database with the newest tables; `on` as above."""
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


class Server:
    """A PostgreSQL server of this run."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tre-postgres-"))
        self.data = self.folder / "data"
        self.user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        shutil.chown(self.folder, self.user)
        self.run("initdb", "-D", str(self.data), "-U", "tre", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.start()
        upgrade(self.create(TEMPLATE))

    def run(self, program: str, *arguments: str, check: bool = True) -> None:
        """One of the server's programs, as its user."""
        as_user = ["runuser", "-u", self.user, "--"] if os.geteuid() == 0 else []
        subprocess.run([*as_user, str(BINARIES[0] / program), *arguments], check=check, stdout=subprocess.DEVNULL)

    def start(self) -> None:
        """Up, on a socket in its own folder."""
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c max_connections=200"
        log = str(self.folder / "log")
        self.run("pg_ctl", "-D", str(self.data), "-l", log, "-o", options, "-w", "start")

    def stop(self, mode: str = "immediate") -> None:
        """Down; immediate is a crash."""
        self.run("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "stop", check=False)

    def address(self, name: str) -> str:
        """For SQLAlchemy."""
        return f"postgresql+psycopg://tre@/{name}?host={self.folder}"

    def create(self, name: str, template: str = "template0") -> str:
        """A database, copied from a template."""
        with psycopg.connect(f"host={self.folder} user=tre dbname=postgres", autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.address(name)

    def remove(self) -> None:
        """Nothing stays."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@cache
def server() -> Server:
    """The server of this process, started when first asked for."""
    started = Server()
    atexit.register(started.remove)
    return started
