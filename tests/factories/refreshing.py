"""A gateway over a few made-up people whose jobs really run, but for the room: its program is a function of a test."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np

from gateway.jobs import worker
from gateway.jobs.house import House
from gateway.jobs.opt_out_lists import receive_list, request_list
from gateway.jobs.records import load_records
from gateway.models import Job, Snapshot
from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from gateway.store.queries.facts import current_snapshot
from gateway.vocabulary import Command, Seat
from tests.factories.gateways import Town, approved_project
from tests.factories.records import council_row, number, source, write_csv
from workspaces.catalogue.errors import Invalid
from workspaces.intake import Format
from workspaces.numbers import keyed
from workspaces.rooms.base import Ended, RoomPlan, RoomResult
from workspaces.snapshots import open_snapshot
from workspaces.snapshots.objects import ObjectStore

SCRIPT = "print('count')\n"
PEOPLE = [number(index) for index in range(1, 13)]
DATA = [
    {"table": "person", "columns": ["sex", "age_band"], "reason": "groups"},
    {"table": "social_care_event", "columns": ["event_type", "event_start_date"], "reason": "care"},
]
Program = Callable[[Path, Path], None]


@dataclass(frozen=True)
class Room:
    """Runs the test's program in place of a script: it is given /data and /workspace."""

    program: Program
    ended: dict[str, RoomResult]

    def start(self, name: str, plan: RoomPlan) -> None:
        self.program(plan.snapshot, plan.workspace)
        self.ended[name] = RoomResult(exit_code=0, ended=Ended.FINISHED, seconds=0.1)

    def status(self, name: str) -> None:
        """Known by its end alone."""

    def wait(self, name: str) -> RoomResult:
        if name not in self.ended:
            raise Invalid("room:unknown", "No run of that name is known.", "Start it.")
        return self.ended[name]

    def stop(self, room_key: str) -> bool:  # noqa: ARG002
        return False


@dataclass(frozen=True)
class Running(House):
    """A house whose rooms run the program of a test."""

    program: Program = lambda _data, _workspace: None
    ended: dict[str, RoomResult] = field(default_factory=dict)

    def rooms(self) -> Room:  # type: ignore[override]
        return Room(self.program, self.ended)


@dataclass
class Street:
    """A town with a house over it: records loaded, an opt-out list in force."""

    town: Town
    house: Running

    def load(self, *numbers: str, organisation: str = "E09000007", when: str = "2024-03-06") -> None:
        """A council's delivery of these people."""
        folder = self.house.folder / f"delivery-{len(list(self.house.folder.glob('delivery-*')))}"
        folder.mkdir()
        rows = [council_row(str(place), each, event_start_date=when) for place, each in enumerate(numbers, 1)]
        write_csv(folder / "events.csv", rows)
        declared = source(Format.CLIENT_LEVEL_DATA, organisation)
        load_records(self.house, actor=self.town.actor("operator"), source=declared, folder=folder)

    def opt_out(self, *opted_out: str) -> None:
        """A new list, in force: everybody in the vault is asked about, these have opted out."""
        operator = self.town.actor("operator")
        local_id = request_list(self.house, actor=operator)
        sent = max(self.house.outbox.glob("*.dat"), key=lambda path: path.stat().st_mtime_ns)
        kept = [line for line in sent.read_text().split() if line.rstrip(",") not in opted_out]
        self.house.inbox.mkdir(exist_ok=True)
        (self.house.inbox / f"{local_id}.dat").write_text("".join(f"{line}\n" for line in kept))
        control = f'{{"workflow_id": "SPINE_NTT_UPHOLDING", "local_id": "{local_id}"}}'
        (self.house.inbox / f"{local_id}.ctl").write_text(control)
        list_id = receive_list(self.house, actor=operator, local_id=local_id)
        self.town.do("ig", Command.ACTIVATE_OPT_OUTS, list_id)

    def project(self) -> str:
        """An approved project with a cleared snapshot."""
        project_id = approved_project(self.town, data=DATA, title=f"Care {len(self.snapshots())}")
        snapshot_id = self.town.do("lead", Command.REQUEST_SNAPSHOT, project_id).created_id
        self.work()
        self.town.do("ig", Command.CLEAR_SNAPSHOT, snapshot_id)
        return project_id

    def workspace(self, project_id: str) -> tuple[str, Path]:
        """A workspace with an admitted script that ran once; its transfer and its folder."""
        workspace = self.town.do("lead", Command.OPEN_WORKSPACE, project_id).created_id
        script = {"name": "count.py", "text": SCRIPT}
        transfer = self.town.do("researcher", Command.BRING_IN, workspace, script).created_id
        self.work()
        self.town.do("researcher", Command.RUN_JOB, transfer)
        self.work()
        (folder,) = self.house.rooms_folder.iterdir()
        return transfer, folder

    def work(self, most: int = 60) -> None:
        """Every task that is due, as a worker does them; the clock goes on where one waits."""
        for _ in range(most):
            if not worker.run_once(self.house):
                return
            self.town.clock.pass_(seconds=1)
        raise AssertionError("the queue never came to its end")

    def refresh(self) -> str:
        """A whole refresh, begun by hand."""
        refresh_id = self.town.do("operator", Command.BEGIN_REFRESH, self.town.pool_id).created_id
        self.work()
        return refresh_id

    def snapshots(self) -> list[Snapshot]:
        """Every row, oldest first."""
        return sorted(self.town.read(lambda work: work.all(Snapshot)), key=lambda row: row.requested_at)

    def jobs(self) -> list[Job]:
        """Every row, oldest first."""
        return sorted(self.town.read(lambda work: work.all(Job)), key=lambda row: row.submitted_at)

    def inside(self, project_id: str) -> set[str]:
        """Who of the people is in the files that rooms and draws of a project read now."""
        row = self.town.read(lambda work: current_snapshot(work, project_id))
        opened = open_snapshot(self.house.objects, row.id, self.house.folder / "snapshots", self.house.keys.public())
        found = duckdb.execute("SELECT sample_key FROM read_parquet(?)", [str(opened.sampling)]).fetchall()
        held = {key for (key,) in found}
        keys = keyed(np.array([int(each) for each in PEOPLE], dtype=np.int64), self.house.keys.pool(self.town.pool_id))
        return {each for each, key in zip(PEOPLE, keys.tolist(), strict=True) if key in held}


def settle_street(
    town: Town,
    folder: Path,
    program: Program = lambda _data, _workspace: None,
    *,
    objects: ObjectStore | None = None,
) -> Street:
    """Twelve people of a council, nobody opted out; a second IG officer."""
    house = Running(town.gateway, objects or LocalObjects(folder / "objects"), Keys(folder / "keys", "k" * 32), program)
    who = {"issuer": "test", "subject": "ig2", "name": "Ig Two", "email": "ig2@example.org"}
    town.people["ig2"] = town.do("system", Command.WELCOME_PERSON, town.pool_id, who).created_id
    town.do("system", Command.APPOINT_PERSON, town.people["ig2"], {"role": Seat.IG_OFFICER.value})
    street = Street(town, house)
    street.load(*PEOPLE)
    street.opt_out()
    return street
