"""The object store of one machine: files under a folder. `s3.py` is the same on a bucket."""

import fcntl
import io
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from workspaces.snapshots.objects import AlreadySealed, MissingObject, StoreUnavailable, check_name

_YOUNG_SECONDS = 5.0
_TRIAL = "trial"


class LocalObjects:
    """Objects as read-only files under one folder, moved into place whole."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put_file(self, name: str, path: Path) -> None:
        """Copy the file under that name."""
        with path.open("rb") as source:
            self._put(name, source)

    def put_bytes(self, name: str, content: bytes) -> None:
        """Write bytes under that name."""
        self._put(name, io.BytesIO(content))

    def seal(self, name: str, content: bytes) -> None:
        """Write bytes once: the link into place fails when the name is taken."""
        try:
            self._put(name, io.BytesIO(content), place=os.link)
        except FileExistsError:
            if self.get_bytes(name) != content:
                raise AlreadySealed from None

    def get_bytes(self, name: str) -> bytes:
        """The bytes; raises `MissingObject`."""
        try:
            with _working():
                return self._path(name, make=False).read_bytes()
        except FileNotFoundError:
            raise MissingObject from None

    def fetch(self, name: str, to: Path) -> None:
        """Copy an object into a new file."""
        try:
            with _working():
                shutil.copyfile(self._path(name, make=False), to)
        except FileNotFoundError:
            raise MissingObject from None

    def exists(self, name: str) -> bool:
        """True when there is a file of that name."""
        return self._path(name, make=False).is_file()

    def list(self, prefix: str) -> list[str]:
        """Names that begin with `prefix`, sorted; drafts are not objects."""
        files = (path for path in self.root.rglob("*") if path.is_file() and not path.name.startswith(".."))
        names = (path.relative_to(self.root).as_posix() for path in files)
        return sorted(name for name in names if name.startswith(prefix))

    def delete(self, name: str) -> None:
        """Remove the file."""
        with _working():
            self._path(name, make=False).unlink(missing_ok=True)

    def check(self) -> None:
        """Write and remove one small object."""
        with _draft(self.root) as draft:
            draft.write(_TRIAL.encode() * 1_000)
            draft.flush()
            os.fsync(draft.fileno())
            os.unlink(draft.name)

    def tidy(self) -> None:
        """Remove drafts whose writers died: nobody holds their lock. Young ones may not have it yet."""
        for path in self.root.rglob("..?*"):
            with suppress(OSError), path.open("rb") as draft:  # BlockingIOError: it is being written
                fcntl.flock(draft, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if time.time() - path.stat().st_ctime > _YOUNG_SECONDS:
                    path.unlink()

    def _path(self, name: str, *, make: bool = True) -> Path:
        path = self.root / check_name(name)
        if make:
            with _working():
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def _put(self, name: str, source: Any, place: Any = os.replace) -> None:
        target = self._path(name)
        try:
            with _draft(target.parent) as draft:
                shutil.copyfileobj(source, draft, 2**20)
                draft.flush()
                os.fsync(draft.fileno())
                os.chmod(draft.name, 0o400)
                place(draft.name, target)
        except FileNotFoundError:
            raise StoreUnavailable("the folder is gone") from None


@contextmanager
def _working() -> Iterator[None]:
    """A disk that is full, read-only or broken is the store's trouble; a missing or taken name is the caller's."""
    try:
        yield
    except (FileNotFoundError, FileExistsError):
        raise
    except OSError as trouble:
        raise StoreUnavailable(os.strerror(trouble.errno or 0)) from None


@contextmanager
def _draft(folder: Path) -> Iterator[Any]:
    """A new file that nobody takes for an object, locked while it is written; gone unless it was moved."""
    with _working(), tempfile.NamedTemporaryFile(dir=folder, prefix="..", delete=False) as draft:
        try:
            fcntl.flock(draft, fcntl.LOCK_EX)
            yield draft
        finally:
            with suppress(FileNotFoundError):
                os.unlink(draft.name)
