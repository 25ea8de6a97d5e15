"""A request as it was submitted in one turn; a later turn supersedes it and erases nothing."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant


class Submission(SQLModel, table=True):
    """A release request with its price, at the moment its author submitted it."""

    __tablename__ = "submission"

    release_id: str = Field(foreign_key="release.id", primary_key=True)
    turn: int = Field(primary_key=True)
    request: dict[str, Any] = Field(sa_type=JSON)
    request_digest: str
    price: dict[str, Any] = Field(sa_type=JSON)
    at: datetime = Field(sa_type=Instant)
