"""Where snapshots are kept: a small protocol, so that a folder and an S3 bucket serve alike."""

import re
from pathlib import Path
from typing import Protocol

from workspaces.catalogue.errors import Invalid

_LONGEST = 200
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


class MissingObject(Invalid):
    """There is no object of that name."""

    def __init__(self) -> None:
        super().__init__("objects:missing", "The object store has no such object.", "Build or upload it again.")


class StoreUnavailable(Exception):
    """The store does not answer, is full, or does not let us in: nobody's bad input, to be tried again later.

    It says what kind of trouble, never which object or what stood in it.
    """


class AlreadySealed(Exception):
    """Other bytes were sealed under that name before: a defect, nothing was overwritten."""


class ObjectStore(Protocol):
    """Named bytes. A put is whole or not there at all; a name is `part/part/part` of letters, digits, `.`, `_`, `-`.

    Whatever goes wrong on the store's side raises `StoreUnavailable`.
    """

    def put_file(self, name: str, path: Path) -> None:
        """Keep a file's bytes under that name."""

    def put_bytes(self, name: str, content: bytes) -> None:
        """Keep bytes under that name."""

    def seal(self, name: str, content: bytes) -> None:
        """Keep bytes under that name for good: the same again changes nothing, others raise `AlreadySealed`."""

    def get_bytes(self, name: str) -> bytes:
        """The bytes; raises `MissingObject`."""

    def fetch(self, name: str, to: Path) -> None:
        """Write the bytes into a new file; raises `MissingObject`."""

    def exists(self, name: str) -> bool:
        """True when an object has that name."""

    def list(self, prefix: str) -> list[str]:
        """Names that begin with `prefix`, sorted."""

    def delete(self, name: str) -> None:
        """Remove the object; nothing happens when there is none."""

    def check(self) -> None:
        """Try a small write; raises `StoreUnavailable` when nothing could be kept now."""

    def tidy(self) -> None:
        """Remove what writers that died had begun to put."""


def check_name(name: str) -> str:
    """The name itself; ValueError for one that could leave its place in a folder."""
    if len(name) > _LONGEST or not _NAME.fullmatch(name):
        raise ValueError("an object's name has parts of letters, digits, '.', '_' and '-', separated by '/'")
    return name
