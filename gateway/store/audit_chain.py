"""Persists the hash chain; `perform()` is its only caller."""

from datetime import datetime
from typing import Any

from sqlmodel import col, select

from gateway.evidence.chain import GENESIS, row_hash
from gateway.models import AuditEvent
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
        **fields,
    )
    event.hash = row_hash(exported(event))
    return work.add(event)


def exported(event: AuditEvent) -> dict[str, Any]:
    """A row as it is exported and hashed: plain JSON values."""
    row = event.model_dump()
    row["at"] = event.at.isoformat()
    return row


def export(work: Work) -> list[dict[str, Any]]:
    """The whole log, oldest first."""
    return [exported(event) for event in work.all(AuditEvent, order=col(AuditEvent.seq))]
