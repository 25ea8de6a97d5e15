"""An application to the committee, and the project it becomes."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant, opaque_id
from gateway.vocabulary import ProjectState


class Project(SQLModel, table=True):
    """An application to the committee, and the project it becomes."""

    __tablename__ = "project"

    id: str = Field(default_factory=lambda: opaque_id("prj"), primary_key=True)
    state: ProjectState = Field(default=ProjectState.DRAFT, index=True)
    pool_id: str = Field(foreign_key="pool.id")
    title: str
    application: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    round: int = 1
    created_at: datetime = Field(sa_type=Instant, index=True)
    draws_frozen: bool = False
    committee: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
