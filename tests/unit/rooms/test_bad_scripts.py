"""What goes wrong with scripts and with what runs them: a clear answer, and nothing lost."""

import errno
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.jobs import run_job as jobs
from gateway.jobs.scan_transfer import scan_transfer
from gateway.models import Job, Transfer, Workspace
from gateway.store.objects import LocalObjects
from gateway.vocabulary import Command, JobState, TransferState
from tests.factories.gateways import Town, approved_project, cleared_snapshot
from tests.unit.rooms.test_run_job import SCRIPT, House, ended
from workspaces.catalogue.errors import Invalid
from workspaces.rooms.base import Ended
from workspaces.rooms.supervised import SupervisedRooms


@pytest.fixture
def workspace(town: Town) -> str:
    project = approved_project(town)
    cleared_snapshot(town, project)
    return town.do("lead", Command.OPEN_WORKSPACE, project).created_id


def bring(town: Town, workspace: str, name: str, text: str) -> str:
    return town.do("researcher", Command.BRING_IN, workspace, {"name": name, "text": text}).created_id


def queued(town: Town, workspace: str) -> str:
    transfer = bring(town, workspace, "count.py", SCRIPT.decode())
    town.do("system", Command.ADMIT_TRANSFER, transfer, {"findings": []})
    return town.do("researcher", Command.RUN_JOB, transfer).created_id


def job_of(town: Town, job: str) -> Job:
    return town.read(lambda work: work.need(Job, job))


@pytest.mark.parametrize(
    "name",
    [
        *("script", "script.R", "script.sh", "script.py.exe", ".py", "../a.py", "a/b.py", "a.py\n", "a\n.py", "a b.py"),
        *("ä.py", "a\u202epy.py", "a\0.py", "x" * 70 + ".py", ".grant.json", "-x.py", "ｓcript.py", ""),
    ],
)
def test_a_name_that_is_no_scripts_is_refused_and_nothing_is_kept(town: Town, workspace: str, name: str) -> None:
    with pytest.raises(Invalid, match="input:invalid"):
        bring(town, workspace, name, "print(1)")
    assert not (town.gateway.settings.folder / "transfers").exists()


@pytest.mark.parametrize("text", ["", "\0\1\2\3", "\x7fELF\0\0\0", "print(1)\0"])
def test_what_is_no_script_does_not_come_in(town: Town, workspace: str, text: str) -> None:
    try:
        transfer = bring(town, workspace, "count.py", text)
    except Invalid:
        return
    house = SimpleNamespace(gateway=town.gateway, folder=town.gateway.settings.folder)
    scan_transfer(house, transfer)  # type: ignore[arg-type]
    row = town.read(lambda work: work.need(Transfer, transfer))
    assert (row.state, len(row.findings)) == (TransferState.REFUSED, 1)


def test_a_supervisor_that_is_stopped_costs_nobody_a_job(
    town: Town, workspace: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(jobs, "open_snapshot", lambda *_: SimpleNamespace(room=town.gateway.settings.folder))
    job = queued(town, workspace)
    house = House(town, ended(Ended.FINISHED, 0), away=True)
    again = jobs.run_job(house, job)  # type: ignore[arg-type]
    assert again is not None
    assert again > town.clock()
    assert (job_of(town, job).state, job_of(town, job).started_at) == (JobState.QUEUED, None)
    assert "room:unavailable" in caplog.text
    house.away = False
    assert jobs.run_job(house, job) is None  # type: ignore[arg-type]
    assert job_of(town, job).usable is True


def test_one_that_was_running_waits_for_the_supervisor_as_well(town: Town, workspace: str) -> None:
    job = queued(town, workspace)
    town.do("system", Command.START_JOB, job)
    house = House(town, ended(Ended.FINISHED, 0), started=[job], away=True)
    assert jobs.run_job(house, job) is not None  # type: ignore[arg-type]
    assert job_of(town, job).state is JobState.RUNNING
    house.away = False
    jobs.run_job(house, job)  # type: ignore[arg-type]
    assert job_of(town, job).usable is True


def test_a_supervisor_that_is_not_there_is_named(tmp_path: Path) -> None:
    for ask in (lambda rooms: rooms.status("x"), lambda rooms: rooms.at_work(), lambda rooms: rooms.stop("x")):
        with pytest.raises(Invalid, match="room:unavailable"):
            ask(SupervisedRooms(tmp_path / "nobody"))


def test_a_snapshot_that_is_gone_ends_the_job_and_is_told_to_the_operator(
    town: Town, workspace: str, caplog: pytest.LogCaptureFixture
) -> None:
    job = queued(town, workspace)
    house = House(town, ended(Ended.FINISHED, 0), objects=LocalObjects(town.gateway.settings.folder / "objects"))  # type: ignore[arg-type]
    jobs.run_job(house, job)  # type: ignore[arg-type]
    assert (job_of(town, job).state, job_of(town, job).usable) == (JobState.ENDED, False)
    assert f"job {job} did not run" in caplog.text
    assert str(town.gateway.settings.folder) not in caplog.text


def test_a_full_disk_ends_the_job_and_keeps_script_and_workspace(
    town: Town, workspace: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(jobs, "open_snapshot", lambda *_: SimpleNamespace(room=town.gateway.settings.folder))
    job = queued(town, workspace)

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(jobs.shutil, "copyfile", full)
        jobs.run_job(House(town, ended(Ended.FINISHED, 0)), job)  # type: ignore[arg-type]
    assert job_of(town, job).usable is False
    assert "OSError" in caplog.text
    assert town.read(lambda work: work.need(Workspace, workspace)).state == "OPEN"
    transfer = job_of(town, job).transfer_id
    again = town.do("researcher", Command.RUN_JOB, transfer).created_id
    jobs.run_job(House(town, ended(Ended.FINISHED, 0)), again)  # type: ignore[arg-type]
    assert job_of(town, again).usable is True
