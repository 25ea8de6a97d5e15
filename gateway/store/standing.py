"""Whether the gateway is open, or closed while its database is put back or moved to newer tables.

A file in the gateway's folder says so, since the database cannot; it outlives whoever wrote it, so that after a kill
nothing is served before the work is done again. Workers, requests and commands hold a lock for as long as they are
at work, so that what one of them commits is in the backup that was taken after it.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from workspaces.catalogue.errors import Invalid
from workspaces.snapshots.objects import StoreUnavailable

RESTORING, UPGRADING, ROTATING = "restoring", "upgrading", "rotating"
_FILE, _LOCK = "standing.json", "standing.lock"
_LOOK_AGAIN_SECONDS = 0.1


@dataclass(frozen=True)
class Standing:
    """Why the gateway is closed, since when (ISO 8601), and the backup, or handover, that it is about (or none yet)."""

    why: str
    since: str
    backup: str = ""


class Closed(StoreUnavailable):
    """The gateway is closed for a while; nothing was changed."""


def standing(folder: Path) -> Standing | None:
    """Why it is closed; None when it is open. A file that cannot be read keeps it closed."""
    try:
        return Standing(**json.loads((folder / _FILE).read_bytes()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        return Standing(RESTORING, "")


def need_open(folder: Path) -> None:
    """Raises Closed."""
    found = standing(folder)
    if found is not None:
        raise Closed(found.why)


@contextmanager
def at_work(folder: Path) -> Iterator[None]:
    """Around work that must not go on while the database is put back. Raises Closed."""
    with _lock(folder) as held:
        try:
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Closed(RESTORING) from None
        need_open(folder)
        yield


@contextmanager
def closed(folder: Path, why: str, now: datetime, *, patience: float) -> Iterator[None]:
    """Closed at once, entered when nobody is at work any more; it stays closed until `reopen`, come what may.

    Raises Invalid when work goes on for longer than `patience` seconds, or another restore does.
    """
    was = standing(folder)
    if was is None:
        note(folder, Standing(why, now.isoformat()))
    with _lock(folder) as held:
        if not _alone(held, patience):
            if was is None:
                reopen(folder)
            raise Invalid(
                "standing:busy",
                f"Work went on for more than {patience:.0f} seconds, or another restore or upgrade is on its way.",
                "Stop the services of this gateway, then try again.",
            )
        yield


def note(folder: Path, said: Standing) -> None:
    """Write down why it is closed, whole or not at all."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f".{_FILE}.{os.getpid()}"
    with draft.open("w", encoding="utf-8") as file:
        json.dump(asdict(said), file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, folder / _FILE)
    _settle(folder)


def reopen(folder: Path) -> None:
    """Open again."""
    (folder / _FILE).unlink(missing_ok=True)
    _settle(folder)


def _settle(folder: Path) -> None:
    # a power cut must not bring back an upgrade that is over: the next would put its backup back
    held = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)


@contextmanager
def _lock(folder: Path) -> Iterator[int]:
    try:
        held = os.open(folder / _LOCK, os.O_RDONLY | os.O_CREAT, 0o600)  # read only: a disk may be, and pages be read
    except OSError as trouble:
        raise StoreUnavailable(os.strerror(trouble.errno or 0)) from None
    try:
        yield held
    finally:
        os.close(held)


def _alone(held: int, patience: float) -> bool:
    end = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                return False
            time.sleep(_LOOK_AGAIN_SECONDS)
        else:
            return True
