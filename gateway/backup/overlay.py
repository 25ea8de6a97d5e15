"""The object store of a rehearsal: reads what is there, and keeps to itself what it puts or deletes."""

from pathlib import Path

from gateway.store.objects import LocalObjects
from workspaces.snapshots.objects import MissingObject, ObjectStore


class Overlay:
    """A store in front of another that stays as it is."""

    def __init__(self, below: ObjectStore, folder: Path) -> None:
        self.below = below
        self.above = LocalObjects(folder)
        self.gone: set[str] = set()

    def put_file(self, name: str, path: Path) -> None:
        """Keep a file's bytes here alone."""
        self.put_bytes(name, path.read_bytes())

    def put_bytes(self, name: str, content: bytes) -> None:
        """Keep bytes here alone."""
        self.above.put_bytes(name, content)
        self.gone.discard(name)

    def seal(self, name: str, content: bytes) -> None:
        """Keep bytes here alone; what is sealed below stays."""
        if not self.exists(name) or self.get_bytes(name) != content:
            self.above.seal(name, content)

    def get_bytes(self, name: str) -> bytes:
        """What was put here, else what is below."""
        return self._of(name).get_bytes(name)

    def fetch(self, name: str, to: Path) -> None:
        """Write the bytes into a new file."""
        self._of(name).fetch(name, to)

    def exists(self, name: str) -> bool:
        """True when it is here, or below and not deleted here."""
        return name not in self.gone and (self.above.exists(name) or self.below.exists(name))

    def list(self, prefix: str) -> list[str]:
        """Names of both, sorted, without those that were deleted here."""
        return sorted({*self.above.list(prefix), *self.below.list(prefix)} - self.gone)

    def delete(self, name: str) -> None:
        """Hide it."""
        self.gone.add(name)

    def check(self) -> None:
        """The one below must answer."""
        self.below.exists("trial/object")

    def tidy(self) -> None:
        """Nothing is left lying here."""

    def _of(self, name: str) -> ObjectStore:
        if name in self.gone:
            raise MissingObject
        return self.above if self.above.exists(name) else self.below
