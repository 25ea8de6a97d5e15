"""Private folders for work in progress that do not outlive it: not a return, not an error, not a kill.

They hold NHS numbers or records, so what a killed process left is removed by the next that works in the same place.
Each owner holds a lock (flock) on its folder; a folder whose lock is free has no owner any more.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = ".scratch."


@contextmanager
def scratch_folder(place: Path) -> Iterator[Path]:
    """A new folder (0700) in `place`, on the same disk, gone afterwards; what others left there goes first."""
    with _alone(place):
        sweep(place)
        folder = Path(tempfile.mkdtemp(dir=place, prefix=PREFIX))
        held = os.open(folder, os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        _remove(folder)
        os.close(held)


def sweep(place: Path) -> int:
    """Remove every folder that nobody owns; gives how many there were. The caller holds the place's lock."""
    left = [folder for folder in place.glob(f"{PREFIX}*") if folder.is_dir() and not _owned(folder)]
    for folder in left:
        _remove(folder)
    return len(left)


def _remove(folder: Path) -> None:
    for place, _, _ in os.walk(folder):
        os.chmod(place, 0o700)
    shutil.rmtree(folder, ignore_errors=True)


def _owned(folder: Path) -> bool:
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(held)
    return False


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    with (place / f"{PREFIX}lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
