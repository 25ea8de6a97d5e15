"""What happened to a subject, as each person may know it: out of the audit log, without what would break blindness."""

from datetime import datetime
from typing import Any

from sqlmodel import col, func, select

from gateway.models import AuditEvent, Release
from gateway.rules.facts import Actor, Facts
from gateway.rules.refusals import unknown
from gateway.rules.roles import roles_on
from gateway.rules.visibility import may_see
from gateway.store.queries.facts import from_outside
from gateway.store.queries.view_parts import View
from gateway.store.queries.views import INSIDERS
from gateway.store.unit_of_work import Work
from gateway.vocabulary import Event, ReleaseState, Role

_NEVER = frozenset({Event.COMMAND_REFUSED.value})
# When a colleague reviewed, or looked, and whether they differed, is nobody's hint before the outcome.
_INSIDERS_ONLY = frozenset(
    {
        Event.RELEASE_VIEWED.value,
        Event.REVIEW_KEPT.value,
        Event.RELEASE_REVIEWED.value,
        Event.RELEASE_DISPUTED.value,
        Event.RELEASE_CONFIRMED.value,
        Event.RELEASE_UNSETTLED.value,
        Event.RELEASE_ADJUDICATED.value,
        Event.SNAPSHOT_SEARCHED.value,
    }
)
_AS_A_ROLE = (
    (Role.SYSTEM, "the gateway"),
    (Role.COMMITTEE_MEMBER, "a committee member"),
    (Role.OUTPUT_CHECKER, "an output checker"),
    (Role.IG_OFFICER, "an IG officer"),
    (Role.OPERATOR, "an operator"),
)


def history(work: Work, actor: Actor, subject_id: str, now: datetime, max_list_age_days: int) -> list[View]:
    """Events of one subject, newest first; raises the refusal `unknown`."""
    _, facts = from_outside(work, subject_id, now, max_list_age_days, actor.accounts)
    if facts is None or not may_see(roles := roles_on(actor, facts), facts):
        raise unknown()
    hidden = _NEVER if roles & INSIDERS else _NEVER | _INSIDERS_ONLY
    rows = work.all(AuditEvent, AuditEvent.subject_id == subject_id, order=col(AuditEvent.seq).desc())
    return [_line(row, roles, facts) for row in rows if row.event not in hidden]


def refusals(work: Work, actor: Actor, code: str, since: datetime) -> int:
    """How often somebody was refused for one reason since a moment, as the log has it."""
    theirs = AuditEvent.event == Event.COMMAND_REFUSED.value, AuditEvent.actor_id == actor.person_id
    counted = select(func.count()).select_from(AuditEvent).where(*theirs, AuditEvent.code == code)
    return work.session.exec(counted.where(col(AuditEvent.at) > since)).one()


def recalled_copies(work: Work, actor: Actor) -> list[View]:
    """Releases that somebody downloaded and that were recalled since: their copies are still out there."""
    recalled = work.all(Release, Release.state == ReleaseState.RECALLED)  # few: the log is asked for these alone
    theirs = AuditEvent.event == Event.RELEASE_DOWNLOADED.value, AuditEvent.actor_id == actor.person_id
    which = col(AuditEvent.subject_id).in_([row.id for row in recalled])
    held = {row.subject_id for row in work.all(AuditEvent, which, *theirs)} if recalled else set()
    return [{"id": row.id, "title": row.title, "reason": row.recall_reason} for row in recalled if row.id in held]


def _line(row: AuditEvent, roles: frozenset[Role], facts: Facts) -> View:
    told: dict[str, Any] = {"at": row.at.isoformat(), "event": row.event, "who": _who(row, roles, facts)}
    return told | ({"reason": row.reason} if roles & INSIDERS else {"reason": ""})


def _who(row: AuditEvent, roles: frozenset[Role], facts: Facts) -> str:
    if roles & INSIDERS or row.actor_id in {member.person_id for member in facts.members}:
        return row.actor
    return next((words for role, words in _AS_A_ROLE if role.value in row.roles), "somebody else")
