"""Which certificate a seat demands, from when on; put in force and taken back in public view of the log."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant, opaque_id


class Requirement(SQLModel, table=True):
    """Which certificate a seat demands, from when until when."""

    __tablename__ = "requirement"

    id: str = Field(default_factory=lambda: opaque_id("req"), primary_key=True)
    kind: str
    seat: str
    since: datetime = Field(sa_type=Instant)
    until: datetime | None = Field(default=None, sa_type=Instant)
