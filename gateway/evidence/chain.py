"""The hash chain of the audit log: pure, so that an outsider verifies an export with this file alone.

A row's hash is SHA-256 over its canonical JSON (sorted keys, no spaces, UTF-8) without the hash itself; the row
names the hash of the row before.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

GENESIS = "0" * 64


@dataclass(frozen=True)
class Verdict:
    """What verification found: rows read, the last hash, and where it broke (None when it holds)."""

    rows: int
    head: str
    broken_at: int | None
    why: str


def row_hash(row: Mapping[str, Any]) -> str:
    """The hash of one row."""
    body = {key: value for key, value in row.items() if key != "hash"}
    return sha256(json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


def verify(rows: Iterable[Mapping[str, Any]], head: str | None = None) -> Verdict:
    """Walk the chain; name the first row that was changed, moved or lost. `head` is what the log said it ends with."""
    previous, count = GENESIS, 0
    for expected, row in enumerate(rows, start=1):
        if row.get("seq") != expected:
            return Verdict(count, previous, expected, "a row is missing or out of order")
        if row.get("previous") != previous:
            return Verdict(count, previous, expected, "the row does not follow the row before")
        if row.get("hash") != row_hash(row):
            return Verdict(count, previous, expected, "the row was changed")
        previous, count = str(row["hash"]), expected
    if head is not None and head != previous:
        return Verdict(count, previous, count + 1, "rows are missing at the end")
    return Verdict(count, previous, None, "the chain holds")
