"""Work without a person, queued with the command that asks for it; a lease says who is at it."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant
from gateway.vocabulary import TaskKind


class Task(SQLModel, table=True):
    """Work without a person, queued with the command that asks for it; a lease says who is at it."""

    __tablename__ = "task"

    id: int | None = Field(default=None, primary_key=True)
    kind: TaskKind
    subject_id: str = Field(index=True)
    due_at: datetime = Field(sa_type=Instant)
    leased_until: datetime | None = Field(default=None, sa_type=Instant)
    attempts: int = 0
    defects: int = 0
    done_at: datetime | None = Field(default=None, sa_type=Instant)
    outcome: str = ""
