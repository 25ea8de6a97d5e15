"""Where snapshots are kept: a small protocol, so that a folder and an S3 bucket serve alike."""

import re
from pathlib import Path
from typing import Protocol

from workspaces.catalogue.errors import Invalid

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


class MissingObject(Invalid):
    """There is no object of that name."""

    def __init__(self) -> None:
        super().__init__("objects:missing", "The object store has no such object.", "Build or upload it again.")


class ObjectStore(Protocol):
    """Named bytes. A put is whole or not there at all; a name is `part/part/part` of letters, digits, `.`, `_`, `-`."""

    def put_file(self, name: str, path: Path) -> None:
        """Keep a file's bytes under that name."""

    def put_bytes(self, name: str, content: bytes) -> None:
        """Keep bytes under that name."""

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

    def tidy(self) -> None:
        """Remove what writers that died had begun to put."""


def check_name(name: str) -> str:
    """The name itself; ValueError for one that could leave its place in a folder."""
    if not _NAME.fullmatch(name):
        raise ValueError("an object's name has parts of letters, digits, '.', '_' and '-', separated by '/'")
    return name
