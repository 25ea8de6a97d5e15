"""Loads a subject with its surroundings, for the rules to look at."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import SQLModel, col, or_

from gateway.models import (
    Appointment,
    Budget,
    ErasureOrder,
    Grant,
    Job,
    Membership,
    OptOutList,
    Person,
    Pool,
    Project,
    Refresh,
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
from gateway.vocabulary import Noun, OptOutListState, PersonState, RefreshState, SnapshotState

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
    Noun.ERASURE_ORDER: ErasureOrder,
    Noun.REFRESH: Refresh,
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
    "ers": Noun.ERASURE_ORDER,
    "rfr": Noun.REFRESH,
}


def noun_of(subject_id: str) -> Noun | None:
    """The noun that an id speaks of."""
    return _PREFIX.get(subject_id.split("-", 1)[0])


def from_outside(
    work: Work, subject_id: str, now: datetime, max_list_age_days: int
) -> tuple[Any, Facts] | tuple[None, None]:
    """The row of an id with as much around it as says who may know of it; nothing when there is none.

    What is there and what is not are looked for by the same questions, so that neither their number nor how long they
    take tells the two apart. What no id is made of is never asked of the database.
    """
    noun = noun_of(subject_id) if subject_id.isascii() and subject_id.isprintable() else None
    if noun is None:
        return None, None
    subject: Any = work.get(TABLES[noun], subject_id)
    seen = _outside(work, noun, subject, now, max_list_age_days)
    return (None, None) if seen is None else (subject, seen)


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
    held = held if person.state is PersonState.ACTIVE else frozenset()
    return Actor(person.id, person.name, held, others=_others(work, person))


def _others(work: Work, person: Person) -> frozenset[str]:
    """Further accounts with the same verified mailbox, or of the same name at a provider that was moved."""
    named, reached = col(Person.subject) == person.subject, col(Person.mailbox) == person.mailbox
    same = or_(named, reached) if person.mailbox else named
    return frozenset(row.id for row in work.all(Person, same)) - {person.id}


def facts_of(work: Work, subject: Any, now: datetime, max_list_age_days: int) -> Facts:
    """Everything the rules may ask about a subject."""
    noun = noun_of(subject.id)
    seen = _outside(work, noun, subject, now, max_list_age_days) if noun else None
    if seen is None:
        raise LookupError("not a subject")
    return from_inside(work, subject, seen)


def _outside(work: Work, noun: Noun, subject: Any, now: datetime, max_list_age_days: int) -> Facts | None:
    project_id = _PROJECT_OF[noun](work, subject) if noun in _PROJECT_OF else None
    members = () if project_id is None else work.all(Membership, Membership.project_id == project_id)
    pool, elsewhere = pool_of(work), _people_with_workspaces(work)
    if subject is None:
        return None
    return Facts(
        noun=noun,
        subject_id=subject.id,
        state=subject.state,
        now=now,
        max_list_age_days=max_list_age_days,
        pool=pool,
        members=members,
        people_with_workspaces=elsewhere,
        owner_id=subject.id if noun is Noun.PERSON else "",
        register_entry=subject if noun is Noun.REGISTER_ENTRY else None,
        release=subject if noun is Noun.RELEASE else None,
        erasure=subject if noun is Noun.ERASURE_ORDER else None,
    )


def from_inside(work: Work, subject: Any, seen: Facts) -> Facts:
    """What was seen from outside with everything else that the rules may ask; for those who may know of it."""
    project_id = _PROJECT_OF[seen.noun](work, subject) if seen.noun in _PROJECT_OF else ""
    project = _project_facts(work, project_id, seen.now) if project_id else {}
    reviews = work.all(Review, Review.release_id == subject.id, order=col(Review.at)) if seen.release else ()
    return replace(
        seen,
        pool_budget=work.get(Budget, seen.pool.id),
        active_list=work.find(OptOutList, OptOutList.state == OptOutListState.ACTIVE),
        reviews=reviews,
        refreshing=seen.noun is Noun.POOL and work.find(Refresh, Refresh.state == RefreshState.RUNNING) is not None,
        **project,
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
        "votes": votes,
        "snapshot": current_snapshot(work, project_id),
        "workspace": workspace,
        "jobs_today": _jobs_since(work, workspace, now - timedelta(days=1)),
    }


def _jobs_since(work: Work, workspace: Workspace | None, since: datetime) -> int:
    if workspace is None:
        return 0
    return len(work.all(Job, Job.workspace_id == workspace.id, col(Job.submitted_at) > since))


def _people_with_workspaces(work: Work) -> frozenset[str]:
    projects = [workspace.project_id for workspace in work.all(Workspace)]
    return frozenset(row.person_id for row in work.all(Membership, col(Membership.project_id).in_(projects)))


def _itself(_: Work, row: Any) -> str:
    return row.id if row else ""


def _named(_: Work, row: Any) -> str:
    return row.project_id if row else ""


def _through_workspace(work: Work, row: Any) -> str:
    return _named(work, work.get(Workspace, row.workspace_id if row else ""))


# of no row the project is "", which is nobody's: it is asked for all the same
_PROJECT_OF: dict[Noun, Callable[[Work, Any], str]] = {
    Noun.PROJECT: _itself,
    Noun.SNAPSHOT: _named,
    Noun.WORKSPACE: _named,
    Noun.RELEASE: _named,
    Noun.REGISTER_ENTRY: _named,
    Noun.TRANSFER: _through_workspace,
    Noun.JOB: _through_workspace,
}
