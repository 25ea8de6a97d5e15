"""What a person sees of each noun: plain JSON values, always filtered by visibility.

The same views feed pages, API and client. Exact figures of builds and loads are only in what IG officers and
auditors may see (privacy model P9).
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlmodel import SQLModel, col

from gateway.models import (
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
from gateway.rules.budgets import left
from gateway.rules.facts import Actor, Facts
from gateway.rules.marks import is_informed, mark_of
from gateway.rules.refusals import Refusal, unknown
from gateway.rules.roles import roles_on
from gateway.rules.transitions import STEPS, choose
from gateway.rules.visibility import knows_as_member_only, may_see, shown_state, visible_reviews, visible_votes
from gateway.store.ahead import Ahead
from gateway.store.queries.facts import TABLES, all_facts_of, from_inside, from_outside
from gateway.store.unit_of_work import Relation, Work
from gateway.vocabulary import Command, Noun, RegisterState, Role, State

View = dict[str, Any]
INSIDERS = frozenset({Role.IG_OFFICER, Role.AUDITOR})
PEOPLE = Relation(Person, col(Person.id))
RELEASES = Relation(Release, col(Release.project_id), col(Release.created_at).desc())
ENTRIES = Relation(RegisterEntry, col(RegisterEntry.project_id))
OF_ONE_PROJECT = frozenset({Noun.PROJECT, Noun.SNAPSHOT, Noun.WORKSPACE, Noun.RELEASE, Noun.REGISTER_ENTRY})
_MONEY = frozenset({Role.MEMBER, Role.AUDITOR, Role.IG_OFFICER, Role.COMMITTEE_MEMBER})


def one(work: Work, actor: Actor, subject_id: str, now: datetime, max_list_age_days: int) -> View:
    """One subject as this person sees it, with what they may do and why not; raises the refusal `unknown`."""
    subject, seen = from_outside(work, subject_id, now, max_list_age_days)
    if seen is None or not may_see(roles_on(actor, seen), seen):
        raise unknown()
    return _shown(work, actor, subject, from_inside(work, subject, seen))


def many(work: Work, actor: Actor, noun: Noun, now: datetime, max_list_age_days: int) -> list[View]:
    """Every subject of a noun that this person may know of, newest first."""
    ahead = work if isinstance(work, Ahead) else Ahead(work)
    everybody = all_facts_of(ahead, noun, subjects := _subjects(work, actor, noun), now, max_list_age_days)
    seen = [
        (subject, facts)
        for subject, facts in zip(subjects, everybody, strict=True)
        if may_see(roles_on(actor, facts), facts)
    ]
    _load_what_views_say(ahead, noun, [facts for _, facts in seen])
    found = [_shown(ahead, actor, subject, facts) for subject, facts in seen]
    return sorted(found, key=lambda view: str(view.get("created_at", view["id"])), reverse=True)


def _subjects(work: Work, actor: Actor, noun: Noun) -> Sequence[Any]:
    """The rows that may be worth a look: who knows of projects as a member only is not shown others' rows to judge."""
    table: Any = TABLES[noun]
    if noun not in OF_ONE_PROJECT or not knows_as_member_only(actor):
        return work.all(table)
    mine = [row.project_id for row in work.all(Membership, Membership.person_id == actor.person_id)]
    return work.all(table, (table.id if noun is Noun.PROJECT else table.project_id).in_(mine))


def _load_what_views_say(ahead: Ahead, noun: Noun, seen: Sequence[Facts]) -> None:
    """Names of people, and what projects say beside their facts."""
    if noun is Noun.PROJECT:
        ahead.load(RELEASES, [facts.subject_id for facts in seen])
        ahead.load(ENTRIES, [facts.subject_id for facts in seen])
    people = {facts.release.author_id for facts in seen if facts.release}
    for facts in seen:
        people |= {row.person_id for row in facts.members}
        people |= {row.person_id for row in facts.votes} | {row.person_id for row in facts.reviews}
    ahead.load(PEOPLE, people)


def register(work: Work) -> list[View]:
    """The public register: published entries only."""
    rows = work.all(
        RegisterEntry, RegisterEntry.state == RegisterState.PUBLISHED, order=col(RegisterEntry.published_at).desc()
    )
    return [{"id": row.id, "version": row.version, **row.fields} for row in rows]


def actions(actor: Actor, facts: Facts) -> View:
    """Every command of this noun: None when it can be done now, else why not."""
    return {command.value: _hint(actor, command, facts) for command in _commands(type(facts.state))}


@cache
def _commands(states: type[State]) -> tuple[Command, ...]:
    """What people, and not the system alone, can do with a noun of these states."""
    rows = [row for row in STEPS if type(row.state) is states]
    return tuple(dict.fromkeys(row.command for row in rows if not _system(row.command)))


def _system(command: Command) -> bool:
    return all(row.by == {Role.SYSTEM} for row in STEPS if row.command is command)


def _hint(actor: Actor, command: Command, facts: Facts) -> View | None:
    answer = choose(actor, command, facts)
    if not isinstance(answer, Refusal):
        return None
    return {"code": answer.code, "sentence": answer.sentence, "next_step": answer.next_step}


def _shown(work: Work, actor: Actor, subject: Any, facts: Facts) -> View:
    roles = roles_on(actor, facts)
    common = {
        "id": subject.id,
        "noun": facts.noun.value,
        "state": subject.state.value,
        "roles": sorted(role.value for role in roles),
        "actions": actions(actor, facts),
    }
    return {**common, **_PARTS[facts.noun](work, actor, roles, subject, facts)}


def _plain(row: SQLModel, *names: str) -> View:
    return row.model_dump(mode="json", include=set(names))


def _person(work: Work, person_id: str) -> View:
    person = work.one_of(PEOPLE, person_id)
    return {"id": person_id, "name": person.name if person else person_id}


def _pool(work: Work, actor: Actor, roles: frozenset[Role], subject: Any, facts: Facts) -> View:  # noqa: ARG001
    fresh = facts.active_list
    body = _plain(subject, "name", "public_population", "epsilon_micro", "delta_e15")
    return body | {"opt_out_list_date": fresh.list_date.isoformat() if fresh else None}


def _project(work: Work, actor: Actor, roles: frozenset[Role], subject: Project, facts: Facts) -> View:
    return {
        **_plain(subject, "title", "application", "round", "created_at", "draws_frozen"),
        "members": [_member(work, row) for row in facts.members],
        "votes": [_vote(work, row) for row in visible_votes(actor, roles, facts)],
        "votes_cast": len(facts.votes),
        "grant": facts.grant and grant_shown(facts.grant, facts.pool, informed=is_informed(actor, facts)),
        "budget": _budget(facts) if roles & _MONEY else None,
        "snapshot": _snapshot(work, actor, roles, facts.snapshot, facts) if facts.snapshot else None,
        "workspace_id": facts.workspace.id if facts.workspace else None,
        "releases": _releases(work, subject.id, roles),
        "register_entry_id": _entry_id(work, subject.id),
    }


def grant_shown(grant: Grant, pool: Pool, *, informed: bool) -> View:
    """Everything that a person's request is priced and checked with; the population is a public figure."""
    mark = mark_of(grant, informed=informed)
    return {**grant.model_dump(mode="json"), "public_population": pool.public_population, "mark": mark.value}


def _member(work: Work, row: Membership) -> View:
    return {**_person(work, row.person_id), "leads": row.leads}


def _vote(work: Work, row: Vote) -> View:
    return {**_plain(row, "verdict", "reason", "lay", "at", "round"), "person": _person(work, row.person_id)}


def _budget(facts: Facts) -> View | None:
    if facts.budget is None:
        return None
    row = facts.budget
    return {
        "granted_micro_rho": row.granted_micro_rho,
        "reserved_micro_rho": row.reserved_micro_rho,
        "spent_micro_rho": row.spent_micro_rho,
        "left_micro_rho": left(row).micro_rho,
    }


def _releases(work: Work, project_id: str, roles: frozenset[Role]) -> list[View]:
    if not roles & {Role.MEMBER, Role.IG_OFFICER, Role.AUDITOR}:
        return []
    return [{"id": row.id, "title": row.title, "state": row.state.value} for row in work.of(RELEASES, project_id)]


def _entry_id(work: Work, project_id: str) -> str | None:
    entry = work.one_of(ENTRIES, project_id)
    return entry.id if entry else None


def _snapshot(work: Work, actor: Actor, roles: frozenset[Role], subject: Snapshot, facts: Facts) -> View:  # noqa: ARG001
    body = _plain(subject, "project_id", "requested_at", "built_at", "cut_date", "commitment", "failure")
    body |= {"id": subject.id, "state": subject.state.value}
    if roles & INSIDERS:
        body |= _plain(subject, "people", "removed", "manifest_digest", "opt_out_list_id", "nonce")
    return body


def _opt_out_list(work: Work, actor: Actor, roles: frozenset[Role], subject: OptOutList, facts: Facts) -> View:  # noqa: ARG001
    body = _plain(subject, "local_id", "list_date", "received_at", "activated_at", "commitment")
    return body | (_plain(subject, "receipt", "digest") if roles & INSIDERS else {})


def _workspace(work: Work, actor: Actor, roles: frozenset[Role], subject: Workspace, facts: Facts) -> View:
    transfers = work.all(Transfer, Transfer.workspace_id == subject.id, order=col(Transfer.submitted_at).desc())
    jobs = work.all(Job, Job.workspace_id == subject.id, order=col(Job.submitted_at).desc())
    return {
        **_plain(subject, "project_id", "opened_at"),
        "transfers": [_transfer_line(row) for row in transfers],
        "jobs": [{"id": row.id, **_job(work, actor, roles, row, facts)} for row in jobs],
    }


def _transfer_line(row: Transfer) -> View:
    return {"id": row.id, "state": row.state.value, **_plain(row, "name", "digest", "size", "submitted_at", "findings")}


def _transfer(work: Work, actor: Actor, roles: frozenset[Role], subject: Transfer, facts: Facts) -> View:  # noqa: ARG001
    return _transfer_line(subject) | {"workspace_id": subject.workspace_id}


def _job(work: Work, actor: Actor, roles: frozenset[Role], subject: Job, facts: Facts) -> View:  # noqa: ARG001
    state, usable = shown_state(subject, facts.now)
    return {**_plain(subject, "workspace_id", "transfer_id", "submitted_at"), "state": state.value, "usable": usable}


def _release(work: Work, actor: Actor, roles: frozenset[Role], subject: Release, facts: Facts) -> View:
    asked = ("title", "project_id", "request", "request_digest", "price", "micro_rho", "delta_e15", "mark", "turn")
    came = ("created_at", "deadline_at", "artefact_digest", "package_digest", "released_at", "recall_reason")
    return {
        **_plain(subject, *asked, *came),
        "author": _person(work, subject.author_id),
        "project_title": facts.project.title if facts.project else "",
        "reviews": [_review(work, row, roles) for row in visible_reviews(actor, roles, facts)],
        "reviews_wanted": facts.grant.reviews if facts.grant else 0,
        "budget": _budget(facts) if roles & {Role.MEMBER, Role.OUTPUT_CHECKER, Role.AUDITOR} else None,
    }


def _review(work: Work, row: Review, roles: frozenset[Role]) -> View:
    who = _person(work, row.person_id) if roles & {Role.OUTPUT_CHECKER, Role.AUDITOR} else {"name": "output checker"}
    return {**_plain(row, "stage", "turn", "verdict", "reason", "at"), "person": who}


def _register_entry(work: Work, actor: Actor, roles: frozenset[Role], subject: RegisterEntry, facts: Facts) -> View:  # noqa: ARG001
    return _plain(subject, "project_id", "fields", "version", "published_at")


def _self(work: Work, actor: Actor, roles: frozenset[Role], subject: Person, facts: Facts) -> View:  # noqa: ARG001
    body = _plain(subject, "name", "organisation")
    return body | (_plain(subject, "email") if subject.id == actor.person_id else {})


def _erasure(work: Work, actor: Actor, roles: frozenset[Role], subject: ErasureOrder, facts: Facts) -> View:  # noqa: ARG001
    said = _plain(subject, "ground", "proposed_at", "decided_at", "refusal", "reason", "done_at")
    return {**said, "proposed_by": _person(work, subject.proposed_by)}


def _refresh(work: Work, actor: Actor, roles: frozenset[Role], subject: Refresh, facts: Facts) -> View:  # noqa: ARG001
    return _plain(subject, "begun_at", "ended_at", "opt_out_list_id")


_PARTS: dict[Noun, Callable[..., View]] = {
    Noun.POOL: _pool,
    Noun.PROJECT: _project,
    Noun.SNAPSHOT: _snapshot,
    Noun.OPT_OUT_LIST: _opt_out_list,
    Noun.WORKSPACE: _workspace,
    Noun.TRANSFER: _transfer,
    Noun.JOB: _job,
    Noun.RELEASE: _release,
    Noun.REGISTER_ENTRY: _register_entry,
    Noun.PERSON: _self,
    Noun.ERASURE_ORDER: _erasure,
    Noun.REFRESH: _refresh,
}
