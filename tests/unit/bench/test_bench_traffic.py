"""`bench traffic` in small: the crowd, its arrivals, and books that would show an overspend or a second draw."""

import random
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from gateway.jobs.house import House
from gateway.models import Budget, LedgerEntry
from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from gateway.vocabulary import EntryKind
from infra.bench.traffic.asking import Ask, awaited, closed_loop, open_arrivals
from infra.bench.traffic.reckoning import reckon
from infra.bench.traffic.run import Load, run
from infra.bench.traffic.town import Size
from tests.factories.gateways import Town, approved_project, cleared_snapshot, sealed_release
from tests.factories.object_stores import free_port

PAUSE = 0.2


class Slow(BaseHTTPRequestHandler):
    """Answers everybody after the same pause."""

    def do_GET(self) -> None:
        time.sleep(PAUSE)
        self.send_response(200 if self.path == "/" else 404)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def slow() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def test_open_arrivals_wait_for_nobody_and_a_closed_loop_does(slow: int) -> None:
    rng = random.Random(3)  # noqa: S311
    opened = awaited(open_arrivals(slow, lambda: Ask("x", "/"), rate=40, seconds=1.5, rng=rng))
    closed = awaited(closed_loop(slow, lambda: Ask("x", "/"), clients=2, seconds=1))
    assert len(opened) > 30, "one after another there could be seven"
    assert 2 <= len(closed) <= 2 * (1 / PAUSE + 1)
    assert {each.status for each in (*opened, *closed)} == {200}
    assert min(each.seconds for each in opened) >= PAUSE


def test_what_is_not_answered_is_an_answer_of_its_own(slow: int) -> None:
    told: list[int] = []
    asked = Ask("x", "/nowhere", then=lambda answer: told.append(answer.status))
    awaited(closed_loop(slow, lambda: asked, clients=1, seconds=0.1))
    awaited(closed_loop(free_port(), lambda: asked, clients=1, seconds=0.01))
    assert told[0] == 404
    assert told[-1] == 0


def test_a_loop_that_runs_already_is_no_hindrance(slow: int) -> None:
    async def within() -> int:
        return len(awaited(closed_loop(slow, lambda: Ask("x", "/"), clients=1, seconds=0.1)))

    assert awaited(within()) == 1


def test_wrong_books_are_told(town: Town, tmp_path: Any) -> None:
    project_id = approved_project(town)
    cleared_snapshot(town, project_id)
    release_id = sealed_release(town, project_id)
    at = House(town.gateway, LocalObjects(tmp_path / "objects"), Keys(tmp_path / "keys", "k" * 32))
    books = reckon(at)
    assert (books.wrong, books.paid, books.drawn, books.budgets) == ((), 1, 1, 1)
    with town.gateway.unit.writing() as work:
        work.need(Budget, project_id).spent_micro_rho += 1
        of_nobody = {"at": town.clock(), "pool_id": town.pool_id, "project_id": project_id}
        work.add(LedgerEntry(**of_nobody, release_id="rel-x", kind=EntryKind.SPEND, micro_rho=1, delta_e15=0))
        work.add(LedgerEntry(**of_nobody, release_id="rel-x", kind=EntryKind.RESERVE, micro_rho=0, delta_e15=0))
    said = " ".join(reckon(at).wrong)
    for part in (
        f"budget {project_id} differs",
        "pool's budget",
        "rel-x was begun 0 times",
        "rel-x was paid for and not drawn",
    ):
        assert part in said
    assert release_id not in said


@pytest.mark.slow
def test_everybody_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """The whole run with few people for a few seconds: real servers, PostgreSQL, workers."""
    load = Load(seconds=5, closed_seconds=2, workers=2, clients=4)
    size = Size(researchers=4, checkers=4, committee=4, projects=2)
    done = run(size, load, free_port(), lambda _: None)
    with capsys.disabled():
        print(f"\ntraffic: {done.counts()}")
    assert done.errors == {}
    assert done.books.wrong == ()
    assert done.books.paid == done.books.drawn > 0
    assert done.capacity > 0
    kinds = {each.kind.split(" ")[1] for each in done.answers if each.kind.startswith("page ")}
    assert kinds == {"public", "researcher", "checker", "committee"}
