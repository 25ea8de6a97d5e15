"""Something that people must look at: a draw that failed, an alarm at intake."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant, opaque_id


class Incident(SQLModel, table=True):
    """Something that people must look at: a draw that failed, an alarm at intake."""

    __tablename__ = "incident"

    id: str = Field(default_factory=lambda: opaque_id("inc"), primary_key=True)
    at: datetime = Field(sa_type=Instant)
    kind: str
    project_id: str | None = None
    subject_id: str
    sentence: str
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
