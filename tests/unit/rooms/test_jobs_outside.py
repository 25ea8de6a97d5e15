"""What is seen of a job outside its room: its place, its state on ticks, its cost, and what stopping it tells."""

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.jobs import run_job as jobs
from gateway.models import Grant, Job
from gateway.rules.refusals import Refusal
from gateway.store.queries import views
from gateway.vocabulary import Command, JobState
from tests.factories.gateways import Town, approved_project, cleared_snapshot
from tests.unit.rooms.test_run_job import SCRIPT, House, ended
from workspaces.rooms.base import PROCESSORS, Ended, RoomResult

USED = RoomResult(exit_code=0, ended=Ended.FINISHED, seconds=12.5, cpu_seconds=7.25)


@pytest.fixture
def transfer(town: Town, monkeypatch: pytest.MonkeyPatch) -> str:
    """A script that may run."""
    project = approved_project(town)
    cleared_snapshot(town, project)
    workspace = town.do("lead", Command.OPEN_WORKSPACE, project).created_id
    brought = town.do("researcher", Command.BRING_IN, workspace, {"name": "count.py", "text": SCRIPT.decode()})
    town.do("system", Command.ADMIT_TRANSFER, brought.created_id, {"findings": []})
    folder = town.gateway.settings.folder
    (folder / "transfers" / hashlib.sha256(SCRIPT).hexdigest()).write_bytes(SCRIPT)
    monkeypatch.setattr(jobs, "open_snapshot", lambda *_: SimpleNamespace(room=folder))
    monkeypatch.setattr(jobs, "LOOK_SECONDS", 0.02)
    return brought.created_id


def queued(town: Town, transfer: str) -> str:
    return town.do("researcher", Command.RUN_JOB, transfer).created_id


def started(town: Town, transfer: str) -> str:
    job = queued(town, transfer)
    town.do("system", Command.START_JOB, job)
    return job


def over(town: Town, transfer: str) -> str:
    job = started(town, transfer)
    town.do("system", Command.END_JOB, job, {"usable": True})
    return job


def seen(town: Town, subject_id: str, by: str = "researcher") -> dict[str, Any]:
    return town.read(lambda work: views.one(work, town.actor(by), subject_id, town.clock(), 7))


def told(town: Town, subject_id: str) -> dict[str, Any]:
    view = seen(town, subject_id)
    return {name: value for name, value in view.items() if name != "id"}


def give_tier(town: Town, tier: str) -> None:
    with town.gateway.unit.writing() as work:
        grant = work.find(Grant)
        assert grant is not None
        grant.tier = tier
        work.add(grant)


def test_every_step_shows_on_a_tick(town: Town, transfer: str) -> None:
    town.clock.pass_(seconds=7)
    job = started(town, transfer)
    assert seen(town, job)["state"] == "QUEUED"
    town.clock.pass_(seconds=53)
    view = seen(town, job)
    assert (view["state"], view["position"], view["running_since"]) == ("RUNNING", None, town.clock().isoformat())
    town.do("system", Command.END_JOB, job, {"usable": True})
    assert seen(town, job)["state"] == "RUNNING"
    town.clock.pass_(seconds=60)
    assert (seen(town, job)["state"], seen(town, job)["usable"]) == ("ENDED", True)


def test_the_place_in_the_queue_counts_what_shows_as_queued(town: Town, transfer: str) -> None:
    first, second, third = (
        queued(town, transfer),
        *(town.clock.pass_(seconds=1) or queued(town, transfer) for _ in "ab"),
    )
    assert [seen(town, job)["position"] for job in (first, second, third)] == [1, 2, 3]
    town.do("system", Command.START_JOB, first)
    assert seen(town, third)["position"] == 3  # that it started is not told before the tick
    town.clock.pass_(seconds=60)
    assert [seen(town, job)["position"] for job in (first, second, third)] == [None, 1, 2]


@pytest.mark.parametrize("tier", ["JOBS", "NOTEBOOK"])
def test_cost_is_measured_only_where_rows_may_be_seen(town: Town, transfer: str, tier: str) -> None:
    give_tier(town, tier)
    town.clock.pass_(seconds=5)
    job = queued(town, transfer)
    assert seen(town, job)["cost"] is None
    jobs.run_job(House(town, USED), job)  # type: ignore[arg-type]
    town.clock.pass_(seconds=60)
    cost, row = seen(town, job)["cost"], town.read(lambda work: work.need(Job, job))
    if tier == "JOBS":
        assert (cost["seconds"], row.seconds, row.cpu_seconds) == (0, None, None)  # began and ended within a tick
    else:
        assert (cost["seconds"], cost["cpu_seconds"]) == (12.5, 7.2)
    workspace = seen(town, row.workspace_id, "lead")
    assert workspace["costs"]["project"] == cost
    assert [each["person"]["name"] for each in workspace["costs"]["people"]] == ["Researcher"]


def test_cost_of_a_blind_job_is_what_was_set_aside_between_two_ticks(town: Town, transfer: str) -> None:
    job = started(town, transfer)
    town.clock.pass_(seconds=61)
    town.do("system", Command.END_JOB, job, {"usable": True})
    town.clock.pass_(seconds=60)
    assert seen(town, job)["cost"] == {
        "seconds": 60,
        "cpu_seconds": 60 * PROCESSORS,
        "gib_hours": round(2 * 60 / 3600, 4),
        "jobs": 1,
    }


def test_stopping_tells_nothing_of_where_a_job_was(town: Town, transfer: str) -> None:
    """Queued, running or ended already but not told: all look the same, before, in the answer, and afterwards."""
    town.clock.pass_(seconds=10)
    looks = []
    for make in (queued, started, over):
        job = make(town, transfer)
        before = told(town, job)
        answer = town.do("researcher", Command.STOP_JOB, job)
        after = told(town, job)
        assert before["position"] == 1
        town.clock.pass_(seconds=60)
        final = told(town, job)
        with pytest.raises(Refusal, match="job:ended"):
            town.do("researcher", Command.STOP_JOB, job)
        looks.append([_without_times(each) for each in (before, after, final)] + [answer.state])
        row = town.read(lambda work, job=job: work.need(Job, job))
        if row.state is JobState.RUNNING:
            town.do("system", Command.END_JOB, job, {"usable": True})
            assert told(town, job) == final
    assert looks[1:] == [looks[0]] * 2
    assert looks[0][3] == "QUEUED"
    assert (looks[0][2]["state"], looks[0][2]["usable"], looks[0][2]["stopped"]) == ("ENDED", False, True)


def _without_times(view: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in view.items() if name != "submitted_at"}


def test_who_may_stop_a_job(town: Town, transfer: str) -> None:
    job = queued(town, transfer)
    for name, code in (("outsider", "subject:unknown"), ("auditor", "command:not_your_role")):
        with pytest.raises(Refusal, match=code):
            town.do(name, Command.STOP_JOB, job)
    town.do("ig", Command.STOP_JOB, job)


def test_a_running_job_that_is_stopped_ends_its_room(town: Town, transfer: str) -> None:
    house = House(town, ended(Ended.KILLED, None), stops_after=20)
    job = queued(town, transfer)
    start = house.start

    def stopped_meanwhile(name: str, plan: Any) -> None:
        start(name, plan)
        town.do("lead", Command.STOP_JOB, job)

    house.start = stopped_meanwhile  # type: ignore[method-assign]
    jobs.run_job(house, job)  # type: ignore[arg-type]
    assert house.stopped.is_set()
    assert town.read(lambda work: work.need(Job, job)).state is JobState.ENDED


@pytest.mark.parametrize("how", [Command.FREEZE_WORKSPACE, Command.SUSPEND_PROJECT])
def test_a_revocation_ends_a_running_job(town: Town, transfer: str, how: Command) -> None:
    house = House(town, ended(Ended.KILLED, None), stops_after=20)
    job = queued(town, transfer)
    workspace = town.read(lambda work: work.need(Job, job)).workspace_id
    subject = workspace if how is Command.FREEZE_WORKSPACE else seen(town, workspace)["project_id"]
    start = house.start

    def revoked_meanwhile(name: str, plan: Any) -> None:
        start(name, plan)
        town.do("ig", how, subject, {"reason": "an incident"})

    house.start = revoked_meanwhile  # type: ignore[method-assign]
    jobs.run_job(house, job)  # type: ignore[arg-type]
    assert house.stopped.is_set()


@pytest.mark.parametrize("known", [True, False])
def test_the_end_of_a_job_whose_worker_died_is_taken_from_its_room(town: Town, transfer: str, known: bool) -> None:
    """A gateway that begins anew ends no room: the supervisor knows the run by its name."""
    job = started(town, transfer)
    house = House(town, ended(Ended.FINISHED, 0), started=[job] if known else [])
    jobs.run_job(house, job)  # type: ignore[arg-type]
    assert town.read(lambda work: work.need(Job, job)).usable is known


def test_logs_are_read_only_where_rows_may_be_seen(town: Town, transfer: str, tmp_path: Path) -> None:
    job = queued(town, transfer)
    workspace = seen(town, town.read(lambda work: work.need(Job, job)).workspace_id)
    with pytest.raises(Refusal, match="job:stays_inside"):
        town.do("researcher", Command.VIEW_LOGS, workspace["id"])
    give_tier(town, "NOTEBOOK")
    folder = town.gateway.settings.folder / "rooms"
    room = next(iter(folder.iterdir())) if folder.exists() else folder / _room_key(town, workspace["id"])
    (room / "logs").mkdir(parents=True)
    (room / "logs" / "stdout.txt").write_bytes(b"41\xff\n")
    (tmp_path / "secret").write_text("the gateway's own")
    (room / "logs" / "stderr.txt").symlink_to(tmp_path / "secret")
    logs = town.do("researcher", Command.VIEW_LOGS, workspace["id"]).returned
    assert logs == {"stdout": "41\ufffd\n", "stderr": ""}


def _room_key(town: Town, workspace_id: str) -> str:
    from gateway.models import Workspace

    key: str = town.read(lambda work: work.need(Workspace, workspace_id).room_key)
    return key
