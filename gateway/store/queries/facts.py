"""Loads a subject with its surroundings, for the rules to look at."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import SQLModel, col, or_, select

from gateway.models import (
    Appointment,
    Budget,
    Certificate,
    Declaration,
    ErasureOrder,
    Exemption,
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
from gateway.models.grant import JOBS
from gateway.rules.facts import Actor, Facts
from gateway.store.ahead import Ahead
from gateway.store.queries.certificates import suspended_seats
from gateway.store.unit_of_work import Relation, Work
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
    Noun.CERTIFICATE: Certificate,
    Noun.ERASURE_ORDER: ErasureOrder,
    Noun.REFRESH: Refresh,
    Noun.EXEMPTION: Exemption,
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
    "crt": Noun.CERTIFICATE,
    "ers": Noun.ERASURE_ORDER,
    "rfr": Noun.REFRESH,
    "exm": Noun.EXEMPTION,
}
NOBODY: frozenset[str] = frozenset()
PROJECTS = Relation(Project, col(Project.id))
MEMBERS = Relation(Membership, col(Membership.project_id))
DECLARATIONS = Relation(Declaration, col(Declaration.project_id))
VOTES = Relation(Vote, col(Vote.project_id))
GRANTS = Relation(Grant, col(Grant.project_id))
BUDGETS = Relation(Budget, col(Budget.id))
SNAPSHOTS = Relation(Snapshot, col(Snapshot.project_id), col(Snapshot.requested_at).desc())
EXEMPTIONS = Relation(Exemption, col(Exemption.project_id))
ENTRIES = Relation(RegisterEntry, col(RegisterEntry.project_id))
WORKSPACES = Relation(Workspace, col(Workspace.project_id))
REVIEWS = Relation(Review, col(Review.release_id), col(Review.at))
OF_PROJECTS: tuple[Relation[Any], ...] = (
    PROJECTS,
    MEMBERS,
    VOTES,
    GRANTS,
    BUDGETS,
    SNAPSHOTS,
    EXEMPTIONS,
    ENTRIES,
    WORKSPACES,
)


def noun_of(subject_id: str) -> Noun | None:
    """The noun that an id speaks of."""
    return _PREFIX.get(subject_id.split("-", 1)[0])


def from_outside(
    work: Work, subject_id: str, now: datetime, max_list_age_days: int, accounts: frozenset[str]
) -> tuple[Any, Facts] | tuple[None, None]:
    """The row of an id with as much around it as says who may know of it; nothing when there is none.

    What is there and what is not are looked for by the same questions, so that neither their number nor how long they
    take tells the two apart. What no id is made of is never asked of the database.
    """
    noun = noun_of(subject_id) if subject_id.isascii() and subject_id.isprintable() else None
    if noun is None:
        return None, None
    subject: Any = work.get(TABLES[noun], subject_id)
    seen = _outside(work, noun, subject, now, max_list_age_days, accounts)
    return (None, None) if seen is None else (subject, seen)


def pool_of(work: Work) -> Pool:
    """The pool of this gateway; today there is one."""
    pool = work.find(Pool)
    if pool is None:
        raise LookupError("the gateway has no pool yet")
    return pool


def actor_of(work: Work, person: Person, now: datetime) -> Actor:
    """A person with the appointments in force now, but for those whose certificates lapsed."""
    rows = work.all(Appointment, Appointment.person_id == person.id, col(Appointment.since) <= now)
    held = frozenset(row.role for row in rows if row.until is None or row.until > now)
    held = held if person.state is PersonState.ACTIVE else frozenset()
    lacking = held & suspended_seats(work, person, now)
    return Actor(
        person.id,
        person.name,
        held - lacking,
        others=_others(work, person),
        suspended=lacking,
        organisation=person.organisation,
    )


def _others(work: Work, person: Person) -> frozenset[str]:
    """Further accounts with the same verified mailbox, or of the same name at a provider that was moved."""
    named, reached = col(Person.subject) == person.subject, col(Person.mailbox) == person.mailbox
    same = or_(named, reached) if person.mailbox else named
    return frozenset(row.id for row in work.all(Person, same)) - {person.id}


def facts_of(work: Work, subject: Any, now: datetime, max_list_age_days: int, accounts: frozenset[str]) -> Facts:
    """Everything the rules may ask about a subject, and about these accounts of whoever asks."""
    noun = noun_of(subject.id)
    seen = _outside(work, noun, subject, now, max_list_age_days, accounts) if noun else None
    if seen is None:
        raise LookupError("not a subject")
    return from_inside(work, subject, seen)


def all_facts_of(
    work: Ahead,
    noun: Noun,
    subjects: Sequence[Any],
    now: datetime,
    max_list_age_days: int,
    accounts: frozenset[str],
) -> list[Facts]:
    """The same of several subjects of one noun, by as many questions for many as for one."""
    project_ids = {_PROJECT_OF[noun](work, subject) for subject in subjects} if noun in _PROJECT_OF else set()
    for relation in OF_PROJECTS:
        work.load(relation, project_ids)
    if noun is Noun.PROJECT:
        work.load(DECLARATIONS, project_ids)
    if noun is Noun.RELEASE:
        work.load(REVIEWS, [subject.id for subject in subjects])
    return [facts_of(work, subject, now, max_list_age_days, accounts) for subject in subjects]


def _outside(
    work: Work, noun: Noun, subject: Any, now: datetime, max_list_age_days: int, accounts: frozenset[str]
) -> Facts | None:
    project_id = _PROJECT_OF[noun](work, subject) if noun in _PROJECT_OF else None
    members = () if project_id is None else work.of(MEMBERS, project_id)
    declared = () if noun is not Noun.PROJECT else work.of(DECLARATIONS, project_id or "")
    pool = work.once(pool_of)
    elsewhere, informed = work.once(_with_workspaces, accounts), work.once(informed_of, accounts)
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
        declarations=declared,
        people_with_workspaces=elsewhere,
        informed=informed,
        owner_id=_OWNER[noun](subject) if noun in _OWNER else "",
        register_entry=subject if noun is Noun.REGISTER_ENTRY else None,
        release=subject if noun is Noun.RELEASE else None,
        job=subject if noun is Noun.JOB else None,
        erasure=subject if noun is Noun.ERASURE_ORDER else None,
        exemption=subject if noun is Noun.EXEMPTION else None,
        certificate=subject if noun is Noun.CERTIFICATE else None,
    )


def from_inside(work: Work, subject: Any, seen: Facts) -> Facts:
    """What was seen from outside with everything else that the rules may ask; for those who may know of it."""
    project_id = _PROJECT_OF[seen.noun](work, subject) if seen.noun in _PROJECT_OF else ""
    project = _project_facts(work, project_id, seen.now) if project_id else {}
    reviews = work.of(REVIEWS, subject.id) if seen.release else ()
    return replace(
        seen,
        pool_budget=work.once(_budget, seen.pool.id),
        active_list=work.once(_active_list),
        reviews=reviews,
        refreshing=seen.noun is Noun.POOL and work.find(Refresh, Refresh.state == RefreshState.RUNNING) is not None,
        **project,
    )


def current_snapshot(work: Work, project_id: str) -> Snapshot | None:
    """The cleared snapshot of a project, else the newest one."""
    rows = work.of(SNAPSHOTS, project_id)
    return next((row for row in rows if row.state is SnapshotState.CLEARED), rows[0] if rows else None)


def _project_facts(work: Work, project_id: str, now: datetime) -> dict[str, Any]:
    project, workspace = work.one_of(PROJECTS, project_id), work.one_of(WORKSPACES, project_id)
    if project is None:
        raise LookupError("no such Project")
    return {
        "project": project,
        "grant": work.one_of(GRANTS, project_id),
        "budget": work.one_of(BUDGETS, project_id),
        "votes": [vote for vote in work.of(VOTES, project_id) if vote.round == project.round],
        "snapshot": current_snapshot(work, project_id),
        "snapshots": work.of(SNAPSHOTS, project_id),
        "exemptions": work.of(EXEMPTIONS, project_id),
        "register_entry": work.one_of(ENTRIES, project_id),
        "workspace": workspace,
        "jobs_today": work.once(_jobs_since, workspace.id, now - timedelta(days=1)) if workspace else 0,
    }


def _budget(work: Work, budget_id: str) -> Budget | None:
    return work.get(Budget, budget_id)


def _active_list(work: Work) -> OptOutList | None:
    return work.find(OptOutList, OptOutList.state == OptOutListState.ACTIVE)


def _jobs_since(work: Work, workspace_id: str, since: datetime) -> int:
    return len(work.all(Job, Job.workspace_id == workspace_id, col(Job.submitted_at) > since))


def _with_workspaces(work: Work, accounts: frozenset[str]) -> frozenset[str]:
    """Those of the accounts that belong to a project with a workspace."""
    return _belonging(work, accounts, select(Workspace.project_id))


def informed_of(work: Work, accounts: frozenset[str]) -> frozenset[str]:
    """Members of any project, also of one that has ended, whose grant goes beyond jobs: they may have seen rows."""
    return _belonging(work, accounts, select(Grant.project_id).where(Grant.tier != JOBS))


def _belonging(work: Work, accounts: frozenset[str], projects: Any) -> frozenset[str]:
    theirs = select(Membership.person_id).where(col(Membership.person_id).in_(sorted(accounts)))
    return frozenset(work.session.exec(theirs.where(col(Membership.project_id).in_(projects)).distinct()))


def _itself(_: Work, row: Any) -> str:
    return row.id if row else ""


def _named(_: Work, row: Any) -> str:
    return row.project_id if row else ""


def _through_workspace(work: Work, row: Any) -> str:
    return _named(work, work.once(_workspace, row.workspace_id if row else ""))


def _workspace(work: Work, workspace_id: str) -> Workspace | None:
    return work.get(Workspace, workspace_id)


_OWNER: dict[Noun, Callable[[Any], str]] = {
    Noun.PERSON: lambda row: str(row.id),
    Noun.CERTIFICATE: lambda row: str(row.person_id),
}
# of no row the project is "", which is nobody's: it is asked for all the same
_PROJECT_OF: dict[Noun, Callable[[Work, Any], str]] = {
    Noun.PROJECT: _itself,
    Noun.SNAPSHOT: _named,
    Noun.WORKSPACE: _named,
    Noun.RELEASE: _named,
    Noun.REGISTER_ENTRY: _named,
    Noun.EXEMPTION: _named,
    Noun.TRANSFER: _through_workspace,
    Noun.JOB: _through_workspace,
}
