"""What came of one exchange, exactly; only a commitment to it may leave (privacy model P9)."""

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any


@dataclass(frozen=True)
class Receipt:
    """Exact counts of one exchange, for IG officers and auditors only. Times are ISO 8601 with an offset."""

    local_id: str
    asked_at: str
    received_at: str
    asked: int
    allowed: int
    removed: int
    answer_sha256: str

    def describe(self) -> dict[str, Any]:
        """Its fields, ready for JSON."""
        return asdict(self)

    @property
    def digest(self) -> str:
        """SHA-256 of its canonical JSON."""
        return sha256(json.dumps(self.describe(), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def commitment(*, nonce: bytes, digest: str) -> str:
    """SHA-256 over a secret nonce of 32 bytes and a digest: says nothing until the nonce is opened."""
    if len(nonce) != 32:
        raise ValueError("a commitment needs a nonce of 32 bytes")
    return sha256(nonce + digest.encode()).hexdigest()
