"""The object store is away, slow, full or breaks off: nothing is drawn in vain, drawn twice, or half there."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.jobs import run_release
from gateway.jobs.house import House
from gateway.jobs.worker import run_once
from gateway.models import LedgerEntry, Release, Task
from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from gateway.store.s3 import S3Objects
from gateway.vocabulary import Command, EntryKind, ReleaseState
from tests.factories.gateways import Town, approved_project, cleared_snapshot, submitted_release
from tests.factories.object_stores import BUCKET, Door, Server, client, door, rclone, remount, small_disk
from tests.factories.sites import small_world
from tests.factories.tried import Tried
from tests.factories.worlds import write
from workspaces.snapshots.objects import MissingObject, StoreUnavailable

ROUNDS = 20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with rclone(tmp_path_factory.mktemp("s3") / "buckets") as running:
        yield running


@pytest.fixture
def before(server: Server) -> Iterator[Door]:
    if server.process is None:
        server.start()
    with door(server.port) as standing:
        yield standing


class Drawing:
    """A release whose plan is cleared, over a small made-up snapshot, with its bytes in the S3 server."""

    def __init__(self, town: Town, objects: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.town, self.draws = town, 0
        self.house = House(town.gateway, objects, Keys(folder / "keys", "k" * 32))
        project_id = approved_project(town)
        cleared_snapshot(town, project_id)
        self.release_id = submitted_release(town, project_id)
        town.do("checker1", Command.CLEAR_PLAN, self.release_id, {"reason": "public keys, published code list"})
        files = write(small_world(300), folder / "snapshot")
        opened = SimpleNamespace(room=files.room, drawn=files.room, sampling=files.sampling)
        monkeypatch.setattr(run_release, "open_snapshot", lambda *_: opened)
        self.after: Any = lambda: None  # what happens between the draw and its sealing
        really = run_release.draw

        def draw(*given: Any, **named: Any) -> Any:
            self.draws += 1
            artefact = really(*given, **named)
            self.after()
            return artefact

        monkeypatch.setattr(run_release, "draw", draw)

    def work(self) -> None:
        """Whatever is due for the draw, now and after its deadline; as the queue does, again after a trouble."""
        for _ in range(6):
            with suppress(StoreUnavailable):
                run_release.run_release(self.house, self.release_id)
            self.town.clock.pass_(hours=1)

    @property
    def state(self) -> ReleaseState:
        state: ReleaseState = self.town.read(lambda work: work.get(Release, self.release_id).state)
        return state

    def entries(self) -> list[EntryKind]:
        rows = self.town.read(lambda work: work.all(LedgerEntry, LedgerEntry.release_id == self.release_id))
        return [row.kind for row in rows]


@pytest.fixture
def drawing(town: Town, before: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drawing:
    monkeypatch.setattr(run_release, "FIRST_PAUSES", (0.05, 0.1, 0.2))
    monkeypatch.setattr(run_release, "LAST_PAUSE", 0.3)
    return Drawing(town, S3Objects(BUCKET, client(before.address, timeout=2)), tmp_path, monkeypatch)


def test_while_the_store_is_away_nothing_is_spent_and_the_work_comes_back(drawing: Drawing, server: Server) -> None:
    town = drawing.town
    queued = town.read(lambda work: [task for task in work.all(Task) if task.subject_id == drawing.release_id])
    assert len(queued) == 1
    with town.gateway.unit.writing() as work:  # nothing else is due
        for task in work.all(Task):
            task.done_at = None if task.id == queued[0].id else town.clock()
    server.kill()
    try:
        assert run_once(drawing.house)
        assert (drawing.state, drawing.entries(), drawing.draws) == (ReleaseState.PLAN_CLEARED, [], 0)
        assert town.read(lambda work: work.get(Task, queued[0].id).defects) == 0  # or it would be asked ever later
    finally:
        server.start()
    town.clock.pass_(minutes=1)
    assert run_once(drawing.house)
    town.clock.pass_(hours=1)
    assert run_once(drawing.house)
    assert (drawing.state, drawing.draws) == (ReleaseState.SEALED, 1)


def test_a_store_that_dies_after_the_draw_is_waited_for(drawing: Drawing, server: Server) -> None:
    def dies() -> None:
        server.kill()
        threading.Timer(1.5, server.start).start()

    drawing.after = dies
    drawing.work()
    assert (drawing.state, drawing.draws) == (ReleaseState.SEALED, 1)
    assert drawing.entries() == [EntryKind.RESERVE, EntryKind.SPEND]


def test_a_store_that_stays_away_costs_the_draw_and_leaves_nothing(drawing: Drawing, server: Server) -> None:
    drawing.house.gateway.settings.__dict__["seal_patience_seconds"] = 0.5
    drawing.after = server.kill
    try:
        with pytest.raises(StoreUnavailable):
            run_release.run_release(drawing.house, drawing.release_id)
    finally:
        server.start()
    drawing.town.clock.pass_(hours=1)
    run_release.run_release(drawing.house, drawing.release_id)
    assert (drawing.state, drawing.draws) == (ReleaseState.FAILED, 1)
    assert drawing.entries() == [EntryKind.RESERVE, EntryKind.SPEND]
    assert drawing.house.objects.list(f"releases/{drawing.release_id}/") == []


@pytest.mark.parametrize("trouble", [{"failing": 7}, {"slow": 0.3}, {"cut": 2}, {"failing": 3, "slow": 0.1, "cut": 1}])
def test_a_store_in_trouble_gets_the_release_all_the_same(
    drawing: Drawing, before: Door, trouble: dict[str, float]
) -> None:
    drawing.after = lambda: before.__dict__.update(trouble)
    drawing.work()
    assert (drawing.state, drawing.draws) == (ReleaseState.SEALED, 1)
    assert before.asked > 4


def test_what_breaks_off_is_never_taken_for_whole(before: Door, tmp_path: Path) -> None:
    store = S3Objects(BUCKET, client(before.address, attempts=1))
    store.put_bytes("a", b"0123456789" * 1000)
    before.cut = 1
    with pytest.raises(StoreUnavailable):
        store.get_bytes("a")
    before.cut = 1
    try:
        store.fetch("a", tmp_path / "out")  # a download asks again by itself
    except StoreUnavailable:
        assert not (tmp_path / "out").exists()
    else:
        assert (tmp_path / "out").read_bytes() == b"0123456789" * 1000
    assert before.cut == 0


def test_kills_of_the_store_leave_an_object_whole_or_not_there(server: Server, tmp_path: Path, tried: Tried) -> None:
    rng, content = random.Random(5), b"rows of people " * 200_000  # noqa: S311 - the moments need no secret
    (tmp_path / "in").write_bytes(content)
    if server.process is None:
        server.start()
    store = S3Objects(BUCKET, client(server.address, timeout=2))
    ends = {"put": 0, "refused": 0, "there": 0}
    for number in range(ROUNDS):
        name = f"kills/{number}"
        timer = threading.Timer(rng.uniform(0, 0.05), server.kill)
        timer.start()
        try:
            store.put_file(name, tmp_path / "in")
            ends["put"] += 1
            acknowledged = True
        except StoreUnavailable:
            ends["refused"] += 1
            acknowledged = False
        timer.join()
        server.start()
        try:
            assert store.get_bytes(name) == content
            ends["there"] += 1
        except MissingObject:
            assert not acknowledged
    tried(ROUNDS)
    assert ends["put"] + ends["refused"] == ROUNDS
    assert ends["refused"] > 0, "no kill came in the middle of anything"


def test_a_full_disk_keeps_what_was_there_and_takes_the_next_when_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 256) as disk:
        store = LocalObjects(disk / "objects")
        store.put_bytes("a", b"first")
        for call in (store.put_bytes, store.seal):
            with pytest.raises(StoreUnavailable, match="No space"):
                call("b", b"x" * 2**19)
        (disk / "filler").write_bytes(b"x" * 100_000)
        with pytest.raises(OSError, match="No space"):
            (disk / "rest").write_bytes(b"x" * 2**19)
        with pytest.raises(StoreUnavailable):
            store.check()
        assert (store.list(""), store.get_bytes("a")) == (["a"], b"first")
        (disk / "rest").unlink()
        (disk / "filler").unlink()
        store.check()
        store.put_bytes("b", b"second")
        assert store.list("") == ["a", "b"]


def test_a_read_only_disk_is_read_and_refuses_the_rest(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 256) as disk:
        store = LocalObjects(disk / "objects")
        store.put_bytes("a", b"first")
        remount(disk, "ro")
        assert store.get_bytes("a") == b"first"
        calls = [lambda: store.put_bytes("b", b"x"), lambda: store.seal("b", b"x"), lambda: store.delete("a")]
        for call in [*calls, store.check]:
            with pytest.raises(StoreUnavailable, match="Read-only"):
                call()
        remount(disk, "rw")
        assert store.list("") == ["a"]


@pytest.mark.parametrize("trouble", ["full", "read-only"])
def test_a_draw_waits_for_a_disk(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str) -> None:
    monkeypatch.setattr(run_release, "FIRST_PAUSES", (0.05, 0.1, 0.2))
    monkeypatch.setattr(run_release, "LAST_PAUSE", 0.3)
    with small_disk(tmp_path / "disk", 512) as disk:
        drawing = Drawing(town, LocalObjects(disk / "objects"), tmp_path, monkeypatch)

        def spoil() -> None:
            if trouble == "read-only":
                remount(disk, "ro")
                threading.Timer(1, lambda: remount(disk, "rw")).start()
                return
            with pytest.raises(OSError, match="No space"):
                (disk / "filler").write_bytes(b"x" * 2**20)
            threading.Timer(1, (disk / "filler").unlink).start()

        drawing.after, began = spoil, time.monotonic()
        drawing.work()
        assert (drawing.state, drawing.draws) == (ReleaseState.SEALED, 1)
        assert time.monotonic() - began > 1
