"""Several workers on one queue, and every task delivered twice: one draw a release, nothing else changes."""

import threading
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import SQLModel

from gateway.jobs import run_release as drawing
from gateway.jobs import worker
from gateway.jobs.house import House, open_house
from gateway.models import AuditEvent, LedgerEntry, Release, Task
from gateway.vocabulary import Command, EntryKind, ReleaseState, TaskKind
from tests.factories.faults_house import Town, do, settle, until
from tests.factories.faults_people import SCRIPT, question
from tests.factories.tried import Tried
from workspaces.rooms.base import Ended, RoomResult

WORKERS, RELEASES = 5, 8
APPROVE = {"verdict": "APPROVE", "reason": "nothing stands out"}


@pytest.fixture
def settled(tmp_path: Path) -> Iterator[Town]:
    town = settle(tmp_path, people=40)
    yield town
    town.at.gateway.unit.dispose()
    if town.server:
        town.server.remove()


@pytest.fixture
def draws(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """How often each request was drawn, by its price's place in the ledger."""
    counted: Counter[str] = Counter()
    real = drawing.draw

    def draw(request: Any, *rest: Any, **more: Any) -> Any:
        counted[request.title] += 1
        return real(request, *rest, **more)

    monkeypatch.setattr(drawing, "draw", draw)
    return counted


@pytest.fixture(autouse=True)
def _no_rooms(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = RoomResult(exit_code=0, ended=Ended.FINISHED, seconds=0.1)
    does = {
        "status": lambda *_args: None,
        "start": lambda *_args: None,
        "wait": lambda *_args: ran,
        "stop": lambda *_args: False,
    }
    rooms = type("Rooms", (), does)
    monkeypatch.setattr(House, "rooms", lambda _self: rooms())


def cleared(town: Town, number: int) -> str:
    release_id = do(town.at, "researcher", Command.DRAFT_RELEASE, town.project_id, {"request": question(number)})
    do(town.at, "researcher", Command.SUBMIT_RELEASE, release_id)
    do(town.at, "checker-1", Command.CLEAR_PLAN, release_id, {"reason": "fine"})
    return release_id


def all_at_work(town: Town, workers: int = WORKERS) -> None:
    """Several workers, each with a house of its own, until nothing is open."""
    stop = threading.Event()
    houses = [open_house(town.at.gateway.settings) for _ in range(workers)]
    threads = [threading.Thread(target=worker.run_forever, args=(house, stop)) for house in houses]
    for thread in threads:
        thread.start()
    done = until(lambda: not rows(town, Task, Task.done_at == None), 60)  # noqa: E711
    stop.set()
    for thread in threads:
        thread.join()
    for house in houses:
        house.gateway.unit.dispose()
    assert done


def rows(town: Town, table: type[SQLModel], *where: Any) -> list[Any]:
    with town.at.gateway.unit.reading() as work:
        return list(work.all(table, *where))


def deliver(town: Town, kind: TaskKind, subject_id: str) -> None:
    with town.at.gateway.unit.writing() as work:
        work.add(Task(kind=kind, subject_id=subject_id, due_at=town.at.gateway.now()))


def everything(town: Town) -> dict[str, Any]:
    """Every row but those of the queue, and every stored byte."""
    tables = (table for table in SQLModel.metadata.sorted_tables if table.name != "task")
    with town.at.gateway.unit.reading() as work:
        held = {t.name: sorted(map(repr, work.session.connection().execute(t.select()).all())) for t in tables}
    return held | {name: sha256(town.at.objects.get_bytes(name)).hexdigest() for name in town.at.objects.list("")}


def test_many_workers_draw_each_release_once(settled: Town, draws: Counter[str], tried: Tried) -> None:
    releases = [cleared(settled, number) for number in range(RELEASES)]
    for release_id in releases:
        deliver(settled, TaskKind.DRAW_RELEASE, release_id)  # twice from the start
        tried()
    all_at_work(settled)
    assert draws == {f"Question {number}": 1 for number in range(RELEASES)}
    assert {row.state for row in rows(settled, Release)} == {ReleaseState.SEALED}
    spends = rows(settled, LedgerEntry, LedgerEntry.kind == EntryKind.SPEND)
    assert sorted(entry.release_id for entry in spends) == sorted(releases)
    sealed = Counter(row.subject_id for row in rows(settled, AuditEvent, AuditEvent.event == "release:sealed"))
    assert sealed == dict.fromkeys(releases, 1)
    assert {(row.outcome, row.defects) for row in rows(settled, Task)} == {("done", 0)}


def test_every_kind_of_task_delivered_again_changes_nothing(settled: Town, draws: Counter[str], tried: Tried) -> None:
    at, project_id = settled.at, settled.project_id
    release_id = cleared(settled, 1)
    room = do(at, "researcher", Command.OPEN_WORKSPACE, project_id)
    transfer = do(at, "researcher", Command.BRING_IN, room, {"name": "run.py", "text": SCRIPT})
    all_at_work(settled, 2)
    do(at, "researcher", Command.RUN_JOB, transfer)
    for sub in ("checker-1", "checker-2"):
        do(at, sub, Command.REVIEW_RELEASE, release_id, APPROVE)
    do(at, "lead", Command.REQUEST_SNAPSHOT, project_id)
    all_at_work(settled, 2)
    do(at, "operator", Command.BEGIN_REFRESH, at.pool_id())
    all_at_work(settled, 2)
    done = rows(settled, Task)
    assert {row.kind for row in done} == set(TaskKind)
    again = [(row.kind, row.subject_id) for row in done if row.kind is not TaskKind.SIGN_CHECKPOINT]
    deliver(settled, TaskKind.SIGN_CHECKPOINT, release_id)
    all_at_work(settled, 2)  # whatever was logged since the last one is signed now
    before = everything(settled)
    for kind, subject_id in [*again, *again]:
        deliver(settled, kind, subject_id)
        tried()
    all_at_work(settled)
    assert everything(settled) == before
    assert draws == {"Question 1": 1}


def test_a_worker_that_comes_second_leaves_the_draw_to_the_first(
    settled: Town, draws: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    release_id, really = cleared(settled, 1), drawing._system

    def late(house: House, command: Command, release: Release, *given: Any) -> None:
        if command is Command.RESERVE_BUDGET:
            really(house, command, release)  # another worker was quicker
        really(house, command, release, *given)

    monkeypatch.setattr(drawing, "_system", late)
    assert drawing.run_release(settled.at, release_id) is None
    assert [row.state for row in rows(settled, Release)] == [ReleaseState.RESERVED]
    assert not draws
