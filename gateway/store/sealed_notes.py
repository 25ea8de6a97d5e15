"""Small notes in the object store of what no restore may take back: draws that began, things that ended.

A restored database goes back in time; the store does not. A note is sealed before the thing that it is about happens,
so that whatever happened is known. None holds a record, an NHS number, or anything computed from one: a lock may
keep it for years.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from workspaces.snapshots.objects import AlreadySealed, ObjectStore

SPENDS, TOMBSTONES, LISTS, HANDOVERS = "spends/", "tombstones/", "lists/", "handovers/"


class Kind(StrEnum):
    """What ended for good."""

    SNAPSHOT = "snapshot"
    KEY = "key"
    LOAD = "load"
    ERASURE = "erasure"
    PROJECT = "project"
    RELEASE = "release"


@dataclass(frozen=True)
class Note:
    """One note: what it is about, when it was sealed (ISO 8601), and what it says."""

    kind: str
    id: str
    at: str
    told: Mapping[str, Any]


def note_spend(objects: ObjectStore, *, release_id: str, at: datetime, **told: Any) -> None:
    """A draw has begun and nothing is read yet. The same draw noted again changes nothing."""
    _seal(objects, f"{SPENDS}{release_id}.json", _body("spend", release_id, at, told))


def is_spent(objects: ObjectStore, release_id: str) -> bool:
    """True when a draw of that release began, whatever the database remembers."""
    return objects.exists(f"{SPENDS}{release_id}.json")


def bury(objects: ObjectStore, *, kind: Kind, id: str, at: datetime, **told: Any) -> None:
    """This ended for good; sealed before its bytes go. What is buried stays as it was first said."""
    _seal(objects, f"{TOMBSTONES}{kind.value}/{id}.json", _body(kind.value, id, at, told))


def note_list(objects: ObjectStore, *, local_id: str, at: datetime, **told: Any) -> None:
    """An opt-out list came into force."""
    _seal(objects, f"{LISTS}{local_id}.json", _body("list", local_id, at, told))


def spends(objects: ObjectStore) -> list[Note]:
    """Every draw that ever began, in the order of release ids."""
    return _all(objects, SPENDS)


def buried(objects: ObjectStore, *kinds: Kind) -> list[Note]:
    """Everything that ended; of these kinds where some are named."""
    every = _all(objects, TOMBSTONES)
    return [note for note in every if note.kind in {kind.value for kind in kinds}] if kinds else every


def lists(objects: ObjectStore) -> list[Note]:
    """Every opt-out list that was ever in force, the oldest activation first."""
    return sorted(_all(objects, LISTS), key=lambda note: note.at)


def is_buried(objects: ObjectStore, kind: Kind, id: str) -> bool:
    """True when there is a tombstone of that name."""
    return objects.exists(f"{TOMBSTONES}{kind.value}/{id}.json")


def _body(kind: str, id: str, at: datetime, told: Mapping[str, Any]) -> bytes:
    return json.dumps({**told, "kind": kind, "id": id, "at": at.isoformat()}, sort_keys=True, indent=1).encode()


def _seal(objects: ObjectStore, name: str, content: bytes) -> None:
    try:
        objects.seal(name, content)
    except AlreadySealed:
        if not objects.exists(name):
            raise


def _all(objects: ObjectStore, prefix: str) -> list[Note]:
    return [_read(objects.get_bytes(name)) for name in objects.list(prefix)]


def _read(content: bytes) -> Note:
    told = json.loads(content)
    return Note(told.pop("kind"), told.pop("id"), told.pop("at"), told)
