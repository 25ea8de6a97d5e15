"""The PostgreSQL server dies and its streaming standby is promoted: what was acknowledged is there, work goes on.

The gateway knows both servers by one address; the standby is synchronous, so that an acknowledged commit is on it.
"""

import json
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from gateway.evidence import chain
from gateway.models import Project
from gateway.store import audit_chain
from gateway.store.unit_of_work import UnitOfWork
from gateway.vocabulary import Command
from tests.factories.databases import TEMPLATE, Server, kind
from tests.factories.faults_house import until
from tests.factories.gateways import Town, application, settle_town

WRITERS = 4
PATIENCE = 60  # seconds, on a machine that has much else to do
NAME = "failover"


class Standby(Server):
    """A copy of a primary that follows it."""

    def __init__(self, primary: Server) -> None:
        self.folder = primary.folder / "standby"
        self.folder.mkdir()
        self.data, self.user = self.folder / "data", primary.user
        shutil.chown(self.folder, self.user)
        at = ("-h", str(primary.folder), "-U", "tre", "-D", str(self.data))
        self.run("pg_basebackup", *at, "-X", "stream", "-R", "--checkpoint=fast", "--no-sync")
        self.start()

    def promote(self) -> None:
        self.run("pg_ctl", "-D", str(self.data), "-w", "promote")


@dataclass
class Pair:
    """Primary and standby, and the one address of both."""

    primary: Server
    standby: Standby

    @property
    def address(self) -> str:
        folders = f"{self.primary.folder},{self.standby.folder}"
        return f"postgresql+psycopg://tre@/{NAME}?host={folders}&target_session_attrs=read-write&connect_timeout=3"


@pytest.fixture
def pair() -> Iterator[Pair]:
    if kind() != "postgresql":
        pytest.skip("two servers are of PostgreSQL")
    primary = Server()
    primary.create(NAME, TEMPLATE)
    standby = Standby(primary)
    with psycopg.connect(f"host={primary.folder} user=tre dbname=postgres", autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        connection.execute("SELECT pg_reload_conf()")
    yield Pair(primary, standby)
    standby.stop()
    primary.remove()


@dataclass
class Writers:
    """People who draft projects and try again when the database is away; what was acknowledged."""

    town: Town
    drafted: list[str] = field(default_factory=list)
    troubles: Counter[str] = field(default_factory=Counter)
    ended: threading.Event = field(default_factory=threading.Event)

    def write(self) -> None:
        while not self.ended.is_set():
            try:
                made = self.town.do("lead", Command.DRAFT_PROJECT, self.town.pool_id, application())
            except OperationalError as trouble:
                self.troubles[type(trouble.orig).__name__] += 1
                time.sleep(0.05)
            else:
                self.drafted.append(made.created_id)


def test_nothing_acknowledged_is_lost_when_the_standby_takes_over(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tests.factories.gateways.new_database", lambda *_: pair.address)
    town = settle_town(tmp_path)
    writers = Writers(town)
    threads = [threading.Thread(target=writers.write, daemon=True) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    time.sleep(2)
    until(lambda: len(writers.drafted) > 5, PATIENCE)
    before = len(writers.drafted)
    pair.primary.stop("immediate")
    time.sleep(1)
    pair.standby.promote()
    time.sleep(3)
    until(lambda: len(writers.drafted) > before + 5, PATIENCE)
    writers.ended.set()
    for thread in threads:
        thread.join(20)
    with capsys.disabled():
        told = {"acknowledged before": before, "after": len(writers.drafted) - before, **writers.troubles}
        print("\n" + json.dumps(told))
    assert before > 5
    assert len(writers.drafted) > before + 5, "work did not go on"
    assert writers.troubles, "nobody noticed that the server had died"
    kept = town.read(lambda work: {row.id for row in work.all(Project)})
    assert set(writers.drafted) <= kept, "an acknowledged command was lost"
    assert len(kept) - len(writers.drafted) <= WRITERS, "more than what was under way when it died"
    assert chain.verify(town.read(audit_chain.export)).broken_at is None
    town.gateway.unit.dispose()


def test_a_server_that_only_reads_is_never_written_to(pair: Pair) -> None:
    """The address finds whichever server takes writes; asked alone, the standby is refused as one that does not."""
    alone = f"postgresql+psycopg://tre@/{NAME}?host={pair.standby.folder}&target_session_attrs=read-write"
    unit = UnitOfWork(alone)
    with pytest.raises(OperationalError), unit.writing():
        pass
    unit.dispose()
