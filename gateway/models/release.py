"""A release request and its artefact."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger
from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant, opaque_id
from gateway.vocabulary import Mark, ReleaseState


class Release(SQLModel, table=True):
    """A release request and its artefact."""

    __tablename__ = "release"

    id: str = Field(default_factory=lambda: opaque_id("rel"), primary_key=True)
    state: ReleaseState = Field(default=ReleaseState.DRAFT, index=True)
    project_id: str = Field(foreign_key="project.id", index=True)
    author_id: str = Field(foreign_key="person.id")
    snapshot_id: str | None = None
    title: str
    request: dict[str, Any] = Field(sa_type=JSON)
    request_digest: str = Field(index=True)
    price: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    micro_rho: int = Field(default=0, sa_type=BigInteger)
    delta_e15: int = Field(default=0, sa_type=BigInteger)
    mark: Mark = Mark.BLIND
    turn: int = 1
    created_at: datetime = Field(sa_type=Instant, index=True)
    deadline_at: datetime | None = Field(default=None, sa_type=Instant)
    artefact_digest: str = ""
    package_digest: str = ""
    released_at: datetime | None = Field(default=None, sa_type=Instant)
    recall_reason: str = ""
    copy_of: str | None = None
