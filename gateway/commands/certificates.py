"""Certificates: presented by people, decided by accreditation; the agreement, versioned, accepted and signed."""

from datetime import date, datetime
from hashlib import sha256
from typing import Annotated

from pydantic import Field, StringConstraints

from gateway.commands.act import Act, Because, Given, verb
from gateway.commands.texts import Note, Short
from gateway.models import AccessTerms, Certificate, Notice, Person, Pool, Requirement
from gateway.rules.certificates import DEMANDED_OF, KINDS, PRESENTED_BY_HAND, last_day, version_in_force, warning_due
from gateway.vocabulary import CertificateState, Command, Event, Seat
from workspaces.catalogue.errors import Invalid

Agreement = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]


class Demand(Given):
    """A kind of certificate and the seat that demands it; `since` empty is now."""

    kind: Short
    seat: Seat
    since: datetime | None = None


@verb(Command.REQUIRE_CERTIFICATE, Demand)
def require(*, act: Act, subject: Pool, given: Demand) -> None:
    """From a moment on, nobody holds the seat without it; never from a moment in the past."""
    _need_demand(given)
    since = given.since or act.now
    if since.tzinfo is None or since < act.now:
        raise Invalid("certificate:since_past", "That moment is past, or names no time zone.", "Name one to come.")
    if _in_force(act, given):
        raise Invalid("certificate:required_already", "The seat demands that already.", "Nothing is left to do.")
    act.work.add(Requirement(kind=given.kind, seat=given.seat.value, since=since))
    act.reason = f"{given.kind} of {given.seat.value} from {since.isoformat()}"


@verb(Command.WAIVE_CERTIFICATE, Demand)
def waive(*, act: Act, subject: Pool, given: Demand) -> None:
    """The seat no longer demands it."""
    _need_demand(given)
    found = _in_force(act, given)
    if not found:
        raise Invalid("certificate:not_required", "The seat does not demand that.", "See what is demanded.")
    for each in found:
        each.until = act.now
    act.reason = f"{given.kind} of {given.seat.value}"


def _need_demand(given: Demand) -> None:
    _need_kind(given.kind, tuple(KINDS))
    if given.seat not in DEMANDED_OF:
        raise Invalid(
            "certificate:seat",
            "Whoever keeps the gate is not locked out by it: of this seat nothing is demanded.",
            f"Choose one of: {', '.join(DEMANDED_OF)}.",
        )


def _need_kind(name: str, among: tuple[str, ...]) -> None:
    if name not in among:
        raise Invalid(
            "certificate:kind", "There is no such kind of certificate here.", f"Choose one of: {', '.join(among)}."
        )


def _in_force(act: Act, given: Demand) -> list[Requirement]:
    rows = act.work.all(Requirement, Requirement.kind == given.kind, Requirement.seat == given.seat.value)
    return [each for each in rows if each.until is None]


class Presented(Given):
    """What somebody holds. `ends_on` may end it earlier than its kind lasts, never later."""

    kind: Short
    reference: Short
    issued_on: date
    ends_on: date | None = None


@verb(Command.PRESENT_CERTIFICATE, Presented)
def present(*, act: Act, subject: Person, given: Presented) -> None:
    """One's own, or that of one's organisation; it counts once accreditation has accepted it."""
    _need_kind(given.kind, PRESENTED_BY_HAND)
    kind = KINDS[given.kind]
    ends_on = last_day(kind, given.issued_on, given.ends_on)
    if given.issued_on > act.now.date():
        raise Invalid("certificate:issued_on", "It would be issued after today.", "Give the day on the certificate.")
    if ends_on is not None and ends_on < act.now.date():
        raise Invalid("certificate:ended", "It ended before today.", "Present the one that followed it.")
    if ends_on is None:
        raise Invalid("certificate:ends_on", "This kind ends on a day that it names.", "Give its last day.")
    if kind.of_organisation and not subject.organisation:
        raise Invalid("certificate:no_organisation", "Your account names no organisation.", "Ask an operator.")
    row = Certificate(
        kind=given.kind,
        person_id=subject.id,
        organisation=subject.organisation if kind.of_organisation else "",
        reference=given.reference,
        issued_on=given.issued_on,
        ends_on=ends_on,
        presented_at=act.now,
    )
    act.created_id = act.work.add(row).id
    act.reason = given.kind


class Decided(Given):
    """A word on the decision; it may be empty."""

    reason: Note = ""


@verb(Command.ACCEPT_CERTIFICATE, Decided)
def accept(*, act: Act, subject: Certificate, given: Decided) -> None:
    """From now on it counts, until its last day."""
    _decide(act, subject, given.reason, Event.CERTIFICATE_ACCEPTED)


@verb(Command.REFUSE_CERTIFICATE, Because)
def refuse(*, act: Act, subject: Certificate, given: Because) -> None:
    """It does not count; its holder reads why."""
    _decide(act, subject, given.reason, Event.CERTIFICATE_REFUSED)


@verb(Command.REVOKE_CERTIFICATE, Because)
def revoke(*, act: Act, subject: Certificate, given: Because) -> None:
    """It counts no more; what demands it is suspended at once."""
    _decide(act, subject, given.reason, Event.CERTIFICATE_REVOKED)


def _decide(act: Act, subject: Certificate, reason: str, event: Event) -> None:
    subject.decided_at, subject.decided_by, subject.reason = act.now, act.actor.person_id, reason
    act.reason = f"{subject.kind}: {reason}" if reason else subject.kind
    _tell(act, subject, event)


def _tell(act: Act, subject: Certificate, event: Event) -> None:
    act.work.add(Notice(at=act.now, person_id=subject.person_id, event=event.value, subject_id=subject.id))


@verb(Command.WARN_HOLDER)
def warn(*, act: Act, subject: Certificate, given: Given) -> None:
    """A line in the outbox for whoever holds it; once at each of the marks before its end."""
    subject.warned_days = warning_due(subject, act.now.date())
    act.reason = f"{subject.kind}: {subject.warned_days} days"
    _tell(act, subject, Event.CERTIFICATE_WARNED)


class NewTerms(Given):
    """The whole text of the next version, and from when it counts; empty is now."""

    text: Agreement
    in_force_from: datetime | None = None


@verb(Command.PUBLISH_TERMS, NewTerms)
def publish_terms(*, act: Act, subject: Pool, given: NewTerms) -> None:
    """The next version: from its day on, acceptances and signatures of earlier ones count no more."""
    starts = given.in_force_from or act.now
    if starts.tzinfo is None or starts < act.now:
        raise Invalid("terms:in_force_past", "That moment is past, or names no time zone.", "Name one to come.")
    version = 1 + max((each.version for each in act.work.all(AccessTerms)), default=0)
    digest = sha256(given.text.encode()).hexdigest()
    row = AccessTerms(version=version, text=given.text, digest=digest, published_at=act.now, in_force_from=starts)
    act.work.add(row)
    act.reason = f"version {version}, {digest}"
    act.returned = {"version": version, "digest": digest}


class Agreed(Given):
    """The version that was read."""

    version: int = Field(ge=1)


@verb(Command.ACCEPT_TERMS, Agreed)
def accept_terms(*, act: Act, subject: Person, given: Agreed) -> None:
    """By the person, for themselves."""
    _agree(act, subject, given.version, "AGREEMENT", "")


@verb(Command.SIGN_TERMS, Agreed)
def sign_terms(*, act: Act, subject: Person, given: Agreed) -> None:
    """By the official of an organisation, for everybody there."""
    if not subject.organisation:
        raise Invalid("certificate:no_organisation", "Your account names no organisation.", "Ask an operator.")
    _agree(act, subject, given.version, "ORGANISATION_AGREEMENT", subject.organisation)


def _agree(act: Act, subject: Person, version: int, kind: str, organisation: str) -> None:
    terms = act.work.all(AccessTerms)
    current = version_in_force(terms, act.now)
    if version not in {each.version for each in terms} or version < (current or 0):
        raise Invalid("terms:version", "That version is not in force or to come.", "Read the newest and accept that.")
    row = Certificate(
        state=CertificateState.ACCEPTED,
        kind=kind,
        person_id=subject.id,
        organisation=organisation,
        reference=str(version),
        issued_on=act.now.date(),
        presented_at=act.now,
        decided_at=act.now,
        decided_by=subject.id,
    )
    act.created_id = act.work.add(row).id
    act.reason = f"version {version}"
