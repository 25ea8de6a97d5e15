"""Who opts out after a build is gone from every room and draw after the refresh, whoever dies on the way."""

import csv
import gzip
import json
import pickle
import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from gateway.jobs import refresh as refreshing
from gateway.jobs import worker
from gateway.models import AuditEvent, Job, Refresh, Workspace
from gateway.rules.refusals import Refusal
from gateway.store.sealed_notes import Kind, is_buried
from gateway.vocabulary import Command, Event, JobState, RefreshState, SnapshotState
from tests.factories.gateways import Town, submitted_release
from tests.factories.refreshing import PEOPLE, Street, settle_street

ANNA, BOB = PEOPLE[0], PEOPLE[1]


def plant(data: Path, workspace: Path) -> None:
    """What a script may leave: rows of people in every dress, and a note."""
    rows = duckdb.execute("SELECT * FROM read_parquet(?)", [str(data / "person.parquet")]).fetchall()
    shutil.copyfile(data / "person.parquet", workspace / "people.parquet")
    (workspace / "deep" / "er").mkdir(parents=True, exist_ok=True)
    with (workspace / "deep" / "people.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    (workspace / "deep" / "er" / "people.pickle").write_bytes(pickle.dumps(rows))
    (workspace / "old-style.txt").write_bytes(pickle.dumps(rows[0], protocol=0))
    with gzip.open(workspace / "notes.txt", "wb") as packed:
        packed.write(json.dumps(rows).encode())
    (workspace / "12").write_text("nothing but a name")
    (workspace / "README").write_text("Counts come from the council.\n")


@pytest.fixture
def street(town: Town, tmp_path: Path) -> Street:
    return settle_street(town, tmp_path, plant)


def test_who_opts_out_after_the_build_is_gone_after_the_refresh(street: Street) -> None:
    project_id = street.project()
    _, folder = street.workspace(project_id)
    before = {path.name for path in folder.rglob("*") if path.is_file()}
    assert before >= {"people.parquet", "people.csv", "people.pickle", "notes.txt", "README"}
    assert street.inside(project_id) == set(PEOPLE)
    street.opt_out(ANNA)
    assert street.inside(project_id) == set(PEOPLE)  # nothing is triggered by one person
    refresh_id = street.refresh()
    assert street.inside(project_id) == set(PEOPLE) - {ANNA}
    old, new = street.snapshots()
    assert (old.state, new.state, new.refresh_id) == (SnapshotState.DESTROYED, SnapshotState.CLEARED, refresh_id)
    assert street.house.objects.list(f"snapshots/{old.id}/") == []
    assert not list((street.house.folder / "snapshots").glob(f"{old.id}*"))
    assert is_buried(street.house.objects, Kind.SNAPSHOT, old.id)
    assert street.town.read(lambda work: work.need(Refresh, refresh_id)).state is RefreshState.DONE


def test_files_with_rows_are_purged_and_built_again_by_the_recorded_job(town: Town, tmp_path: Path) -> None:
    wrote: list[int] = []

    def program(data: Path, workspace: Path) -> None:
        wrote.append(len(duckdb.read_parquet(str(data / "person.parquet")).fetchall()))
        if len(wrote) == 1:
            plant(data, workspace)
        else:
            assert sorted(path.name for path in workspace.iterdir()) == ["README", "code"]  # as it found the room

    street = settle_street(town, tmp_path, program)
    transfer, folder = street.workspace(street.project())
    street.opt_out(ANNA)
    refresh_id = street.refresh()
    assert wrote == [12, 11]
    first, second = street.jobs()
    assert (second.transfer_id, second.state, second.usable) == (transfer, JobState.ENDED, True)
    assert [first.snapshot_id, second.snapshot_id] == [row.id for row in street.snapshots()]
    (receipt,) = (name for name in street.house.objects.list(f"receipts/{refresh_id}/") if name.endswith(".json"))
    told = json.loads(street.house.objects.get_bytes(receipt))
    kinds = {"parquet": 1, "gzip": 1, "pickle": 1, "text with numbers": 3}
    assert (told["removed"], told["kept"]) == (kinds, 1)
    assert (folder / "code" / "count.py").is_file()


def test_it_happens_whether_or_not_anybody_left_and_renumbers_everybody(street: Street) -> None:
    project_id = street.project()
    orders = []
    for _ in range(2):
        row = street.snapshots()[-1]
        street.inside(project_id)
        opened = next((street.house.folder / "snapshots").glob(f"{row.id}.*"))
        query = "SELECT sample_key FROM read_parquet(?) ORDER BY person_id"
        orders.append(duckdb.execute(query, [str(opened / "draw" / "sampling.parquet")]).fetchall())
        street.refresh()
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1]


def test_every_project_is_refreshed_and_one_that_ended_loses_its_records(street: Street) -> None:
    going, ended = street.project(), street.project()
    street.town.do("ig", Command.SUSPEND_PROJECT, ended, {"reason": "an incident"})
    street.opt_out(BOB)
    street.refresh()
    states = {(row.project_id, row.state) for row in street.snapshots()}
    assert states == {
        (going, SnapshotState.DESTROYED),
        (going, SnapshotState.CLEARED),
        (ended, SnapshotState.DESTROYED),
    }
    assert street.inside(going) == set(PEOPLE) - {BOB}


def test_one_that_waits_for_clearance_is_built_anew_and_waits_on(street: Street) -> None:
    project_id = street.project()
    street.town.do("lead", Command.REQUEST_SNAPSHOT, project_id)
    street.work()
    street.opt_out(ANNA)
    street.refresh()
    states = [row.state for row in street.snapshots()]
    assert states == [SnapshotState.DESTROYED, SnapshotState.DESTROYED, SnapshotState.CLEARED]


def test_a_failed_build_leaves_nothing_old_behind(street: Street) -> None:
    street.project()
    for table in (street.house.vault / "loads").rglob("person.sealed"):
        table.chmod(0o600)
        table.write_bytes(b"damaged")
    street.refresh()
    assert [row.state for row in street.snapshots()] == [SnapshotState.DESTROYED, SnapshotState.FAILED]


def test_a_running_job_is_waited_for_and_none_starts_meanwhile(street: Street) -> None:
    project_id = street.project()
    transfer, _ = street.workspace(project_id)
    running = street.town.do("researcher", Command.RUN_JOB, transfer).created_id
    with street.town.gateway.unit.writing() as work:
        work.need(Job, running).state = JobState.RUNNING
        work.need(Job, running).snapshot_id = street.snapshots()[0].id
    refresh_id = street.town.do("operator", Command.BEGIN_REFRESH, street.town.pool_id).created_id
    while refreshing.refresh(street.house, refresh_id) and street.snapshots()[-1].state is SnapshotState.REQUESTED:
        worker.build_snapshot(street.house, street.snapshots()[-1].id)
    assert refreshing.refresh(street.house, refresh_id) is not None
    assert [row.state for row in street.snapshots()] == [SnapshotState.RETIRED, SnapshotState.CLEARED]
    waiting = street.town.do("researcher", Command.RUN_JOB, transfer).created_id
    assert worker.run_job(street.house, waiting) is not None  # comes back later
    street.town.do("system", Command.END_JOB, running, {"usable": False})
    street.work()
    assert street.town.read(lambda work: work.need(Refresh, refresh_id)).state is RefreshState.DONE
    assert street.town.read(lambda work: work.need(Job, waiting)).snapshot_id == street.snapshots()[-1].id


def test_a_draw_that_waits_reads_nothing_of_the_old_one(street: Street) -> None:
    project_id = street.project()
    view = {"form": {"columns": [{"name": "sex", "person": "sex"}]}}
    request = {"title": "People", "view": view, "statistics": [{"name": "people", "kind": "count"}], "epsilon": "0.5"}
    release_id = submitted_release(street.town, project_id, request)
    street.refresh()
    street.town.do("checker1", Command.CLEAR_PLAN, release_id, {"reason": "fine"})
    with pytest.raises(Refusal) as why:
        street.town.do("system", Command.RESERVE_BUDGET, release_id)
    assert why.value.code == "snapshot:replaced"


def test_nothing_begins_without_a_fresh_list_and_never_two_at_once(street: Street) -> None:
    street.project()
    street.town.do("operator", Command.BEGIN_REFRESH, street.town.pool_id)
    for wait, code in ((timedelta(0), "refresh:running"), (timedelta(days=8), "opt_outs:not_fresh")):
        street.town.clock.now += wait
        if wait:
            with street.town.gateway.unit.writing() as work:
                work.find(Refresh).state = RefreshState.DONE
        with pytest.raises(Refusal) as why:
            street.town.do("operator", Command.BEGIN_REFRESH, street.town.pool_id)
        assert why.value.code == code


def test_the_worker_begins_one_when_the_week_is_over(street: Street) -> None:
    begun = lambda: len(street.town.read(lambda work: work.all(Refresh)))  # noqa: E731
    refreshing.begin_if_due(street.house)
    assert begun() == 0
    street.town.clock.pass_(days=7, minutes=1)
    refreshing.begin_if_due(street.house)
    assert begun() == 0  # the list is too old: refused quietly, not once a minute in the log
    street.opt_out()
    for _ in range(2):
        refreshing.begin_if_due(street.house)
        street.work()
    assert begun() == 1
    refused = street.town.read(lambda work: work.all(AuditEvent, AuditEvent.event == Event.COMMAND_REFUSED.value))
    assert not [row for row in refused if row.command == Command.BEGIN_REFRESH.value]


class Killed(BaseException):
    """What no handler catches."""


STEPS = ("_renewed", "purged", "_old_gone", "erasures.conclude", "perform")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_step_another_worker_goes_on(
    street: Street, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    project_id = street.project()
    street.workspace(project_id)
    street.opt_out(ANNA)
    place, _, name = step.rpartition(".")
    at = getattr(refreshing, place) if place else refreshing
    real, calls = getattr(at, name), []

    def die(*given: object, **named: object) -> object:
        calls.append(1)
        if len(calls) > 1 and step != "erasures.conclude":
            return real(*given, **named)
        done = real(*given, **named) if after else None
        raise Killed(done)

    refresh_id = street.town.do("operator", Command.BEGIN_REFRESH, street.town.pool_id).created_id
    with monkeypatch.context() as broken:
        broken.setattr(at, name, die)
        with pytest.raises(Killed):
            street.work()
    street.town.clock.pass_(minutes=5)  # the lease of who died runs out
    street.work()
    assert street.town.read(lambda work: work.need(Refresh, refresh_id)).state is RefreshState.DONE
    assert street.inside(project_id) == set(PEOPLE) - {ANNA}
    assert [row.state for row in street.snapshots()] == [SnapshotState.DESTROYED, SnapshotState.CLEARED]
    assert street.town.read(lambda work: work.find(Workspace)).refresh_id == refresh_id
