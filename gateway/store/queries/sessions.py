"""Browser sessions as rows: found by the hash of their cookie, ended by time, sign-out or revocation.

A session is no governed thing: its rows change outside the door, and nothing here touches anything else.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, delete, or_

from gateway.models import Session
from gateway.store.unit_of_work import UnitOfWork

KEPTFORMS = 30
FORMS = "_forms"


def live(unit: UnitOfWork, id_hash: str, now: datetime, idle: timedelta) -> Session | None:
    """The session of that cookie, unless it has ended in one of the three ways."""
    with unit.reading() as work:
        row = work.get(Session, id_hash)
    if row is None or row.revoked_at is not None or row.expires_at <= now or row.last_seen_at + idle <= now:
        return None
    return row


def begin(
    unit: UnitOfWork, *, id_hash: str, data: dict[str, Any], person_id: str | None, now: datetime, ends: datetime
) -> None:
    """A new session; rows that have ended are cleared away with it."""
    with unit.writing() as work:
        work.session.exec(
            delete(Session).where(or_(col(Session.expires_at) <= now, col(Session.revoked_at).is_not(None)))
        )
        row = Session(
            id_hash=id_hash, person_id=person_id, data=data, created_at=now, last_seen_at=now, expires_at=ends
        )
        work.add(row)


def save(unit: UnitOfWork, *, id_hash: str, data: dict[str, Any], now: datetime) -> None:
    """New content; the record of forms already sent is kept as the database has it."""
    with unit.writing() as work:
        row = work.get(Session, id_hash)
        if row is not None:
            row.data = {**data, FORMS: row.data.get(FORMS, {})}
            row.last_seen_at = now


def touch(unit: UnitOfWork, *, id_hash: str, now: datetime) -> None:
    """Seen again."""
    with unit.writing() as work:
        row = work.get(Session, id_hash)
        if row is not None:
            row.last_seen_at = now


def end(unit: UnitOfWork, *, id_hash: str, now: datetime) -> None:
    """Ended at sign-out, or replaced at sign-in."""
    with unit.writing() as work:
        row = work.get(Session, id_hash)
        if row is not None:
            row.revoked_at = now


def of_person(unit: UnitOfWork, person_id: str, now: datetime, idle: timedelta) -> Sequence[Session]:
    """One person's live sessions, newest first."""
    with unit.reading() as work:
        rows = work.all(Session, Session.person_id == person_id, order=col(Session.created_at).desc())
    return [row for row in rows if row.revoked_at is None and row.expires_at > now and row.last_seen_at + idle > now]


def claim_form(unit: UnitOfWork, *, id_hash: str, form: str) -> str | None:
    """None for the first sender of a form, who must now act; else where the first one led (empty: not done yet)."""
    with unit.writing() as work:
        row = work.need(Session, id_hash)
        forms: dict[str, str] = dict(row.data.get(FORMS, {}))
        if form in forms:
            return forms[form]
        forms[form] = ""
        row.data = {**row.data, FORMS: dict(list(forms.items())[-KEPTFORMS:])}
        return None


def settle_form(unit: UnitOfWork, *, id_hash: str, form: str, location: str | None) -> None:
    """Where a form led; None gives it back, so that it can be corrected and sent again."""
    with unit.writing() as work:
        row = work.get(Session, id_hash)
        if row is None:
            return
        forms: dict[str, str] = {name: led for name, led in row.data.get(FORMS, {}).items() if name != form}
        row.data = {**row.data, FORMS: forms if location is None else {**forms, form: location}}
