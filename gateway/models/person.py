"""Somebody who signs in: identity comes from the provider, roles only from our appointments."""

import unicodedata
from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant, opaque_id
from gateway.vocabulary import PersonState


def mailbox_of(email: str) -> str:
    """The mailbox that an address leads to: letters of one case, without what is behind a plus; empty for none."""
    name, at, domain = unicodedata.normalize("NFKC", email).strip().casefold().rpartition("@")
    name = name.partition("+")[0]
    return f"{name}@{domain}" if at and name and domain else ""


class Person(SQLModel, table=True):
    """Somebody who signs in: identity comes from the provider, roles only from our appointments.

    Two accounts with one mailbox are one human for every conflict of interest.
    """

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: str = Field(default_factory=lambda: opaque_id("per"), primary_key=True)
    issuer: str
    subject: str = Field(index=True)
    name: str
    email: str
    mailbox: str = Field(default="", index=True)
    organisation: str = ""
    state: PersonState = PersonState.ACTIVE
    created_at: datetime = Field(sa_type=Instant)
