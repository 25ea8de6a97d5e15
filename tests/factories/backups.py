"""A town with a house whose draws are real, on a small made-up world, and what lies on its disk."""

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.evidence import chain
from gateway.evidence.checkpoints import verify_checkpoints
from gateway.jobs import run_release
from gateway.jobs.house import House
from gateway.jobs.sign_checkpoint import sealed_checkpoints
from gateway.jobs.worker import run_once
from gateway.models import Budget, Release, Snapshot
from gateway.store import audit_chain
from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from gateway.vocabulary import Command
from tests.factories.gateways import REQUEST, SECRET, Town, approved_project, cleared_snapshot, submitted_release
from tests.factories.sites import small_world
from tests.factories.stores import contents
from tests.factories.worlds import write
from workspaces.snapshots.objects import ObjectStore

RECORDS = b"the records of people who may be destroyed"


@dataclass
class Kept:
    """A town and its house; `draw` asks, clears and draws."""

    town: Town
    house: House
    asked: list[str] = field(default_factory=list)

    @property
    def to(self) -> Path:
        return self.house.folder / "backups"

    def ask(self, project_id: str, epsilon: str = "0.1") -> str:
        """A release that waits for its draw; no two ask the same."""
        number = len(self.asked)
        request: dict[str, Any] = {**REQUEST, "title": f"Question {number}", "epsilon": epsilon}
        request["statistics"] = [{**REQUEST["statistics"][0], "name": f"hypertension_{number}"}]
        release_id = submitted_release(self.town, project_id, request)
        self.town.do("checker1", Command.CLEAR_PLAN, release_id, {"reason": "public keys"})
        self.asked.append(release_id)
        return release_id

    def begin(self, release_id: str) -> None:
        """Reserved, begun, noted, drawn and sealed in the store; not handed over."""
        run_release.run_release(self.house, release_id)

    def draw(self, project_id: str) -> str:
        """From the question to the sealed artefact."""
        release_id = self.ask(project_id)
        self.begin(release_id)
        self.town.clock.pass_(hours=2)
        self.work()
        return release_id

    def work(self) -> None:
        """Whatever is due."""
        while run_once(self.house):
            pass

    def release(self, release_id: str) -> Release | None:
        """Its row."""
        found: Release | None = self.town.read(lambda work: work.get(Release, release_id))
        return found

    def spent(self, holder: str = "") -> tuple[int, int]:
        """What a budget has spent; the pool's unless told."""
        budget: Budget = self.town.read(lambda work: work.need(Budget, holder or self.town.pool_id))
        return budget.spent_micro_rho, budget.spent_delta_e15

    def rows(self) -> list[dict[str, Any]]:
        """The log."""
        found: list[dict[str, Any]] = self.town.read(audit_chain.export)
        return found

    def verified(self) -> None:
        """An outsider with every checkpoint that was ever sealed finds nothing."""
        rows, sealed = self.rows(), sealed_checkpoints(self.house)
        assert chain.verify(rows).broken_at is None
        assert verify_checkpoints(rows, sealed, self.house.keys.public().hex()) is None

    def everything(self) -> bytes:
        """Every byte below the folder, and of the store."""
        files = (path.read_bytes() for path in sorted(self.house.folder.rglob("*")) if path.is_file())
        return b"".join([*files, *contents(self.house.objects).values()])


def kept(town: Town, monkeypatch: pytest.MonkeyPatch, objects: ObjectStore | None = None) -> Kept:
    """The house of a town over a store, a folder unless told; what its draws read is made once."""
    folder = town.gateway.settings.folder
    house = House(town.gateway, objects or LocalObjects(folder / "objects"), Keys(folder / "keys", SECRET))
    files = write(small_world(50), folder / "world")
    opened = SimpleNamespace(room=files.room, drawn=files.room, sampling=files.sampling)
    monkeypatch.setattr(run_release, "open_snapshot", lambda *_: opened)
    return Kept(town, house)


def project_with_snapshot(town: Town, house: House) -> str:
    """A project whose cleared snapshot lies in the store, under a manifest that we signed."""
    project_id = approved_project(town)
    snapshot_id = cleared_snapshot(town, project_id)
    manifest = f'{{"snapshot": "{snapshot_id}"}}'.encode()
    house.objects.put_bytes(f"snapshots/{snapshot_id}/room/person.parquet", RECORDS)
    house.objects.put_bytes(f"snapshots/{snapshot_id}/manifest.sig", house.keys.sign(manifest))
    house.objects.put_bytes(f"snapshots/{snapshot_id}/manifest.json", manifest)
    with town.gateway.unit.writing() as work:
        work.need(Snapshot, snapshot_id).manifest_digest = sha256(manifest).hexdigest()
    house.keys.project(project_id)
    return project_id
