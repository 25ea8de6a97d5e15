"""A PostgreSQL server of one run: on a socket in a folder of its own, gone with the run."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]


class Server:
    """Started at once, as the user postgres where this is root: the server refuses to run as root."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tre-postgres-"))
        self.data = self.folder / "data"
        self.user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        shutil.chown(self.folder, self.user)
        self.run("initdb", "-D", str(self.data), "-U", "tre", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.start()

    def run(self, program: str, *arguments: str, check: bool = True) -> None:
        """One of the server's programs, as its user."""
        as_user = ["runuser", "-u", self.user, "--"] if os.geteuid() == 0 else []
        command = [*as_user, str(BINARIES[0] / program), *arguments]
        subprocess.run(command, check=check, stdout=subprocess.DEVNULL)  # noqa: S603 our own words

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
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        return self.address(name)

    def remove(self) -> None:
        """Nothing stays."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
