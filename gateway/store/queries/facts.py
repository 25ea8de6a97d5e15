"""Loads a subject with its surroundings, for the rules to look at."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import SQLModel, col

from gateway.models import (
    Appointment,
    Budget,
    Grant,
    Job,
    Membership,
    OptOutList,
    Person,
    Pool,
    Project,
    RegisterEntry,
    Release,
    Review,
    Snapshot,
    Transfer,
    Vote,
    Workspace,
)
from gateway.rules.facts import Actor, Facts
from gateway.store.unit_of_work import Work
from gateway.vocabulary import Noun, OptOutListState, PersonState, SnapshotState

TABLES: dict[Noun, type[SQLModel]] = {
    Noun.POOL: Pool,
    Noun.OPT_OUT_LIST: OptOutList,
    Noun.PROJECT: Project,
    Noun.SNAPSHOT: Snapshot,
    Noun.WORKSPACE: Workspace,
    Noun.TRANSFER: Transfer,
    Noun.JOB: Job,
    Noun.RELEASE: Release,
    Noun.REGISTER_ENTRY: RegisterEntry,
    Noun.PERSON: Person,
}
_PREFIX = {
    "pool": Noun.POOL,
    "ool": Noun.OPT_OUT_LIST,
    "prj": Noun.PROJECT,
    "snp": Noun.SNAPSHOT,
    "wsp": Noun.WORKSPACE,
    "trf": Noun.TRANSFER,
    "job": Noun.JOB,
    "rel": Noun.RELEASE,
    "reg": Noun.REGISTER_ENTRY,
    "per": Noun.PERSON,
}


def noun_of(subject_id: str) -> Noun | None:
    """The noun that an id speaks of."""
    return _PREFIX.get(subject_id.split("-", 1)[0])


def subject_of(work: Work, subject_id: str) -> Any | None:
    """The row of an id, whatever its noun; what no id is made of is never asked of the database."""
    noun = noun_of(subject_id) if subject_id.isascii() and subject_id.isprintable() else None
    return work.get(TABLES[noun], subject_id) if noun else None


def pool_of(work: Work) -> Pool:
    """The pool of this gateway; today there is one."""
    pool = work.find(Pool)
    if pool is None:
        raise LookupError("the gateway has no pool yet")
    return pool


def actor_of(work: Work, person: Person, now: datetime) -> Actor:
    """A person with the appointments in force now."""
    rows = work.all(Appointment, Appointment.person_id == person.id, col(Appointment.since) <= now)
    held = frozenset(row.role for row in rows if row.until is None or row.until > now)
    return Actor(person.id, person.name, held if person.state is PersonState.ACTIVE else frozenset())


def facts_of(work: Work, subject: Any, now: datetime, max_list_age_days: int) -> Facts:
    """Everything the rules may ask about a subject."""
    noun = noun_of(subject.id)
    if noun is None:
        raise LookupError("not a subject")
    project_id = _PROJECT_OF[noun](work, subject) if noun in _PROJECT_OF else None
    pool = pool_of(work)
    return Facts(
        noun=noun,
        subject_id=subject.id,
        state=subject.state,
        now=now,
        max_list_age_days=max_list_age_days,
        pool=pool,
        pool_budget=work.get(Budget, pool.id),
        active_list=work.find(OptOutList, OptOutList.state == OptOutListState.ACTIVE),
        people_with_workspaces=_people_with_workspaces(work),
        owner_id=subject.id if noun is Noun.PERSON else "",
        register_entry=subject if noun is Noun.REGISTER_ENTRY else None,
        **(_project_facts(work, project_id, now) if project_id else {}),
        **(_release_facts(work, subject) if noun is Noun.RELEASE else {}),
    )


def current_snapshot(work: Work, project_id: str) -> Snapshot | None:
    """The cleared snapshot of a project, else the newest one."""
    rows = work.all(Snapshot, Snapshot.project_id == project_id, order=col(Snapshot.requested_at).desc())
    return next((row for row in rows if row.state is SnapshotState.CLEARED), rows[0] if rows else None)


def _project_facts(work: Work, project_id: str, now: datetime) -> dict[str, Any]:
    project = work.need(Project, project_id)
    workspace = work.find(Workspace, Workspace.project_id == project_id)
    votes = work.all(Vote, Vote.project_id == project_id, Vote.round == project.round)
    return {
        "project": project,
        "grant": work.find(Grant, Grant.project_id == project_id),
        "budget": work.get(Budget, project_id),
        "members": work.all(Membership, Membership.project_id == project_id),
        "votes": votes,
        "snapshot": current_snapshot(work, project_id),
        "workspace": workspace,
        "jobs_today": _jobs_since(work, workspace, now - timedelta(days=1)),
    }


def _jobs_since(work: Work, workspace: Workspace | None, since: datetime) -> int:
    if workspace is None:
        return 0
    return len(work.all(Job, Job.workspace_id == workspace.id, col(Job.submitted_at) > since))


def _release_facts(work: Work, release: Release) -> dict[str, Any]:
    return {"release": release, "reviews": work.all(Review, Review.release_id == release.id, order=col(Review.at))}


def _people_with_workspaces(work: Work) -> frozenset[str]:
    projects = [workspace.project_id for workspace in work.all(Workspace)]
    return frozenset(row.person_id for row in work.all(Membership, col(Membership.project_id).in_(projects)))


def _through_workspace(work: Work, row: Any) -> str:
    return work.need(Workspace, row.workspace_id).project_id


_PROJECT_OF: dict[Noun, Callable[[Work, Any], str | None]] = {
    Noun.PROJECT: lambda _, row: row.id,
    Noun.SNAPSHOT: lambda _, row: row.project_id,
    Noun.WORKSPACE: lambda _, row: row.project_id,
    Noun.RELEASE: lambda _, row: row.project_id,
    Noun.REGISTER_ENTRY: lambda _, row: row.project_id,
    Noun.TRANSFER: _through_workspace,
    Noun.JOB: _through_workspace,
}
