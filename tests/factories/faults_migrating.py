"""`tre migrate` and `tre upgrade` killed in the middle, with data, then run again: whole or not begun, nothing lost."""

import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from gateway.store import migrate, standing
from gateway.store.dumps import facts_of
from gateway.store.unit_of_work import open_database
from tests.factories.faults_house import Processes, Town

# its imports are behind it when it says so: what is killed afterwards is the work itself
_RUN = """
import sys
import gateway.backup.upgrading
from gateway.cli.main import main
from gateway.store import migrate

migrate.SCRIPTS = sys.argv[1]
print("begun", flush=True)
main(sys.argv[2:])
"""
# what a later version may do: rows of the log and of the ledger rewritten under triggers that are lifted meanwhile,
# and slowly, as where there are many
STEP = '''"""A step of a test."""

import time

import sqlalchemy as sa
from alembic import op

from gateway.store.migrations.append_only import allow_changes, refuse_changes

revision, down_revision, column, gone = {revision!r}, {before!r}, {column!r}, {gone!r}
TABLES = ("audit_event", "ledger_entry", "release", "budget")


def upgrade() -> None:
    for table in TABLES:
        if table in TABLES[:2]:
            allow_changes(table)
        op.add_column(table, sa.Column(column, sa.String(), nullable=False, server_default="later"))
        op.execute(f"UPDATE {{table}} SET {{column}} = 'moved'")
        if gone:
            op.drop_column(table, gone)
        if table in TABLES[:2]:
            refuse_changes(table)
        time.sleep(0.1)
'''
PLANTED = "planted_"
STEP_SECONDS = 0.8


def picture(address: str) -> dict[str, Counter[str]]:
    """Every row of every table, without what migrations of tests add."""
    engine = open_database(address)
    try:
        found = inspect(engine)
        with engine.connect() as connection:
            return {
                table: Counter(_row(row) for row in connection.execute(text(f'SELECT * FROM "{table}"')).mappings())  # noqa: S608
                for table in found.get_table_names()
                if table != "alembic_version"
            }
    finally:
        engine.dispose()


def _row(row: Any) -> str:
    return repr(sorted((name, value) for name, value in row.items() if not name.startswith(PLANTED)))


def run(address: str, folder: Path, scripts: str, *words: str, settings: dict[str, str]) -> "subprocess.Popen[bytes]":
    """`tre` with these words over these scripts; it has begun when this returns."""
    environment = {**settings, "TRE_DATABASE_URL": address, "TRE_FOLDER": str(folder)}
    command = [sys.executable, "-c", _RUN, scripts, *words]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
    assert started.stdout
    assert started.stdout.readline() == b"begun\n"
    return started


@dataclass
class Migrations:
    """Rounds of a crash loop; each leads over one step more. `phases` counts where the kills fell."""

    town: Town
    processes: Processes
    rng: random.Random
    phases: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    rounds: int = 0
    again: int = 0
    seconds: float = 1.5  # that the last whole run took

    @property
    def address(self) -> str:
        return self.town.at.gateway.settings.database

    def round(self) -> bool:
        """The services stop, or serve on while it is closed; a kill somewhere, then the same again until it is done.

        False when it was done before the kill.
        """
        served = self.rng.random() < 0.5
        words = ("upgrade", "--patience", "30") if served or self.rng.random() < 0.5 else ("migrate",)
        if not served:
            self.processes.fall(list(self.processes.running))
            self.processes.until_the_port_is_free(True)
        before, scripts = picture(self.address), self._plant()
        old = facts_of(self.address).revision
        process = self._run(scripts, words)
        self._wait(process, words[0])
        killed = process.poll() is None
        if killed:
            self._kill(process, words[0], old)
            self._whole(before, "after the kill", served)
        process.communicate()
        self._until_done(scripts, words)
        self._whole(before, "when it was done", served)
        if facts_of(self.address).revision == old:
            self.wrong.append(f"{words[0]} said that it was done at {old}")
        self.rounds += 1
        if not served:
            self.processes.start_all()
        return killed

    def _run(self, scripts: str, words: tuple[str, ...]) -> "subprocess.Popen[bytes]":
        folder = self.town.at.gateway.settings.folder
        return run(self.address, folder, scripts, *words, settings=self.processes.environment())

    def _wait(self, process: "subprocess.Popen[bytes]", word: str) -> None:
        """For any moment of its run, or, as often, of the migration itself, which a backup comes before."""
        if word == "migrate" or self.rng.random() < 0.4:
            time.sleep(self.rng.uniform(0, self.seconds))
            return
        while process.poll() is None and not getattr(standing.standing(self.town.at.folder), "backup", ""):
            time.sleep(0.005)
        time.sleep(self.rng.uniform(0, STEP_SECONDS))

    def _kill(self, process: "subprocess.Popen[bytes]", word: str, old: str) -> None:
        victims = ["migration", "migration", *(["database"] if self.town.server else [])]
        victims += ["store"] if self.town.store and word == "upgrade" else []
        victim = self.rng.choice(victims)
        if victim == "migration":
            process.send_signal(signal.SIGKILL)
            self.processes.kills[victim] = self.processes.kills.get(victim, 0) + 1
        else:
            self.processes.kill(victim, self.rng)
        process.wait()
        self.phases[f"{word}, {victim}: {self._phase(old)}"] += 1

    def _phase(self, old: str) -> str:
        moved = facts_of(self.address).revision != old
        found = standing.standing(self.town.at.folder)
        if found is None:
            return "moved" if moved else "not moved"
        if not found.backup:
            return "backing up"
        return "checking" if moved else "migrating"

    def _until_done(self, scripts: str, words: tuple[str, ...]) -> None:
        """An operator who types it again; what an upgrade left closed, an upgrade opens."""
        for _ in range(4):
            self.again += 1
            process = self._run(scripts, words)
            begun = time.monotonic()
            process.communicate()
            if process.returncode == 0:
                self.seconds = time.monotonic() - begun
                return
        self.wrong.append(f"{words[0]} did not come to its end")

    def _whole(self, before: dict[str, Counter[str]], when: str, served: bool) -> None:
        """Every row is there as it was; where nobody served meanwhile, nothing came but the row about the backup."""
        after = picture(self.address)
        for table in ("audit_event", "ledger_entry") if served else before:
            if before[table] - after.get(table, Counter()):
                self.wrong.append(f"{when}, rows of {table} are lost or changed")
            came = [] if served else [row for row in after[table] - before[table] if "gateway:backed_up" not in row]
            if came:
                self.wrong.append(f"{when}, rows of {table} came from nowhere: {came[:3]}")
        planted, steps = self._planted()
        if any(columns != [f"{PLANTED}{steps}"] * bool(steps) for columns in planted):
            self.wrong.append(f"{when}, a step is half done: {planted} at step {steps}")

    def _planted(self) -> tuple[list[list[str]], int]:
        """The columns that steps left in each table, and how many steps the database says were made."""
        engine = open_database(self.address)
        try:
            found = inspect(engine)
            tables = ("audit_event", "ledger_entry", "release", "budget")
            columns = [[row["name"] for row in found.get_columns(table)] for table in tables]
        finally:
            engine.dispose()
        revision = facts_of(self.address).revision
        return [[name for name in each if name.startswith(PLANTED)] for each in columns], steps_of(revision)

    def _plant(self) -> str:
        """The scripts of a version that has one step more."""
        place = self.town.folder / "scripts"
        if not place.exists():
            shutil.copytree(migrate.SCRIPTS, place, ignore=shutil.ignore_patterns("__pycache__"))
        (head,) = ScriptDirectory(str(place)).get_heads()
        number = steps_of(head) + 1
        told = {"revision": f"step_{number}", "before": head, "column": f"{PLANTED}{number}"}
        told["gone"] = f"{PLANTED}{number - 1}" if number > 1 else ""
        (place / "versions" / f"step_{number}.py").write_text(STEP.format(**told), encoding="utf-8")
        return str(place)


def steps_of(revision: str) -> int:
    return int(revision.removeprefix("step_")) if revision.startswith("step_") else 0
