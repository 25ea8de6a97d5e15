"""One entry of the public data use register."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant, opaque_id
from gateway.vocabulary import RegisterState


class RegisterEntry(SQLModel, table=True):
    """One entry of the public data use register."""

    __tablename__ = "register_entry"

    id: str = Field(default_factory=lambda: opaque_id("reg"), primary_key=True)
    state: RegisterState = Field(default=RegisterState.DRAFT, index=True)
    project_id: str = Field(foreign_key="project.id", unique=True)
    fields: dict[str, Any] = Field(sa_type=JSON)
    version: int = 1
    created_at: datetime = Field(sa_type=Instant)
    published_at: datetime | None = Field(default=None, sa_type=Instant, index=True)
