"""Two stores behind one face: records in the one that forgets, sealed things in the one that does not."""

from pathlib import Path

from gateway.store.sealed_notes import HANDOVERS, LISTS, SPENDS, TOMBSTONES
from workspaces.snapshots.objects import ObjectStore

SEALED = ("releases/", "checkpoints/", "manifests/", SPENDS, TOMBSTONES, LISTS, HANDOVERS)


class RoutedObjects:
    """By the beginning of a name: `SEALED` ones to the second store, all others to the first."""

    def __init__(self, records: ObjectStore, sealed: ObjectStore) -> None:
        self.records = records
        self.sealed = sealed

    def _of(self, name: str) -> ObjectStore:
        return self.sealed if name.startswith(SEALED) else self.records

    def put_file(self, name: str, path: Path) -> None:
        """Keep a file's bytes under that name."""
        self._of(name).put_file(name, path)

    def put_bytes(self, name: str, content: bytes) -> None:
        """Keep bytes under that name."""
        self._of(name).put_bytes(name, content)

    def seal(self, name: str, content: bytes) -> None:
        """Keep bytes under that name for good."""
        self._of(name).seal(name, content)

    def get_bytes(self, name: str) -> bytes:
        """The bytes; raises `MissingObject`."""
        return self._of(name).get_bytes(name)

    def fetch(self, name: str, to: Path) -> None:
        """Write the bytes into a new file."""
        self._of(name).fetch(name, to)

    def exists(self, name: str) -> bool:
        """True when an object has that name."""
        return self._of(name).exists(name)

    def list(self, prefix: str) -> list[str]:
        """Names that begin with `prefix`, in both, sorted."""
        return sorted({*self.records.list(prefix), *self.sealed.list(prefix)})

    def delete(self, name: str) -> None:
        """Remove the object; a locked one stays readable to whoever may read older versions."""
        self._of(name).delete(name)

    def check(self) -> None:
        """Both must be able to keep something."""
        self.records.check()
        self.sealed.check()

    def tidy(self) -> None:
        """Both."""
        self.records.tidy()
        self.sealed.tidy()
