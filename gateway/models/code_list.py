"""One version of a published code list, as it was imported; it never changes."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant


class CodeList(SQLModel, table=True):
    """One version of a published code list, as it was imported; it never changes. `codes` are [code, term]."""

    __tablename__ = "code_list"
    __table_args__ = (UniqueConstraint("slug", "version"),)

    id: str = Field(primary_key=True)
    slug: str
    version: int
    name: str
    vocabulary: str
    publisher: str
    concept_ids: list[int] = Field(default_factory=list, sa_type=JSON)
    codes: list[Any] = Field(default_factory=list, sa_type=JSON)
    digest: str
    imported_at: datetime = Field(sa_type=Instant)
    imported_by: str
