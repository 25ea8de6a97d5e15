"""What no restore may take back lies in the store before it happens."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from disclosure.release import DrawFailed
from gateway.jobs import run_release
from gateway.jobs.house import House
from gateway.jobs.sweep import sweep
from gateway.models import Project, Release, Snapshot
from gateway.store import sealed_notes
from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from gateway.store.sealed_notes import Kind
from gateway.vocabulary import Command, ProjectState, ReleaseState, SnapshotState
from tests.factories.gateways import Town, approved_project, cleared_snapshot, submitted_release
from workspaces.snapshots.objects import StoreUnavailable


@pytest.fixture
def house(town: Town, tmp_path: Path) -> House:
    return House(town.gateway, LocalObjects(tmp_path / "objects"), Keys(tmp_path / "keys", "k" * 32))


def test_what_was_said_first_stays(house: House, town: Town) -> None:
    first = town.clock()
    sealed_notes.bury(house.objects, kind=Kind.ERASURE, id="era-1", at=first, loads=["a"])
    sealed_notes.bury(house.objects, kind=Kind.ERASURE, id="era-1", at=first + timedelta(days=1), loads=["b"])
    (note,) = sealed_notes.buried(house.objects)
    assert (note.kind, note.id, note.at, note.told) == ("erasure", "era-1", first.isoformat(), {"loads": ["a"]})
    assert sealed_notes.buried(house.objects, Kind.KEY) == []
    assert sealed_notes.is_buried(house.objects, Kind.ERASURE, "era-1")


def test_snapshots_are_buried_before_their_bytes_go(town: Town, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot_id = cleared_snapshot(town, approved_project(town))
    house.objects.put_bytes(f"snapshots/{snapshot_id}/manifest.json", b"records")
    with town.gateway.unit.writing() as work:
        work.need(Snapshot, snapshot_id).state = SnapshotState.RETIRED
    seen = []
    delete = LocalObjects.delete

    def watched(store: LocalObjects, name: str) -> None:
        seen.append(sealed_notes.is_buried(store, Kind.SNAPSHOT, snapshot_id))
        delete(store, name)

    monkeypatch.setattr(LocalObjects, "delete", watched)
    sweep(house)
    assert seen
    assert all(seen)


def test_everything_that_ended_has_its_stone_once(town: Town, house: House) -> None:
    project_id = approved_project(town)
    snapshot_id = cleared_snapshot(town, project_id)
    release_id = submitted_release(town, project_id)
    sweep(house)
    assert sealed_notes.buried(house.objects) == []
    with town.gateway.unit.writing() as work:
        work.need(Project, project_id).state = ProjectState.CLOSED
        work.need(Snapshot, snapshot_id).state = SnapshotState.FAILED
        work.need(Release, release_id).state = ReleaseState.RECALLED
    sweep(house)
    town.clock.pass_(days=1)
    sweep(house)
    stones = {(note.kind, note.id) for note in sealed_notes.buried(house.objects)}
    assert stones == {("project", project_id), ("snapshot", snapshot_id), ("release", release_id)}
    assert [note.id for note in sealed_notes.lists(house.objects)] == ["L1"]


def test_the_key_of_a_project_goes_with_its_last_snapshot(town: Town, house: House) -> None:
    project_id = approved_project(town)
    snapshot_id = cleared_snapshot(town, project_id)
    before = house.keys.project(project_id)
    with town.gateway.unit.writing() as work:
        work.need(Project, project_id).state = ProjectState.CLOSED
    sweep(house)
    assert house.keys.project(project_id) == before, "an officer may still look for people in it"
    with town.gateway.unit.writing() as work:
        work.need(Snapshot, snapshot_id).state = SnapshotState.RETIRED
    sweep(house)
    assert not house.keys.has_project(project_id)
    assert sealed_notes.is_buried(house.objects, Kind.KEY, project_id)


def test_a_note_holds_nothing_but_what_it_is_about(house: House, town: Town) -> None:
    told = {"micro_rho": 5, "delta_e15": 7, "project": "prj-1", "pool": town.pool_id, "request_digest": "d"}
    sealed_notes.note_spend(house.objects, release_id="rel-1", at=town.clock(), **told)
    written = json.loads(house.objects.get_bytes("spends/rel-1.json"))
    assert set(written) == {"kind", "id", "at", *told}
    assert [(note.id, note.told) for note in sealed_notes.spends(house.objects)] == [("rel-1", told)]


@pytest.fixture
def waiting(town: Town) -> str:
    project_id = approved_project(town)
    cleared_snapshot(town, project_id)
    release_id = submitted_release(town, project_id)
    town.do("checker1", Command.CLEAR_PLAN, release_id, {"reason": "public keys"})
    return release_id


def test_a_draw_is_noted_when_it_is_spent_and_before_anything_is_read(
    town: Town, house: House, waiting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def opened(*_: Any) -> Any:
        (note,) = sealed_notes.spends(house.objects)
        release = town.read(lambda work: work.need(Release, waiting))
        seen.append((note.id, note.told["micro_rho"], note.told["delta_e15"], release.state))
        raise DrawFailed

    monkeypatch.setattr(run_release, "open_snapshot", opened)
    run_release.run_release(house, waiting)
    release = town.read(lambda work: work.need(Release, waiting))
    assert seen == [(waiting, release.micro_rho, release.delta_e15, ReleaseState.DRAWING)]
    assert release.micro_rho > 0


def test_nothing_is_read_where_the_note_cannot_be_kept(
    town: Town, house: House, waiting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise StoreUnavailable("full")

    patience = house.gateway.settings.model_copy(update={"seal_patience_seconds": 0.0})
    house = replace(house, gateway=replace(house.gateway, settings=patience))
    monkeypatch.setattr(LocalObjects, "seal", full)
    monkeypatch.setattr(run_release, "open_snapshot", lambda *_: pytest.fail("it was read"))
    run_release.run_release(house, waiting)
    assert town.read(lambda work: work.need(Release, waiting)).state is ReleaseState.DRAWING


def test_a_draw_that_the_database_forgot_is_not_drawn_again(town: Town, house: House, waiting: str) -> None:
    sealed_notes.note_spend(house.objects, release_id=waiting, at=town.clock(), micro_rho=1, delta_e15=0)
    run_release.run_release(house, waiting)
    assert town.read(lambda work: work.need(Release, waiting)).state is ReleaseState.FAILED
