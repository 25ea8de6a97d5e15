"""One build of one project's records; the manifest stays inside, a commitment may leave."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant, opaque_id
from gateway.vocabulary import SnapshotState


class Snapshot(SQLModel, table=True):
    """One build of one project's records; the manifest stays inside, a commitment may leave."""

    __tablename__ = "snapshot"

    id: str = Field(default_factory=lambda: opaque_id("snp"), primary_key=True)
    state: SnapshotState = Field(default=SnapshotState.REQUESTED, index=True)
    project_id: str = Field(foreign_key="project.id", index=True)
    opt_out_list_id: str | None = None
    requested_at: datetime = Field(sa_type=Instant)
    built_at: datetime | None = Field(default=None, sa_type=Instant)
    cut_date: date | None = None
    manifest_digest: str = ""
    commitment: str = ""
    nonce: str = ""
    people: int = 0
    removed: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    risk: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    failure: str = ""
    refresh_id: str | None = None
    exemption_id: str | None = None  # the exemption from the national opt-out that it was built under
    exempted: int = 0
