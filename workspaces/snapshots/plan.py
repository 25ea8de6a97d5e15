"""What a build is told, frozen, and what it tells."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any

from workspaces.snapshots.manifest import canonical

STEPS = ("open sources", "validate", "opt-out", "de-identify", "minimise", "manifest", "store")


@dataclass(frozen=True)
class SnapshotPlan:
    """Follows from the decision. `tables` are approved columns by table; `period` bounds event dates, both ends
    included; ages are counted at `cut_date`; `sample_key` is the pool's 32 secret bytes, never rotated (P3);
    `max_quarantine_share` is the share of people rows that sources may have lost to quarantine; `room_k` is how many
    must be alike in the workspace's copy, 0 for a copy of what draws read; `exemption` says by whose decision
    people with a national opt-out are in it all the same, empty where they are not; `longitudinal`, 32 secret bytes of
    the project, gives people in the workspace's copy a pseudonym that stays from build to build."""

    snapshot_id: str
    project_id: str
    tables: Mapping[str, tuple[str, ...]]
    period: tuple[date | None, date | None]
    cut_date: date
    max_list_age_days: int
    sample_key: bytes = field(repr=False)
    code_version: str
    max_quarantine_share: float = 0.5
    room_k: int = 0
    exemption: Mapping[str, str] = field(default_factory=dict)
    longitudinal: bytes = field(default=b"", repr=False)

    def describe(self) -> dict[str, Any]:
        """Its fields for the manifest; of the key only a digest of it."""
        start, end = self.period
        demanded: dict[str, Any] = {"room_k": self.room_k} if self.room_k else {}
        demanded |= {"exemption": dict(self.exemption)} if self.exemption else {}
        demanded |= {"longitudinal_key_id": key_id(self.longitudinal)} if self.longitudinal else {}
        return {
            **demanded,
            "snapshot_id": self.snapshot_id,
            "project_id": self.project_id,
            "tables": {table: list(columns) for table, columns in sorted(self.tables.items())},
            "period": [start.isoformat() if start else None, end.isoformat() if end else None],
            "cut_date": self.cut_date.isoformat(),
            "max_list_age_days": self.max_list_age_days,
            "max_quarantine_share": str(self.max_quarantine_share),
            "sample_key_id": key_id(self.sample_key),
        }

    @property
    def digest(self) -> str:
        """SHA-256 over what the plan says."""
        return sha256(canonical(self.describe())).hexdigest()


@dataclass(frozen=True)
class Step:
    """One step's report: people in, people out, and those removed by the first reason that applied."""

    name: str
    people_in: int
    people_out: int
    removed: dict[str, int] = field(default_factory=dict)

    def adds_up(self) -> bool:
        """True when nobody is lost without a reason."""
        return self.people_in == self.people_out + sum(self.removed.values())


@dataclass(frozen=True)
class BuiltSnapshot:
    """What was stored. Counts are exact and stay inside (privacy model P9); `tables` are rows by table, `exempted`
    those in it under an exemption from the national opt-out, `risk` the report of `workspaces.snapshots.risk`."""

    manifest: bytes
    manifest_digest: str
    people: int
    people_in: int
    removed_by_reason: dict[str, int]
    tables: dict[str, int]
    exempted: int = 0
    risk: dict[str, Any] = field(default_factory=dict)


def key_id(key: bytes) -> str:
    """A short name of a secret key that says nothing about it."""
    return sha256(b"key id\0" + key).hexdigest()[:16]
