"""One batch run; outside shows queued, running, ended on a tick, and one counted bit (privacy model P13)."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant, opaque_id
from gateway.vocabulary import JobState


class Job(SQLModel, table=True):
    """One batch run; outside shows queued, running, ended on a tick, and one counted bit (privacy model P13)."""

    __tablename__ = "job"

    id: str = Field(default_factory=lambda: opaque_id("job"), primary_key=True)
    state: JobState = JobState.QUEUED
    workspace_id: str = Field(foreign_key="workspace.id", index=True)
    transfer_id: str
    person_id: str
    submitted_at: datetime = Field(sa_type=Instant)
    started_at: datetime | None = Field(default=None, sa_type=Instant)
    start_shown_at: datetime | None = Field(default=None, sa_type=Instant)
    stopped_at: datetime | None = Field(default=None, sa_type=Instant)
    shown_at: datetime | None = Field(default=None, sa_type=Instant)
    usable: bool | None = None
    snapshot_id: str | None = None
    seconds: float | None = None  # measured, and kept only where the project's people may see rows
    cpu_seconds: float | None = None
