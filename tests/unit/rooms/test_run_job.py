"""Of how a job went, one bit comes out on a fixed tick (privacy model, P13), whatever happened in the room."""

import hashlib
import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from disclosure.checks.offline import terms_in
from gateway.jobs import run_job as jobs
from gateway.models import Job
from gateway.store.keys import Keys
from gateway.vocabulary import Command, JobState
from tests.factories.gateways import Town, approved_project, cleared_snapshot, settle_town
from workspaces.catalogue.errors import Invalid
from workspaces.rooms.base import Ended, RoomPlan, RoomResult, Sitting

SCRIPT = b"print('hello')\n"


@dataclass
class House:
    """A house whose room answers what a test wants."""

    town: Town
    answer: RoomResult | Exception
    objects: None = None
    started: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    stops_after: float = 0
    away: bool = False

    @property
    def keys(self) -> Keys:
        return Keys(self.folder / "keys", "k" * 32)

    @property
    def gateway(self) -> Any:
        return self.town.gateway

    @property
    def folder(self) -> Path:
        return self.town.gateway.settings.folder

    @property
    def rooms_folder(self) -> Path:
        return self.folder / "rooms"

    def rooms(self) -> "House":
        return self

    def start(self, name: str, plan: RoomPlan) -> None:
        assert (plan.workspace / "code" / "count.py").read_bytes() == SCRIPT
        grant = json.loads((plan.workspace / "code" / ".grant.json").read_text())["grant"]
        assert terms_in(grant).tables["person"]
        self.started.append(name)

    def status(self, name: str) -> Sitting | None:
        if self.away:
            raise Invalid("room:unavailable", "The room supervisor does not answer.", "Ask the operator to start it.")
        return Sitting() if name in self.started else None

    def wait(self, name: str) -> RoomResult:
        if name not in self.started:
            raise Invalid("room:unknown", "No run of that name is known.", "Start it.")
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.stops_after:
            assert self.stopped.wait(self.stops_after)
        return self.answer

    def stop(self, room_key: str) -> bool:  # noqa: ARG002
        self.stopped.set()
        return True


def ended(how: Ended, code: int | None, seconds: float = 1.0) -> RoomResult:
    return RoomResult(exit_code=code, ended=how, seconds=seconds)


def told(
    folder: Path, answer: RoomResult | Exception, monkeypatch: pytest.MonkeyPatch, *, days_in_queue: int = 0
) -> dict[str, Any]:
    """What is kept of a job outside its room, but for the names of rows."""
    town = settle_town(folder)
    project = approved_project(town)
    cleared_snapshot(town, project)
    workspace = town.do("lead", Command.OPEN_WORKSPACE, project).created_id
    digest = hashlib.sha256(SCRIPT).hexdigest()
    script = {"name": "count.py", "text": SCRIPT.decode()}
    transfer = town.do("researcher", Command.BRING_IN, workspace, script).created_id
    (folder / "transfers").mkdir(exist_ok=True)
    (folder / "transfers" / digest).write_bytes(SCRIPT)
    town.do("system", Command.ADMIT_TRANSFER, transfer, {"findings": []})
    job = town.do("researcher", Command.RUN_JOB, transfer).created_id
    town.clock.pass_(days=days_in_queue)
    monkeypatch.setattr(jobs, "open_snapshot", lambda *_: SimpleNamespace(room=folder))
    jobs.run_job(House(town, answer), job)  # type: ignore[arg-type]
    row = town.read(lambda work: work.need(Job, job))
    town.gateway.unit.dispose()
    assert row.state is JobState.ENDED
    names = {"id", "workspace_id", "transfer_id", "person_id", "snapshot_id"}
    return {name: value for name, value in row.model_dump().items() if name not in names}


def test_success_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = told(tmp_path, ended(Ended.FINISHED, 0), monkeypatch)
    assert row["usable"] is True
    assert row["shown_at"].second == 0  # the next whole minute


def test_every_failure_looks_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = (
        *(ended(Ended.FINISHED, code, seconds) for code, seconds in ((1, 1.0), (77, 500.0))),
        *(ended(how, None) for how in (Ended.TIMED_OUT, Ended.KILLED, Ended.FAILED_TO_START)),
        *(Invalid("room:folder", "No.", "Ask."), OSError("disk")),
    )
    rows = []
    for number, answer in enumerate(failures):
        (tmp_path / str(number)).mkdir()
        rows.append(told(tmp_path / str(number), answer, monkeypatch))
    assert rows == [rows[0]] * len(failures)
    assert rows[0]["usable"] is False


def test_why_a_job_did_not_run_is_in_the_log_without_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told(tmp_path, Invalid("room:folder", "A folder called secret.", "Ask."), monkeypatch)
    assert "room:folder" in caplog.text
    assert "secret" not in caplog.text


def test_a_job_whose_opt_out_list_grew_old_in_the_queue_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert told(tmp_path, ended(Ended.FINISHED, 0), monkeypatch, days_in_queue=8)["usable"] is False
    assert "opt_outs:not_fresh" in caplog.text
