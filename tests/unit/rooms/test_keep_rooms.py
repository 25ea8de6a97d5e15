"""Notebooks that are to be open are open, and no others, whoever began anew meanwhile."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.commands.rooms import run_name, token_of
from gateway.jobs import keep_rooms as keeper
from gateway.jobs.purge_workspace import purged
from gateway.models import AuditEvent, Job, Refresh, Workspace
from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from gateway.vocabulary import Command
from tests.factories.gateways import SECRET, Town, approved_project, cleared_snapshot
from workspaces.catalogue.errors import Invalid
from workspaces.rooms.base import Ended, RoomPlan, RoomResult, Sitting

OVER = RoomResult(exit_code=0, ended=Ended.FINISHED, seconds=1800)


@dataclass
class Driver:
    """Instead of a supervisor: what was started, what was stopped."""

    sittings: dict[str, Sitting] = field(default_factory=dict)
    started: list[RoomPlan] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)

    def start(self, name: str, plan: RoomPlan) -> None:
        self.sittings[name] = Sitting()
        self.started.append(plan)

    def status(self, name: str) -> Sitting | None:
        return self.sittings.get(name)

    def at_work(self) -> tuple[str, ...]:
        return tuple(name for name, sitting in self.sittings.items() if sitting.at_work)

    def stop(self, room_key: str) -> bool:
        found = self.at_work()
        self.stopped.append(room_key)
        self.sittings |= dict.fromkeys(found, Sitting(result=OVER))
        return bool(found)


@dataclass
class Study:
    """A workspace with a notebook, its driver and its keeper."""

    town: Town
    workspace: str
    driver: Driver = field(default_factory=Driver)

    @property
    def row(self) -> Workspace:
        return self.town.read(lambda work: work.need(Workspace, self.workspace))

    @property
    def house(self) -> Any:
        folder = self.town.gateway.settings.folder
        return SimpleNamespace(
            gateway=self.town.gateway,
            folder=folder,
            rooms_folder=folder / "rooms",
            rooms=lambda: self.driver,
            objects=LocalObjects(folder / "objects"),
            keys=Keys(folder / "keys", SECRET),
        )

    def do(self, command: Command, by: str = "researcher") -> None:
        self.town.do(by, command, self.workspace)

    def look(self) -> None:
        keeper.keep_rooms(self.house)

    def why(self) -> str:
        """What the log says of the last time that a notebook ended by itself."""
        rows = self.town.read(lambda work: work.all(AuditEvent, AuditEvent.event == "room:ended"))
        return rows[-1].reason if rows else ""


@pytest.fixture
def study(town: Town, monkeypatch: pytest.MonkeyPatch) -> Study:
    changed = {"rooms_url": "http://*.localhost:1", "notebook_environment": "/usr"}
    object.__setattr__(town.gateway, "settings", town.gateway.settings.model_copy(update=changed))
    monkeypatch.setattr(keeper, "snapshot_room", lambda *_: Path("/usr/share"))
    project = approved_project(town, tier="NOTEBOOK")
    cleared_snapshot(town, project)
    return Study(town, town.do("lead", Command.OPEN_WORKSPACE, project).created_id)


def test_what_is_asked_for_is_opened_once(study: Study) -> None:
    study.look()
    assert study.driver.started == []
    study.do(Command.START_ROOM)
    study.look()
    study.look()
    (plan,) = study.driver.started
    assert plan.door == (study.town.gateway.settings.folder / "doors" / study.workspace / "inside").resolve()
    assert dict(plan.variables)["JUPYTER_TOKEN"] == token_of(study.town.gateway.settings, study.row)
    assert token_of(study.town.gateway.settings, study.row) not in " ".join(plan.command)


def test_a_gateway_that_begins_anew_finds_the_room_and_one_whose_supervisor_did_opens_it_again(study: Study) -> None:
    study.do(Command.START_ROOM)
    study.look()
    study.look()  # a new process knows no more than the database and the driver
    assert len(study.driver.started) == 1
    study.driver.sittings.clear()
    study.look()
    assert len(study.driver.started) == 2


@pytest.mark.parametrize(
    ("sitting", "why"),
    [
        (Sitting(result=OVER), "room:ended"),
        (Sitting(refused=Invalid("room:folder", "A folder.", "Ask.")), "room:folder"),
    ],
)
def test_one_that_ended_by_itself_is_closed_and_can_be_opened_again(study: Study, sitting: Sitting, why: str) -> None:
    study.do(Command.START_ROOM)
    study.look()
    study.driver.sittings[run_name(study.row)] = sitting
    study.look()
    assert study.row.room_asked_at is None
    assert study.why() == why
    study.town.clock.pass_(seconds=1)
    study.do(Command.START_ROOM)
    study.look()
    assert len(study.driver.started) == 2


def test_one_that_a_person_closes_is_stopped(study: Study) -> None:
    study.do(Command.START_ROOM)
    study.look()
    study.do(Command.STOP_ROOM, "lead")
    study.look()
    assert study.driver.stopped == [study.row.room_key]
    study.look()
    assert len(study.driver.stopped) == 1


@pytest.mark.parametrize("how", ["freeze", "suspend", "list too old", "snapshot retired", "grant over"])
def test_one_that_may_not_go_on_is_stopped_at_once(study: Study, how: str) -> None:
    study.do(Command.START_ROOM)
    study.look()
    revoke(study, how)
    study.look()
    assert study.driver.at_work() == ()
    assert study.row.room_asked_at is None
    assert study.why() in (
        "workspace:frozen",
        "grant:ended",
        "opt_outs:not_fresh",
        "snapshot:not_cleared",
    )


def revoke(study: Study, how: str) -> None:
    town, row = study.town, study.row
    snapshot = town.read(lambda work: keeper.facts_of(work, row, town.clock(), 7, keeper.NOBODY).snapshot)
    assert snapshot is not None
    because = {"reason": "an incident"}
    match how:
        case "freeze":
            town.do("ig", Command.FREEZE_WORKSPACE, study.workspace, because)
        case "suspend":
            town.do("ig", Command.SUSPEND_PROJECT, row.project_id, because)
        case "list too old":
            town.clock.pass_(days=8)
        case "snapshot retired":
            town.do("ig", Command.RETIRE_SNAPSHOT, snapshot.id, because)
        case "grant over":
            town.clock.pass_(days=700)


def test_it_waits_for_a_job_and_a_refresh_closes_it(study: Study) -> None:
    town = study.town
    script = {"name": "a.py", "text": "print(1)"}
    brought = town.do("researcher", Command.BRING_IN, study.workspace, script).created_id
    town.do("system", Command.ADMIT_TRANSFER, brought, {"findings": []})
    job = town.do("researcher", Command.RUN_JOB, brought).created_id
    town.do("system", Command.START_JOB, job)
    study.do(Command.START_ROOM)
    study.look()
    assert study.driver.started == []
    town.do("system", Command.END_JOB, job, {"usable": False})
    assert town.read(lambda work: work.need(Job, job)).usable is False
    study.look()
    assert len(study.driver.started) == 1
    refresh = town.do("operator", Command.BEGIN_REFRESH, town.pool_id).created_id
    row = town.read(lambda work: work.need(Refresh, refresh))
    assert not purged(study.house, row, study.row.project_id)  # it was at work: looked at again
    assert study.row.room_asked_at is None
    assert purged(study.house, row, study.row.project_id)
    assert study.why() == "refresh"
