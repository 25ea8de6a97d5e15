"""The disk of the database fills up or becomes read-only: clear answers, nothing lost, and it goes on by itself."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.evidence import chain
from gateway.models import AuditEvent, Project
from gateway.store import audit_chain
from gateway.vocabulary import Command
from tests.factories.gateways import application
from tests.factories.object_stores import remount, small_disk
from tests.factories.sites import Site, open_site
from tests.factories.tried import Tried

pytestmark = pytest.mark.skipif("config.getoption('--database') != 'sqlite'", reason="the disk of a file of ours")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 4096) as folder:
        yield folder


@pytest.fixture
def site(disk: Path) -> Iterator[Site]:
    opened = open_site(disk, on="sqlite")
    yield opened
    opened.town.gateway.unit.dispose()


def spoil(site: Site, disk: Path, trouble: str) -> None:
    if trouble == "read-only":
        site.town.gateway.unit.dispose()  # a disk with files open for writing does not become read-only
        remount(disk, "ro")
        return
    with suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
        while filler.write(b"x" * 512):
            pass


def mend(disk: Path, trouble: str) -> None:
    if trouble == "read-only":
        remount(disk, "rw")
    else:
        (disk / "filler").unlink()


@pytest.mark.parametrize("trouble", ["full", "read-only"])
def test_commands_are_refused_while_the_disk_takes_nothing(site: Site, disk: Path, tried: Tried, trouble: str) -> None:
    town, client = site.town, site.app.test_client()
    given = {"label": "mine", "days": 9}
    secret = town.do("lead", Command.CREATE_TOKEN, town.people["lead"], given).returned["token"]
    path, asking = f"/api/v1/pools/{town.pool_id}/draft-project", application()
    asking = {"json": asking, "headers": {"Authorization": f"Bearer {secret}"}}
    before = client.post(path, **asking)
    assert before.status_code == 200, before.json
    rows = len(town.read(lambda work: work.all(AuditEvent)))
    spoil(site, disk, trouble)
    said = [client.post(path, **asking) for _ in range(40)]
    refused = [answer for answer in said if answer.status_code == 503]
    assert {answer.status_code for answer in said} <= {200, 503}, "a full disk is nobody's defect"
    assert refused, "the disk was not full"
    tried(len(refused))
    assert {answer.json["code"] for answer in refused} == {"database:away"}
    assert {answer.headers["Retry-After"] for answer in refused} == {"30"}
    mend(disk, trouble)
    after = client.post(path, **asking)
    assert after.status_code == 200, after.json
    written = 1 + sum(answer.status_code == 200 for answer in said)
    chained = town.read(audit_chain.export)
    assert chain.verify(chained).broken_at is None
    assert len(chained) == rows + written
    assert len(town.read(lambda work: work.all(Project))) == written + 1


@pytest.mark.parametrize("trouble", ["full", "read-only"])
def test_pages_say_so_instead_of_breaking(site: Site, disk: Path, trouble: str) -> None:
    client = site.client("lead")
    assert client.get("/tasks").status_code == 200
    spoil(site, disk, trouble)
    site.town.clock.pass_(minutes=5)  # the session's last use is to be noted
    answers = [client.get(path) for path in ("/tasks", "/", "/register") for _ in range(10)]
    assert {answer.status_code for answer in answers} <= {200, 503}
    away = [answer.text for answer in answers if answer.status_code == 503]
    assert all("does not answer at present." in text for text in away)
    assert away or trouble == "full"
    mend(disk, trouble)
    assert client.get("/tasks").status_code == 200
