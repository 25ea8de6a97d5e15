"""What nobody may read any more is removed by whichever worker looks next; all else stays."""

import fcntl
import os
import time
from pathlib import Path

import pytest

from gateway.jobs.house import House
from gateway.jobs.sweep import sweep
from gateway.models import Release, Snapshot
from gateway.store import objects as store
from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from gateway.vocabulary import ReleaseState, SnapshotState
from tests.factories.gateways import Town, approved_project, cleared_snapshot, submitted_release


@pytest.fixture
def house(town: Town, tmp_path: Path) -> House:
    return House(town.gateway, LocalObjects(tmp_path / "objects"), Keys(tmp_path / "keys", "k" * 32))


def put_snapshot(house: House, snapshot_id: str) -> Path:
    for name in ("room/person.parquet", "manifest.json"):
        house.objects.put_bytes(f"snapshots/{snapshot_id}/{name}", b"records")
    opened = house.folder / "snapshots" / f"{snapshot_id}.0123456789abcdef"
    for place in ("room", "draw"):
        (opened / place).mkdir(parents=True)
    return opened


@pytest.mark.parametrize("state", list(SnapshotState))
def test_snapshots_go_when_they_failed_or_were_retired(town: Town, house: House, state: SnapshotState) -> None:
    snapshot_id = cleared_snapshot(town, approved_project(town))
    opened = put_snapshot(house, snapshot_id)
    with town.gateway.unit.writing() as work:
        work.need(Snapshot, snapshot_id).state = state
    sweep(house)
    gone = state in {SnapshotState.FAILED, SnapshotState.RETIRED}
    assert house.objects.list(f"snapshots/{snapshot_id}/") == [] or not gone
    assert opened.is_dir() is not gone


def test_a_snapshot_waits_for_the_draw_that_reads_it(town: Town, house: House) -> None:
    project_id = approved_project(town)
    snapshot_id = cleared_snapshot(town, project_id)
    opened = put_snapshot(house, snapshot_id)
    release_id = submitted_release(town, project_id)
    for drawing in (ReleaseState.DRAWING, ReleaseState.FAILED):
        with town.gateway.unit.writing() as work:
            work.need(Snapshot, snapshot_id).state = SnapshotState.RETIRED
            work.need(Release, release_id).state = drawing
        sweep(house)
        assert opened.is_dir() is (drawing is ReleaseState.DRAWING)


@pytest.mark.parametrize("state", list(ReleaseState))
def test_bytes_of_a_release_go_when_its_draw_failed(town: Town, house: House, state: ReleaseState) -> None:
    project_id = approved_project(town)
    cleared_snapshot(town, project_id)
    release_id = submitted_release(town, project_id)
    names = [f"releases/{release_id}/{name}" for name in ("artefact.json", "package.zip")]
    for name in names:
        house.objects.put_bytes(name, b"figures")
    with town.gateway.unit.writing() as work:
        work.need(Release, release_id).state = state
    sweep(house)
    assert house.objects.list("releases/") == ([] if state is ReleaseState.FAILED else names)


def test_what_is_of_no_row_of_ours_stays(house: House) -> None:
    """A gateway that was started on another database must not empty the store."""
    for name in ("snapshots/snp-0/manifest.json", "releases/rel-0/artefact.json"):
        house.objects.put_bytes(name, b"of another")
    sweep(house)
    assert len(house.objects.list("")) == 2


def test_drafts_of_dead_writers_go_and_those_of_the_living_stay(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    root = house.folder / "objects" / "releases"
    root.mkdir(parents=True)
    dead, living, young = root / "..dead", root / "..living", root / "..young"
    for path in (dead, living):
        path.write_bytes(b"half of it")
    time.sleep(0.3)
    young.write_bytes(b"not locked yet")
    monkeypatch.setattr(store, "_YOUNG_SECONDS", 0.25)
    held = os.open(living, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    try:
        house.objects.tidy()
        assert sorted(root.iterdir()) == [living, young]
    finally:
        os.close(held)
