"""A snapshot in the object store, and the folder that it becomes where it is read.

In the store: `snapshots/ID/room/TABLE.parquet`, `snapshots/ID/draw/sampling.parquet`, the signature, and last
the manifest; without its manifest a snapshot is not there.
"""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workspaces.catalogue.errors import Invalid
from workspaces.intake.deliveries import fingerprint
from workspaces.scratch import scratch_folder
from workspaces.snapshots import readme
from workspaces.snapshots.manifest import check_signature, digest_of
from workspaces.snapshots.minimise import Written
from workspaces.snapshots.objects import ObjectStore
from workspaces.snapshots.plan import BuiltSnapshot, SnapshotPlan


@dataclass(frozen=True)
class SnapshotFolder:
    """A snapshot as files, read-only. Only `room` may be shown to a workspace; `sampling` is for draws alone."""

    root: Path

    @property
    def room(self) -> Path:
        """The folder with `TABLE.parquet` for each approved table and nothing else."""
        return self.root / "room"

    @property
    def drawn(self) -> Path:
        """The folder with the tables that draws read: the room's, unless its copy is a coarser one."""
        own = [path for path in self.sampling.parent.glob("*.parquet") if path != self.sampling]
        return self.sampling.parent if own else self.room

    @property
    def sampling(self) -> Path:
        """The file of sampling keys."""
        return self.root / "draw" / "sampling.parquet"


def _name(snapshot_id: str, *parts: str) -> str:
    return "/".join(("snapshots", snapshot_id, *parts))


DRAWN = "drawn:"
"""Before the name of a table that only draws read, where the room has another copy of it."""


def _place(table: str) -> tuple[str, str]:
    own = table == "sampling" or table.startswith(DRAWN)
    return ("draw" if own else "room", f"{table.removeprefix(DRAWN)}.parquet")


def files_of(manifest: bytes) -> list[str]:
    """Every file of the snapshot, below its own name."""
    return sorted("/".join(_place(table)) for table in json.loads(manifest)["tables"])


def keep(
    store: ObjectStore,
    plan: SnapshotPlan,
    manifest: bytes,
    tables: Mapping[str, Written],
    sign: Callable[[bytes], bytes],
) -> BuiltSnapshot:
    """Put every file into the store, the manifest last."""
    for table, written in sorted(tables.items()):
        store.put_file(_name(plan.snapshot_id, *_place(table)), written.path)
    store.put_bytes(_name(plan.snapshot_id, "manifest.sig"), sign(manifest))
    store.put_bytes(_name(plan.snapshot_id, "manifest.json"), manifest)
    return _built(manifest)


def built_before(store: ObjectStore, plan: SnapshotPlan) -> BuiltSnapshot | None:
    """What an earlier build of the same plan stored, so that a build cut off after its last put is not repeated.

    `Invalid` when another plan was built under that id: snapshots never change.
    """
    name = _name(plan.snapshot_id, "manifest.json")
    if not store.exists(name):
        return None
    manifest = store.get_bytes(name)
    if json.loads(manifest)["plan_digest"] != plan.digest:
        raise Invalid(
            "snapshot:exists",
            "There is a snapshot of that id, built from another plan.",
            "Request a new snapshot.",
        )
    return _built(manifest)


def _built(manifest: bytes) -> BuiltSnapshot:
    held: dict[str, Any] = json.loads(manifest)
    return BuiltSnapshot(
        manifest=manifest,
        manifest_digest=digest_of(manifest),
        people=held["people"],
        people_in=held["steps"][0]["people_in"],
        removed_by_reason={reason: number for step in held["steps"] for reason, number in step["removed"].items()},
        tables=_rows(held["tables"]),
        exempted=held.get("exempted", 0),
        risk=held.get("risk", {}),
    )


def _rows(tables: dict[str, Any]) -> dict[str, int]:
    """Rows by table, of those that draws read."""
    drawn = {name.removeprefix(DRAWN): tables[name]["rows"] for name in tables if name.startswith(DRAWN)}
    return {name: facts["rows"] for name, facts in tables.items() if ":" not in name and name != "sampling"} | drawn


def read_manifest(store: ObjectStore, snapshot_id: str, public_key: bytes | None = None) -> bytes:
    """The manifest's bytes; with the gateway's public key (32 raw bytes), only if its signature holds."""
    manifest = store.get_bytes(_name(snapshot_id, "manifest.json"))
    if public_key is not None:
        signature = store.get_bytes(_name(snapshot_id, "manifest.sig"))
        check_signature(manifest=manifest, signature=signature, public_key=public_key)
    return manifest


def open_snapshot(
    store: ObjectStore, snapshot_id: str, folder: Path, public_key: bytes | None = None
) -> SnapshotFolder:
    """The snapshot as read-only files below `folder`, fetched and checked against its manifest at the first use.

    Raises `Invalid` when it is not stored, or a file is not the one that its manifest names.
    """
    manifest = read_manifest(store, snapshot_id, public_key)
    opened = SnapshotFolder(folder / f"{snapshot_id}.{digest_of(manifest)[:16]}")
    if not opened.root.is_dir():
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        with scratch_folder(folder) as draft:
            _fetch(store, snapshot_id, json.loads(manifest), draft)
            _settle(draft, opened.root)
    return opened


def _fetch(store: ObjectStore, snapshot_id: str, manifest: Mapping[str, Any], draft: Path) -> None:
    for table, facts in manifest["tables"].items():
        place, name = _place(table)
        (draft / place).mkdir(exist_ok=True)
        store.fetch(_name(snapshot_id, place, name), draft / place / name)
        if fingerprint(draft / place / name) != facts["sha256"]:
            raise Invalid(
                "snapshot:damaged",
                f"The stored table {table} is not the one that the manifest names.",
                "Build a new snapshot; tell the IG officer.",
            )
        (draft / place / name).chmod(0o444 if place == "room" else 0o400)
    (draft / "room").mkdir(exist_ok=True)
    readme.write(manifest["plan"], draft / "room")
    (draft / "room").chmod(0o555)
    (draft / "draw").chmod(0o500)


def _settle(draft: Path, root: Path) -> None:
    draft.chmod(0o711)
    try:
        os.rename(draft, root)
    except OSError:  # another process opened it first; its files are the same
        if not root.is_dir():
            raise


def discard(folder: Path, snapshot_id: str) -> None:
    """Remove the opened files of a snapshot, as when it is destroyed; the store is emptied by `destroy`."""
    for root in folder.glob(f"{snapshot_id}.*"):
        for place in ("room", "draw"):
            (root / place).chmod(0o700)
        shutil.rmtree(root)


def destroy(store: ObjectStore, snapshot_id: str) -> None:
    """Remove a snapshot from the store, its manifest first: from then on it is not there."""
    store.delete(_name(snapshot_id, "manifest.json"))
    for name in store.list(_name(snapshot_id, "")):
        store.delete(name)
