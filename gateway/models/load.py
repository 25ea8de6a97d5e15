"""One load of one source; exact figures stay with IG officers and auditors."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant, opaque_id


class Load(SQLModel, table=True):
    """One load of one source; exact figures stay with IG officers and auditors."""

    __tablename__ = "load"

    id: str = Field(default_factory=lambda: opaque_id("load"), primary_key=True)
    digest: str = Field(unique=True)
    organisation: str
    organisation_name: str = ""
    format: str
    standing: str
    loaded_at: datetime = Field(sa_type=Instant)
    rows: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    quarantined: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    unsupported: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    quality: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    alarms: list[str] = Field(default_factory=list, sa_type=JSON)
