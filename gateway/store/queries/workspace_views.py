"""What a person sees of a workspace: scripts, jobs with their place in the queue and their cost, the notebook.

Of a job only what its shown state tells, whoever asks (privacy model P13).
"""

from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlmodel import col, or_

from gateway.models import Job, Transfer, Workspace
from gateway.rules.costs import Cost, cost_of
from gateway.rules.facts import Actor, Facts
from gateway.rules.guards import JOBS_A_DAY
from gateway.rules.tiers import room_of, tier_of
from gateway.rules.visibility import shown_state
from gateway.store.queries.view_parts import View, person, plain
from gateway.store.unit_of_work import Work
from gateway.vocabulary import JobState, Role
from workspaces.rooms.base import Limits


def workspace(work: Work, actor: Actor, roles: frozenset[Role], subject: Workspace, facts: Facts) -> View:
    """Everything that belongs to it, newest first."""
    transfers = work.all(Transfer, Transfer.workspace_id == subject.id, order=col(Transfer.submitted_at).desc())
    jobs = work.all(Job, Job.workspace_id == subject.id, order=col(Job.submitted_at).desc())
    told = [{"id": row.id, **job(work, actor, roles, row, facts)} for row in jobs]
    tier = tier_of(facts.grant)
    return {
        **plain(subject, "project_id", "opened_at", "room_asked_at"),
        "tier": {"name": tier.name, "title": tier.title, "meaning": tier.meaning, "room": room_of(tier)},
        "room_asked_by": person(work, subject.room_asked_by) if subject.room_asked_by else None,
        "transfers": [transfer_line(row) for row in transfers],
        "jobs": told,
        "jobs_left_today": max(JOBS_A_DAY - facts.jobs_today, 0),
        "costs": _costs(work, jobs, facts),
    }


def transfer_line(row: Transfer) -> View:
    """A script on its way in."""
    return {"id": row.id, "state": row.state.value, **plain(row, "name", "digest", "size", "submitted_at", "findings")}


def transfer(work: Work, actor: Actor, roles: frozenset[Role], subject: Transfer, facts: Facts) -> View:  # noqa: ARG001
    """The same, with its workspace."""
    return transfer_line(subject) | {"workspace_id": subject.workspace_id}


def job(work: Work, actor: Actor, roles: frozenset[Role], subject: Job, facts: Facts) -> View:  # noqa: ARG001
    """Its shown state, and what follows from that alone: place in the queue, latest end, cost."""
    state, usable = shown_state(subject, facts.now)
    running = state is JobState.RUNNING and subject.start_shown_at is not None
    cost = _cost(subject, facts)
    return {
        **plain(subject, "workspace_id", "transfer_id", "submitted_at"),
        "state": state.value,
        "usable": usable,
        "stopped": subject.stopped_at is not None,
        "position": _position(work, subject, facts.now) if state is JobState.QUEUED else None,
        "running_since": subject.start_shown_at.isoformat() if running and subject.start_shown_at else None,
        "ends_by": _ends_by(subject.start_shown_at) if running else None,
        "cost": _told(cost) if cost else None,
    }


def _position(work: Work, subject: Job, now: datetime) -> int:
    """1 for the next one: how many of the whole gateway that show as queued were queued before, itself included."""
    waiting: list[str] = work.once(_waiting, now)
    return waiting.index(subject.id) + 1 if subject.id in waiting else 1


def _waiting(work: Work, now: datetime) -> list[str]:
    not_running = or_(col(Job.start_shown_at).is_(None), col(Job.start_shown_at) > now)
    not_ended = or_(col(Job.shown_at).is_(None), col(Job.shown_at) > now)
    return [row.id for row in work.all(Job, not_running, not_ended, order=col(Job.submitted_at))]


def _ends_by(since: datetime | None) -> str | None:
    return (since + timedelta(seconds=Limits().seconds)).isoformat() if since else None


def _cost(subject: Job, facts: Facts) -> Cost | None:
    shown = shown_state(subject, facts.now)[0] is JobState.ENDED
    return cost_of(subject, shown=shown, sees_rows=tier_of(facts.grant).sees_rows)


def _told(cost: Cost) -> dict[str, Any]:
    return {
        "seconds": round(cost.seconds, 1),
        "cpu_seconds": round(cost.cpu_seconds, 1),
        "gib_hours": round(cost.gib_hours, 4),
        "jobs": cost.jobs,
    }


def _costs(work: Work, jobs: Any, facts: Facts) -> View:
    """Of the whole project, and of each person who ran something."""
    spent = sorted(
        ((row.person_id, cost) for row in jobs if (cost := _cost(row, facts)) is not None), key=lambda pair: pair[0]
    )
    each = {
        person_id: sum((cost for _, cost in theirs), Cost())
        for person_id, theirs in groupby(spent, lambda pair: pair[0])
    }
    people = [{"person": person(work, person_id), **_told(cost)} for person_id, cost in each.items()]
    return {"project": _told(sum(each.values(), Cost())), "people": people}
