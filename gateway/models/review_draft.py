"""What a checker has written of a review and not yet given: theirs alone."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant


class ReviewDraft(SQLModel, table=True):
    """One checker's unfinished review of one release. `seen` is the digest of what it was written about."""

    __tablename__ = "review_draft"

    release_id: str = Field(foreign_key="release.id", primary_key=True)
    person_id: str = Field(foreign_key="person.id", primary_key=True)
    body: dict[str, Any] = Field(sa_type=JSON)
    seen: str
    kept_at: datetime = Field(sa_type=Instant)
