"""Somebody who signs in: identity comes from the provider, roles only from our appointments."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant, opaque_id
from gateway.vocabulary import PersonState


class Person(SQLModel, table=True):
    """Somebody who signs in: identity comes from the provider, roles only from our appointments."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: str = Field(default_factory=lambda: opaque_id("per"), primary_key=True)
    issuer: str
    subject: str
    name: str
    email: str
    organisation: str = ""
    state: PersonState = PersonState.ACTIVE
    created_at: datetime = Field(sa_type=Instant)
