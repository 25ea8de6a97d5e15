"""The governed place of one project; its running sandbox is a room."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant, opaque_id
from gateway.vocabulary import WorkspaceState


class Workspace(SQLModel, table=True):
    """The governed place of one project; its running sandbox is a room."""

    __tablename__ = "workspace"

    id: str = Field(default_factory=lambda: opaque_id("wsp"), primary_key=True)
    state: WorkspaceState = WorkspaceState.OPEN
    project_id: str = Field(foreign_key="project.id", unique=True)
    room_key: str = Field(unique=True)
    opened_at: datetime = Field(sa_type=Instant)
    refresh_id: str | None = None
    room_asked_at: datetime | None = Field(default=None, sa_type=Instant)  # a notebook is to be open since then
    room_asked_by: str | None = None
