"""A personal token for the API; only its hash is kept."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant, opaque_id


class ApiToken(SQLModel, table=True):
    """A personal token for the API; only its hash is kept."""

    __tablename__ = "api_token"

    id: str = Field(default_factory=lambda: opaque_id("tok"), primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    token_hash: str = Field(unique=True)
    label: str
    scope: str = "EVERYTHING"
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
