"""One row of the hash-chained log: copies, no foreign keys, never changed."""

from datetime import datetime

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant


class AuditEvent(SQLModel, table=True):
    """One row of the hash-chained log: copies, no foreign keys, never changed."""

    __tablename__ = "audit_event"

    seq: int = Field(primary_key=True)
    at: datetime = Field(sa_type=Instant)
    event: str = Field(index=True)
    actor_id: str
    actor: str
    roles: list[str] = Field(sa_type=JSON)
    command: str
    noun: str
    subject_id: str = Field(index=True)
    state_before: str
    state_after: str
    code: str
    reason: str
    request_digest: str
    previous: str
    hash: str = Field(unique=True)
