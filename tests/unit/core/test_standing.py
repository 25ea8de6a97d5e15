"""Closed while the database is put back: nobody reads, nobody works, and a kill does not open it."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.jobs.house import House
from gateway.jobs.worker import run_forever
from gateway.models import Task
from gateway.store import standing
from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from gateway.vocabulary import TaskKind
from gateway.web.sessions import DatabaseSessions
from tests.factories.gateways import Town
from tests.factories.sites import Site, open_site
from workspaces.catalogue.errors import Invalid


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = open_site(tmp_path_factory.mktemp("closed"))
    yield made
    made.town.gateway.unit.dispose()


@pytest.fixture
def folder(site: Site) -> Iterator[Path]:
    folder = site.town.gateway.settings.folder
    yield folder
    standing.reopen(folder)


@pytest.mark.parametrize("why", [standing.RESTORING, standing.UPGRADING])
@pytest.mark.parametrize("path", ["/", "/register", "/tasks", "/nowhere", "/api/v1/me", "/api/v1/register"])
def test_every_page_says_so(site: Site, folder: Path, path: str, why: str) -> None:
    was = site.client("ig").get(path).status_code
    standing.note(folder, standing.Standing(why, "now"))
    answer = site.client().get(path)
    assert answer.status_code == 503
    assert "gateway:closed" in answer.text
    assert "Retry-After" in answer.headers
    standing.reopen(folder)
    assert site.client("ig").get(path).status_code == was


def test_health_answers_and_readiness_says_no(site: Site, folder: Path) -> None:
    standing.note(folder, standing.Standing(standing.RESTORING, "now"))
    client = site.client()
    assert client.get("/api/v1/health").status_code == 200
    ready = client.get("/api/v1/ready")
    assert (ready.status_code, ready.json["parts"]["open"]) == (503, False)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"odd": 1}'])
def test_what_cannot_be_read_keeps_it_closed(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "standing.json").write_bytes(content)
    with pytest.raises(standing.Closed):
        standing.need_open(tmp_path)


def test_who_is_at_work_is_waited_for(tmp_path: Path, town: Town) -> None:
    with standing.at_work(tmp_path):
        with (
            pytest.raises(Invalid, match="Work went on") as why,
            standing.closed(tmp_path, standing.RESTORING, town.clock(), patience=0.1),
        ):
            pytest.fail("somebody is at work")
        assert why.value.code == "standing:busy"
        assert standing.standing(tmp_path) is None, "open again: nothing was done"
    with (
        standing.closed(tmp_path, standing.RESTORING, town.clock(), patience=0.1),
        pytest.raises(standing.Closed),
        standing.at_work(tmp_path),
    ):
        pytest.fail("it is closed")
    assert standing.standing(tmp_path) is not None, "only reopening opens it"


@pytest.mark.parametrize("path", ["/", "/nowhere", "/api/v1/me"])
def test_a_request_on_its_way_is_waited_for(
    site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """What it commits would be behind the backup of an upgrade, and lost with its rollback."""
    seen, kept = [], DatabaseSessions.save_session

    def late(*given: Any) -> None:
        seen.append(busy(folder))
        kept(*given)

    monkeypatch.setattr(DatabaseSessions, "save_session", late)
    site.client("ig").get(path)
    assert seen
    assert all(seen)
    assert not busy(folder), "nothing is held when it is over"


def busy(folder: Path) -> bool:
    try:
        with standing.closed(folder, standing.UPGRADING, datetime.now(UTC), patience=0):
            standing.reopen(folder)
    except Invalid as why:
        return why.code == "standing:busy"
    return False


def test_a_worker_leaves_its_work_where_it_is(town: Town, tmp_path: Path) -> None:
    house = House(town.gateway, LocalObjects(tmp_path / "objects"), Keys(tmp_path / "keys", "k" * 32))
    with town.gateway.unit.writing() as work:
        work.add(Task(kind=TaskKind.SIGN_CHECKPOINT, subject_id="rel-1", due_at=town.clock()))
    standing.note(house.folder, standing.Standing(standing.RESTORING, "now"))
    stop = threading.Event()
    worker = threading.Thread(target=run_forever, args=(house, stop))
    worker.start()
    stop.wait(0.5)
    assert town.read(lambda work: work.find(Task)).attempts == 0
    standing.reopen(house.folder)
    for _ in range(300):
        if town.read(lambda work: work.find(Task, Task.subject_id == "rel-1")).done_at is not None:
            break
        stop.wait(0.1)
    stop.set()
    worker.join()
    assert town.read(lambda work: work.find(Task, Task.subject_id == "rel-1")).done_at is not None
