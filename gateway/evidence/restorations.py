"""What a log says of itself when its database was put back from a backup: which rows stay, which checkpoints end.

Rows behind the backup are lost, and checkpoints over them fit no longer. The row that says so names each of them, and
is signed like a checkpoint, so that whoever holds the database alone cannot excuse a log that they cut off or rewrote.
Pure.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

EVENT = "gateway:restored"
FORMAT = "tre-gateway restoration v1"
Place = tuple[int, str]  # size and root of a checkpoint


@dataclass(frozen=True)
class Restoration:
    """`kept` counts the rows that the backup held, `head` is the last one's hash; `abandoned` lie behind them."""

    backup: str
    kept: int
    head: str
    abandoned: tuple[Place, ...]

    @property
    def lost(self) -> int:
        """How many rows are known to be lost; what no checkpoint covered nobody can count."""
        return max((size for size, _ in self.abandoned), default=self.kept) - self.kept

    def body(self) -> bytes:
        """What is signed: canonical JSON."""
        told = {"format": FORMAT, "backup": self.backup, "kept": self.kept, "head": self.head}
        return json.dumps(told | {"abandoned": self.abandoned}, sort_keys=True, separators=(",", ":")).encode()

    def reason(self, signature: bytes) -> str:
        """As the row carries it: a sentence for people, then what was signed."""
        said = f"Put back from backup {self.backup}. Rows 1 to {self.kept} were kept; at least {self.lost} are lost."
        told = {"said": said, "backup": self.backup, "abandoned": self.abandoned, "signature": signature.hex()}
        return json.dumps(told, separators=(",", ":"))


def excused(rows: Iterable[Mapping[str, Any]], keys: Iterable[str]) -> frozenset[Place]:
    """The checkpoints that rows of a restore, signed by one of these keys, name as abandoned."""
    restores = [row for row in rows if row.get("event") == EVENT]
    return frozenset(place for row in restores for key in keys for place in _named(row, key))


def _named(row: Mapping[str, Any], public_key: str) -> set[Place]:
    try:
        told = json.loads(str(row["reason"]))
        abandoned = tuple((int(size), str(root)) for size, root in told["abandoned"])
        # where the row stands says what was kept: a true signature elsewhere in the log excuses nothing
        said = Restoration(str(told["backup"]), int(row["seq"]) - 1, str(row["previous"]), abandoned)
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(told["signature"]), said.body())
    except (InvalidSignature, ValueError, KeyError, TypeError, RecursionError):
        return set()
    return {place for place in abandoned if place[0] > said.kept}
