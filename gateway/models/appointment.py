"""What a person is appointed to, from when until when."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant, opaque_id
from gateway.vocabulary import Seat


class Appointment(SQLModel, table=True):
    """What a person is appointed to, from when until when."""

    __tablename__ = "appointment"

    id: str = Field(default_factory=lambda: opaque_id("app"), primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    role: Seat
    since: datetime = Field(sa_type=Instant)
    until: datetime | None = Field(default=None, sa_type=Instant)
