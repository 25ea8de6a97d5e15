"""People: welcomed at their first sign-in, appointed by operators, holding sessions and tokens of their own."""

from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Literal

from pydantic import Field

from gateway.commands.act import Act, Given, verb
from gateway.models import ApiToken, Appointment, Person, Session
from gateway.models.person import mailbox_of
from gateway.store.queries.facts import actor_of
from gateway.vocabulary import Command, Seat
from workspaces.catalogue.errors import Invalid


class Identity(Given):
    """What the identity provider says of somebody."""

    issuer: str = Field(min_length=1, max_length=400)
    subject: str = Field(min_length=1, max_length=400)
    name: str = Field(min_length=1, max_length=200)
    email: str = Field(max_length=320)
    organisation: str = Field(default="", max_length=200)


@verb(Command.WELCOME_PERSON, Identity)
def welcome(*, act: Act, subject: object, given: Identity) -> None:
    """A person row at the first sign-in; later sign-ins bring the name up to date.

    Further accounts of the same human are named in the log: conflicts of interest count for all of them.
    """
    known = act.work.find(Person, Person.issuer == given.issuer, Person.subject == given.subject)
    person = known or Person(**given.model_dump(), created_at=act.now)
    person.name, person.email, person.organisation = given.name, given.email, given.organisation
    person.mailbox = mailbox_of(given.email)
    act.created_id = act.work.add(person).id
    act.reason = ", ".join(sorted(actor_of(act.work, person, act.now).others))


class Appoint(Given):
    """The seat somebody takes."""

    role: Seat


@verb(Command.APPOINT_PERSON, Appoint)
def appoint(*, act: Act, subject: Person, given: Appoint) -> None:
    """A new appointment; committee and checker seats are never given by a project."""
    held = act.work.find(Appointment, Appointment.person_id == subject.id, Appointment.role == given.role)
    if held is None:
        act.work.add(Appointment(person_id=subject.id, role=given.role, since=act.now))
    act.reason = given.role.value


@verb(Command.SIGN_IN)
def sign_in(*, act: Act, subject: Person, given: Given) -> None:
    """Recorded; the session itself is kept by the web layer's store."""


@verb(Command.SIGN_OUT)
def sign_out(*, act: Act, subject: Person, given: Given) -> None:
    """Recorded; the session itself is ended by the web layer's store."""


class Token(Given):
    """A name for a token, how many days it lasts, and what it may do of what its person may."""

    label: str = Field(min_length=1, max_length=80)
    days: int = Field(default=30, ge=1, le=365)
    scope: Literal["READ", "WORK", "AUDIT", "EVERYTHING"] = "EVERYTHING"


@verb(Command.CREATE_TOKEN, Token)
def create_token(*, act: Act, subject: Person, given: Token) -> None:
    """A personal token; it is shown once and kept as a hash."""
    secret = token_urlsafe(32)
    ends = act.now + timedelta(days=given.days)
    act.work.add(
        ApiToken(
            person_id=subject.id,
            token_hash=token_hash(secret),
            label=given.label,
            scope=given.scope,
            created_at=act.now,
            expires_at=ends,
        )
    )
    act.reason = given.scope
    act.returned = {"token": secret, "expires_at": ends.isoformat()}


def token_hash(secret: str) -> str:
    """What is kept of a token: SHA-256, enough for 256 random bits."""
    return sha256(secret.encode()).hexdigest()


class RevokeToken(Given):
    """The token to end, by the id that the account page shows."""

    token_id: str


@verb(Command.REVOKE_TOKEN, RevokeToken)
def revoke_token(*, act: Act, subject: Person, given: RevokeToken) -> None:
    """It works no more, from now on."""
    token = act.work.get(ApiToken, given.token_id)
    if token is None or token.person_id != subject.id:
        raise Invalid("token:unknown", "You have no such token.", "Reload the page.")
    token.revoked_at = token.revoked_at or act.now


class RevokeSession(Given):
    """The session to end."""

    id_hash: str


@verb(Command.REVOKE_SESSION, RevokeSession)
def revoke_session(*, act: Act, subject: Person, given: RevokeSession) -> None:
    """End one of one's own sessions."""
    session = act.work.get(Session, given.id_hash)
    if session is None or session.person_id != subject.id:
        raise Invalid("session:unknown", "You have no such session.", "Reload the page.")
    session.revoked_at = act.now
