"""What anybody may know of the whole: budget, how long decisions take, which opt-out list is in force, SATRE.

Nothing here is derived from records (privacy model P9): ledger, log and settings alone. How many opted out is told by
official statistics, and here to nobody but IG officers and auditors.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, func, select

from gateway.evidence.data_uses import data_use
from gateway.models import (
    AccessTerms,
    Appointment,
    AuditEvent,
    Budget,
    Checkpoint,
    Load,
    OptOutList,
    RegisterEntry,
    Release,
)
from gateway.rules.budgets import left
from gateway.rules.desk import working_days
from gateway.rules.satre import PILLARS, STATEMENTS, Rests, Statement
from gateway.settings import Settings
from gateway.store.queries.certificates import demands
from gateway.store.queries.facts import pool_of
from gateway.store.queries.view_parts import View, plain
from gateway.store.unit_of_work import Work
from gateway.vocabulary import Event, Mark, OptOutListState, RegisterState, ReleaseState, Seat

_DECISIONS = (Event.PROJECT_APPROVED, Event.PROJECT_REFUSED, Event.PROJECT_RETURNED)
_CHECKS = (Event.RELEASE_APPROVED, Event.RELEASE_REFUSED, Event.RELEASE_RETURNED)
RECENT = timedelta(days=2)


def pool_budget(work: Work) -> View:
    """The pool's budget for life: how much was granted to it, is held by projects, is spent and left."""
    pool = work.once(pool_of)
    row = work.get(Budget, pool.id)
    body = plain(pool, "name", "public_population", "epsilon_micro", "delta_e15")
    if row is None:
        return body
    spent = {"granted_micro_rho": row.granted_micro_rho, "spent_micro_rho": row.spent_micro_rho}
    return {**body, **spent, "reserved_micro_rho": row.reserved_micro_rho, "left_micro_rho": left(row).micro_rho}


def turnaround(work: Work) -> View:
    """Working days from submission to outcome, of the committee and of output checkers: median, 90th percentile."""
    return {
        "committee": _days(work, (Event.PROJECT_SUBMITTED,), _DECISIONS),
        "checking": _days(work, (Event.RELEASE_SEALED,), _CHECKS),
    }


def _days(work: Work, begins: tuple[Event, ...], ends: tuple[Event, ...]) -> View:
    names = {event.value for event in (*begins, *ends)}
    columns = select(AuditEvent.subject_id, AuditEvent.event, AuditEvent.at)
    rows = work.session.exec(columns.where(col(AuditEvent.event).in_(names)).order_by(col(AuditEvent.seq))).all()
    begun: dict[str, datetime] = {}
    took = []
    for subject_id, event, at in rows:
        if event in {each.value for each in begins}:
            begun[subject_id] = at
        elif subject_id in begun:
            took.append(working_days(begun.pop(subject_id), at))
    return {"decided": len(took), "median": percentile(took, 50), "p90": percentile(took, 90)}


def percentile(values: Sequence[int], percent: int) -> int | None:
    """The smallest value that so many in a hundred do not exceed (nearest rank); None of nothing."""
    ranked = sorted(values)
    return ranked[max(0, -(-percent * len(ranked) // 100) - 1)] if ranked else None


def opt_out_standing(work: Work, settings: Settings) -> View:
    """Which list is in force and how old one may be; never how many it names."""
    found = work.find(OptOutList, OptOutList.state == OptOutListState.ACTIVE)
    day = found.list_date.date().isoformat() if found else None
    return {"list_date": day, "max_age_days": settings.list_max_age_days}


def published_releases(work: Work) -> View:
    """How many releases left by mark, and how many were recalled."""
    gone = (ReleaseState.RELEASED, ReleaseState.RECALLED)
    asked = select(Release.mark, Release.state, func.count()).where(col(Release.state).in_(gone))
    rows = work.session.exec(asked.group_by(col(Release.mark), col(Release.state))).all()
    told = {mark.value: sum(number for each, _, number in rows if each == mark) for mark in Mark}
    told = {name: number for name, number in told.items() if number}
    return {"by_mark": told, "recalled": sum(number for _, state, number in rows if state is ReleaseState.RECALLED)}


def data_uses(work: Work, address: str, decision: str = "") -> list[View]:
    """Published entries in HDR UK's 31 columns, newest first: all, or those of one decision."""
    rows = work.all(
        RegisterEntry, RegisterEntry.state == RegisterState.PUBLISHED, order=col(RegisterEntry.published_at).desc()
    )
    kept = [row for row in rows if decision in ("", row.fields.get("decision", "Approved"))]
    return [data_use(row.fields, f"{address}/register/{row.id}") for row in kept]


Held = Callable[[Work, Settings, datetime], bool]


def _log_is_signed(work: Work, _: Settings, now: datetime) -> bool:
    newest = work.find(Checkpoint, col(Checkpoint.at) > now - RECENT)
    return newest is not None


# the records that statements rest on, each looked for at the moment of asking
RECORDS: dict[str, tuple[str, Held]] = {
    "agreement": ("a published version of the agreement", lambda w, _, __: w.find(AccessTerms) is not None),
    "pool_budget": ("the pool's budget for life", lambda w, _, __: "left_micro_rho" in pool_budget(w)),
    "register": (
        "an entry of the public register",
        lambda w, _, __: w.find(RegisterEntry, RegisterEntry.state == RegisterState.PUBLISHED) is not None,
    ),
    "demanded": ("a certificate that researchers must hold", lambda w, _, now: _demanded(w, now)),
    "checkpoint": ("a signed checkpoint of the log of the last two days", _log_is_signed),
    "loads": ("a record of what was loaded, from whom", lambda w, _, __: w.find(Load) is not None),
    "second_factor": ("the setting that refuses one factor", lambda _, settings, __: settings.require_second_factor),
    "operators": (
        "two people in the seat of operators",
        lambda w, _, __: len({row.person_id for row in w.all(Appointment, Appointment.role == Seat.OPERATOR)}) > 1,
    ),
}


def _demanded(work: Work, now: datetime) -> bool:
    return any(Seat.RESEARCHER in seats for seats in demands(work, now).values())


def satre(work: Work, settings: Settings, now: datetime) -> View:
    """Every mandatory statement with what it rests on now, and the score: 2 tested, 1 held by a record, 0 a gap."""
    held = {name: look(work, settings, now) for name, (_, look) in RECORDS.items()}
    pillars = [{"pillar": name, "statements": [_scored(each, held) for each in rows]} for name, rows in PILLARS]
    scores = [_scored(each, held)["score"] for each in STATEMENTS]
    met = sum(score > 0 for score in scores)
    return {
        "version": "2.0.1",
        "statements": len(STATEMENTS),
        "met": met,
        "gaps": len(scores) - met,
        "pillars": pillars,
    }


def _scored(each: Statement, held: dict[str, bool]) -> dict[str, Any]:
    told = {"number": each.number, "asks": each.asks, "rests_on": each.rests.value, "on": each.on, "score": 0}
    if each.rests is Rests.TEST:
        return {**told, "score": 2}
    if each.rests is Rests.GAP:
        return told
    what = RECORDS[each.on][0]
    return {**told, "on": what if held[each.on] else f"Missing now: {what}.", "score": int(held[each.on])}
