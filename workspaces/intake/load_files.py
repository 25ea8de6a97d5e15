"""The files of a load as they lie in the vault, and how they are read: under the load's own key where it has one.

Sealed files are opened into memory (memfd) and nowhere else: once a key is destroyed, nothing of its load can be read
from the disk. Their paths lead through /proc and are good as long as this process keeps them open.
"""

import os
from pathlib import Path
from typing import BinaryIO, Protocol
from weakref import finalize

from workspaces.catalogue.errors import Invalid
from workspaces.sealing import NotSealed, seal, unseal

SEALED = ".sealed"


class LoadKeys(Protocol):
    """A key of 32 bytes for each load, by its name; kept wrapped, made at first use."""

    def load(self, name: str) -> bytes:
        """The key of a load."""

    def loads(self) -> set[str]:
        """Names of all loads that have a key."""

    def shred_load(self, name: str) -> None:
        """Destroy a key; nothing happens when there is none."""


class OpenFiles:
    """Sealed files that this process has open, by where they lie; closed with the object, or before."""

    def __init__(self) -> None:
        self._held: dict[Path, int] = {}
        finalize(self, _close, self._held)

    def path_of(self, sealed: Path, key: bytes) -> str:
        """A path under which the engine reads the file; the same file gives the same path. Raises Invalid."""
        if sealed not in self._held:
            self._held[sealed] = os.memfd_create(sealed.parent.name[:16])
            with os.fdopen(os.dup(self._held[sealed]), "wb") as target:
                open_into(sealed, target, key)
        return str(opened() / str(self._held[sealed]))

    def close(self) -> None:
        """Give the memory back; paths that were given are no longer good."""
        _close(self._held)


def opened() -> Path:
    """The folder in which this process sees the files that it has open."""
    return Path(f"/proc/{os.getpid()}/fd")


def _close(held: dict[Path, int]) -> None:
    while held:
        os.close(held.popitem()[1])


def open_into(sealed: Path, target: BinaryIO, key: bytes) -> None:
    """Write what a sealed file holds. Raises Invalid when it is gone, or not as it was sealed."""
    try:
        unseal(sealed, target, key)
    except (NotSealed, OSError):
        raise Invalid(
            "intake:vault_damaged",
            f"The table {sealed.stem} of a load cannot be opened with the key of that load.",
            "Restore the vault and its keys, or load that source again.",
        ) from None


def seal_tables(folder: Path, key: bytes) -> None:
    """Seal every table of a folder in place."""
    for path in sorted(folder.glob("*.parquet")):
        seal(path, path.with_suffix(SEALED), key)
        path.unlink()


def open_tables_of(folder: Path, target: Path, key: bytes) -> None:
    """Write every sealed table of a folder into another, open."""
    for path in sorted(folder.glob(f"*{SEALED}")):
        with (target / f"{path.stem}.parquet").open("wb") as file:
            open_into(path, file, key)
