"""One version of the data access agreement; versions are added and never changed."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant


class AccessTerms(SQLModel, table=True):
    """One version of the data access agreement; versions are added and never changed."""

    __tablename__ = "access_terms"

    version: int = Field(primary_key=True)
    text: str
    digest: str
    published_at: datetime = Field(sa_type=Instant)
    in_force_from: datetime = Field(sa_type=Instant)
