"""A whole house of real processes that can be killed: web, two workers and a database, over a few made-up people."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.commands.perform import perform
from gateway.jobs.build_snapshot import build_snapshot
from gateway.jobs.house import House, open_house
from gateway.models import OptOutList, Person, Task
from gateway.rules.facts import Actor
from gateway.settings import Settings
from gateway.store.queries import tasks
from gateway.store.queries.facts import actor_of
from gateway.vocabulary import Command
from infra.demo import stages
from infra.demo.personas import CAST
from infra.demo.place import Place
from infra.seeds.population import write_population
from tests.factories.databases import TEMPLATE, Server, kind, new_database
from tests.factories.object_stores import BUCKET, KEY, free_port
from tests.factories.object_stores import SECRET as STORE_SECRET
from tests.factories.object_stores import Server as StoreServer

LEASE_SECONDS = 2.0
DRAW_PACE = 0.25
SECRET = "a secret of a house that is killed again and again"
APPLICATION: dict[str, Any] = {
    "title": "Hypertension in London",
    "lay_summary": "How common high blood pressure is.",
    "public_benefit": "Clinics where they are needed.",
    "safe_people": "Two accredited researchers.",
    "safe_project": "Counts only.",
    "safe_settings": "Jobs in the gateway.",
    "safe_outputs": "Differentially private tables.",
    "organisation": "University of Example",
    "data": [
        {"table": "person", "columns": ["sex", "age_band", "stp"], "reason": "groups"},
        {"table": "condition_occurrence", "columns": ["condition_concept_id"], "reason": "hypertension"},
    ],
    "members": ["researcher@example.org"],
    "epsilon": "8",
    "ends_on": "2029-06-30",
}


@dataclass
class Town:
    """The house as the test sees it: its rows and objects, its project, everybody's token."""

    at: House
    folder: Path
    project_id: str
    tokens: dict[str, str]
    people: dict[str, str]
    server: Server | None
    store: StoreServer | None = None

    @property
    def stored(self) -> Path:
        """The folder in which the bytes of objects lie at last."""
        return self.store.folder / BUCKET if self.store else self.folder / "state" / "objects"


def settle(folder: Path, people: int = 80, seed: int = 1, *, store: str = "folder") -> Town:
    """Records loaded, opt-outs in force, a project approved, its first snapshot built and cleared.

    `store` is where objects are kept: "folder", or "s3" on a server of its own.
    """
    folder.chmod(0o755)
    objects = _begun(folder / "s3") if store == "s3" else None
    server = Server() if kind() == "postgresql" else None
    database = server.create("house", TEMPLATE) if server else new_database(folder / "state")
    settings = Settings(
        folder=folder / "state",
        secret_key=SECRET,
        demo=True,
        database_url=database,
        lease_seconds=LEASE_SECONDS,
        draw_pace=DRAW_PACE,
        job_tick_seconds=1,
        bucket=BUCKET if objects else "",
        seal_patience_seconds=20,
    )
    at, place = open_house(settings), Place(folder, folder / "data", 0)
    write_population(people, seed, place.data)
    stages.make_pool(place, at)
    stages.make_people(place, at)
    stages.load_everything(place, at)
    stages.exchange(place, at)
    ids = {sub: _person(at, sub).person_id for sub in CAST}
    tokens = {sub: _token(at, sub) for sub in CAST}
    return Town(at, folder, _approved(at), tokens, ids, server, objects)


def _begun(folder: Path) -> StoreServer:
    """An S3 server, and the environment in which this process and those that it starts find it."""
    started = StoreServer(folder)
    started.start()
    os.environ.update(
        AWS_ENDPOINT_URL_S3=started.address,
        AWS_ACCESS_KEY_ID=KEY,
        AWS_SECRET_ACCESS_KEY=STORE_SECRET,
        AWS_DEFAULT_REGION="us-east-1",
    )
    return started


def _person(at: House, sub: str) -> Actor:
    with at.gateway.unit.reading() as work:
        person = work.find(Person, Person.email == CAST[sub].who.email)
        assert person
        return actor_of(work, person, at.gateway.now())


def do(at: House, sub: str, command: Command, subject_id: str, given: Any = None) -> str:
    """One command by one person, in this process; what it created."""
    return perform(at.gateway, actor=_person(at, sub), command=command, subject_id=subject_id, given=given).created_id


def _token(at: House, sub: str) -> str:
    who = _person(at, sub)
    given = {"label": "faults", "days": 1}
    made = perform(at.gateway, actor=who, command=Command.CREATE_TOKEN, subject_id=who.person_id, given=given)
    return str(made.returned["token"])


def _approved(at: House) -> str:
    with at.gateway.unit.reading() as work:
        lists = [row.id for row in work.all(OptOutList)]
    do(at, "ig-officer", Command.ACTIVATE_OPT_OUTS, lists[0])
    project_id = do(at, "lead", Command.DRAFT_PROJECT, at.pool_id(), APPLICATION)
    do(at, "lead", Command.SUBMIT_PROJECT, project_id)
    for sub in ("committee-1", "committee-2", "committee-lay"):
        do(at, sub, Command.CAST_VOTE, project_id, {"verdict": "APPROVE", "reason": "clear benefit"})
    snapshot_id = do(at, "lead", Command.REQUEST_SNAPSHOT, project_id)
    build_snapshot(at, snapshot_id)
    do(at, "ig-officer", Command.CLEAR_SNAPSHOT, snapshot_id)
    with at.gateway.unit.reading() as work:
        queued = work.find(Task)
    assert queued
    held = tasks.lease(at.gateway.unit, at.gateway.now(), LEASE_SECONDS)
    assert held
    tasks.finish(at.gateway.unit, held, at.gateway.now(), "done")
    return project_id


@dataclass
class Processes:
    """`tre serve` with two gunicorn workers, and two `tre work`."""

    town: Town
    port: int = field(default_factory=free_port)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    kills: dict[str, int] = field(default_factory=dict)
    rooms_left: list[str] = field(default_factory=list)
    rooms_ended: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def mark(self) -> str:
        """Stands in the command line of every program in a room of this house."""
        return f"faults-{os.getpid()}-{self.port}"

    def start(self, name: str) -> None:
        """Start one; a name that runs is started anew only when it is gone."""
        arguments = ["serve", "--port", str(self.port), "--workers", "2"] if name == "web" else ["work"]
        with (self.town.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", "gateway.cli.main", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment(),
                start_new_session=True,
            )

    def environment(self) -> dict[str, str]:
        """What a process of this house is told."""
        settings = self.town.at.gateway.settings
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TRE_")}
        return kept | {
            "TRE_FOLDER": str(settings.folder),
            "TRE_SECRET_KEY": SECRET,
            "TRE_DEMO": "true",
            "TRE_BASE_URL": self.url,
            "TRE_DATABASE_URL": settings.database_url,
            "TRE_LEASE_SECONDS": str(settings.lease_seconds),
            "TRE_DRAW_PACE": str(settings.draw_pace),
            "TRE_JOB_TICK_SECONDS": "1",
            "TRE_BUCKET": settings.bucket,
            "TRE_SEAL_PATIENCE_SECONDS": str(settings.seal_patience_seconds),
            "TRE_OIDC_ISSUER": "http://127.0.0.1:9",
            "TRE_OIDC_CLIENT_SECRET": "nobody signs in here",
            "OMP_NUM_THREADS": "1",
        }

    def start_all(self) -> None:
        self.until_the_port_is_free(True)
        for name in ("web", "worker-1", "worker-2"):
            self.start(name)

    def kill(self, victim: str, rng: random.Random) -> None:
        """kill -9, or a crash of the database; everything that went down is started again."""
        self.kills[victim] = self.kills.get(victim, 0) + 1
        if victim == "database" and self.town.server:
            self.town.server.stop("immediate")
            time.sleep(rng.uniform(0, 0.5))
            self.town.server.start()
            return
        if victim == "store" and self.town.store:
            self.town.store.kill()
            time.sleep(rng.uniform(0, 0.5))
            self.town.store.start()
            return
        if victim == "web child":
            self._kill_web_child(rng)
            return
        several = {"power": list(self.running), "workers": ["worker-1", "worker-2"]}
        names = several.get(victim, [victim])
        self.fall(names)
        time.sleep(rng.uniform(0, 0.5))
        self.until_the_port_is_free("web" in names)
        for name in names:
            self.start(name)

    def fall(self, names: list[str]) -> None:
        """kill -9 of these; what runs in rooms ends with the last worker."""
        rooms = self.programs_in_rooms() if {"worker-1", "worker-2"} <= set(names) else []
        for name in names:  # only the process itself: what it leaves behind must end by itself
            self.running[name].send_signal(signal.SIGKILL)
        for name in names:
            self.running[name].wait()
        if rooms:  # nobody could start one meanwhile, and each would go on for longer
            gone = until(lambda: not self.programs_in_rooms(), 6)
            self.rooms_ended += gone
            self.rooms_left += [] if gone else self.programs_in_rooms()

    def rooms_never_ended(self) -> list[str]:
        """Of what outlived its worker, what the workers that came after it did not end either.

        A worker killed while bubblewrap makes the room's first process leaves that one waiting for ever, before it
        runs anything; it lies in a control group, which the next worker empties.
        """
        return sorted({*self.rooms_left} & {*self.programs_in_rooms()})

    def programs_in_rooms(self) -> list[str]:
        """Process ids and command lines of what runs in a room of this house."""
        listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
        return [line for line in listed.splitlines() if self.mark in line]

    def _kill_web_child(self, rng: random.Random) -> None:
        web = self.running["web"].pid
        with suppress(OSError):  # gone by itself meanwhile
            children = Path(f"/proc/{web}/task/{web}/children").read_text(encoding="ascii").split()
            os.kill(int(rng.choice(children)), signal.SIGKILL) if children else None

    def until_the_port_is_free(self, wanted: bool) -> None:
        """Workers of a killed gunicorn end when they notice; the next could not listen before."""
        ends = time.monotonic() + 10
        while wanted and time.monotonic() < ends:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", self.port))
                    return
                except OSError:
                    time.sleep(0.05)

    def see_to_it(self) -> None:
        """What ended by itself (its database was away when it started) is started again, as an init system would."""
        for name, process in list(self.running.items()):
            if process.poll() is not None:
                self.start(name)

    def stop(self) -> None:
        """Everything ends; nothing of it is left."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def until(met: Callable[[], bool], seconds: float, every: float = 0.1) -> bool:
    """Wait for something to be true; whether it came to be."""
    ends = time.monotonic() + seconds
    while not (done := met()) and time.monotonic() < ends:
        time.sleep(every)
    return done
