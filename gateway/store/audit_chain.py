"""Persists the hash chain; `perform()` is its only caller."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from gateway.evidence.chain import GENESIS, row_hash
from gateway.evidence.handovers import EVENT, Handover, recorded
from gateway.models import AuditEvent, Checkpoint
from gateway.store.unit_of_work import Work


def last(work: Work) -> AuditEvent | None:
    """The newest row."""
    return work.session.exec(select(AuditEvent).order_by(col(AuditEvent.seq).desc()).limit(1)).first()


def append(work: Work, *, at: datetime, **fields: Any) -> AuditEvent:
    """Chain one row to the newest. The writing transaction holds the only write lock."""
    newest = last(work)
    event = AuditEvent(
        seq=newest.seq + 1 if newest else 1,
        at=at,
        previous=newest.hash if newest else GENESIS,
        hash="",
        **{name: _storable(value) for name, value in fields.items()},
    )
    event.hash = row_hash(exported(event))
    return work.add(event)


def _storable(value: Any) -> Any:
    # whoever tries an address with NUL in it leaves a row as well; no database that we know keeps that character
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


def exported(event: AuditEvent) -> dict[str, Any]:
    """A row as it is exported and hashed: plain JSON values."""
    row = event.model_dump()
    row["at"] = event.at.isoformat()
    return row


def export(work: Work, after: int = 0) -> list[dict[str, Any]]:
    """The rows behind a place in the log, the whole log unless told; oldest first."""
    return [exported(event) for event in work.all(AuditEvent, col(AuditEvent.seq) > after, order=col(AuditEvent.seq))]


def checkpoints(work: Work) -> Sequence[Checkpoint]:
    """Every signed checkpoint, oldest first."""
    return work.all(Checkpoint, order=col(Checkpoint.size))


def newest_checkpoint(work: Work) -> Checkpoint | None:
    """The one over the most rows."""
    return work.session.exec(select(Checkpoint).order_by(col(Checkpoint.size).desc()).limit(1)).first()


def handovers(work: Work) -> list[Handover]:
    """Of the signing key, as the log carries them."""
    rows = work.all(AuditEvent, AuditEvent.event == EVENT, order=col(AuditEvent.seq))
    return list(recorded(exported(row) for row in rows).values())


def published(row: Checkpoint) -> dict[str, Any]:
    """A checkpoint as anybody may read it, in the words that were signed."""
    told = row.model_dump(include={"size", "root", "public_key", "signature"})
    return {**told, "at": row.at.isoformat()}
