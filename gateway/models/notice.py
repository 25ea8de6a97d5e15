"""One line of the outbox, sent after the commit that wrote it."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant


class Notice(SQLModel, table=True):
    """One line of the outbox, sent after the commit that wrote it."""

    __tablename__ = "notice"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Instant)
    person_id: str = Field(index=True)
    event: str
    subject_id: str
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
