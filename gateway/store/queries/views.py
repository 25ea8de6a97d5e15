"""What a person sees of each noun: plain JSON values, always filtered by visibility.

The same views feed pages, API and client. Exact figures of builds and loads are only in what IG officers and
auditors may see (privacy model P9).
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlmodel import col

from gateway.models import (
    ErasureOrder,
    Exemption,
    Grant,
    OptOutList,
    Pool,
    Project,
    Refresh,
    RegisterEntry,
    Snapshot,
    Vote,
)
from gateway.rules import committees
from gateway.rules.facts import Actor, Facts
from gateway.rules.marks import is_informed, mark_of
from gateway.rules.refusals import Refusal, unknown
from gateway.rules.roles import roles_on
from gateway.rules.transitions import STEPS, choose
from gateway.rules.visibility import may_see, visible_votes
from gateway.store.ahead import Ahead
from gateway.store.queries.certificates import HELD, OF_ORGANISATION, demands
from gateway.store.queries.facts import ENTRIES, all_facts_of, from_inside, from_outside
from gateway.store.queries.people_views import certificate, declarations, member, oneself
from gateway.store.queries.reach import in_order, worth_a_look
from gateway.store.queries.release_views import DRAFTS, RELEASES, SUBMISSIONS, listed, release
from gateway.store.queries.view_parts import PEOPLE, View, budget, person, plain
from gateway.store.queries.workspace_views import job, transfer, workspace
from gateway.store.unit_of_work import Work
from gateway.vocabulary import Command, Noun, RegisterState, Role, State

INSIDERS = frozenset({Role.IG_OFFICER, Role.AUDITOR})
_LISTED = frozenset({Role.MEMBER, Role.IG_OFFICER, Role.AUDITOR})
_MONEY = frozenset({Role.MEMBER, Role.AUDITOR, Role.IG_OFFICER, Role.COMMITTEE_MEMBER})


def one(work: Work, actor: Actor, subject_id: str, now: datetime, max_list_age_days: int) -> View:
    """One subject as this person sees it, with what they may do and why not; raises the refusal `unknown`."""
    subject, seen = from_outside(work, subject_id, now, max_list_age_days, actor.accounts)
    if seen is None or not may_see(roles_on(actor, seen), seen):
        raise unknown()
    return _shown(work, actor, subject, from_inside(work, subject, seen))


def many(work: Work, actor: Actor, noun: Noun, now: datetime, max_list_age_days: int) -> list[View]:
    """Every subject of a noun that this person may know of, newest first."""
    ahead = work if isinstance(work, Ahead) else Ahead(work)
    subjects = in_order(work, noun, worth_a_look(actor, noun))
    return shown(ahead, actor, noun, seen_of(ahead, actor, noun, subjects, now, max_list_age_days))


def seen_of(
    ahead: Ahead, actor: Actor, noun: Noun, subjects: Sequence[Any], now: datetime, max_list_age_days: int
) -> list[tuple[Any, Facts]]:
    """Those of the subjects that this person may know of, with their facts."""
    everybody = all_facts_of(ahead, noun, subjects, now, max_list_age_days, actor.accounts)
    pairs = zip(subjects, everybody, strict=True)
    return [(subject, facts) for subject, facts in pairs if may_see(roles_on(actor, facts), facts)]


def shown(ahead: Ahead, actor: Actor, noun: Noun, seen: Sequence[tuple[Any, Facts]]) -> list[View]:
    """The views of subjects that this person may know of."""
    _load_what_views_say(ahead, noun, [facts for _, facts in seen])
    return [_shown(ahead, actor, subject, facts) for subject, facts in seen]


def _load_what_views_say(ahead: Ahead, noun: Noun, seen: Sequence[Facts]) -> None:
    """Names of people, and what projects say beside their facts."""
    if noun is Noun.PROJECT:
        ahead.load(RELEASES, [facts.subject_id for facts in seen])
        ahead.load(ENTRIES, [facts.subject_id for facts in seen])
    if noun is Noun.RELEASE:
        ahead.load(SUBMISSIONS, [facts.subject_id for facts in seen])
        ahead.load(DRAFTS, [facts.subject_id for facts in seen])
        ahead.load(RELEASES, {facts.release.project_id for facts in seen if facts.release})
    people = {facts.release.author_id for facts in seen if facts.release}
    for facts in seen:
        people |= {row.person_id for row in facts.members}
        people |= {row.person_id for row in facts.votes} | {row.person_id for row in facts.reviews}
    ahead.load(PEOPLE, people)
    if noun is Noun.PROJECT and seen and ahead.once(demands, seen[0].now):
        ahead.load(HELD, people)
        somebody = [found for each in people if (found := ahead.one_of(PEOPLE, each))]
        ahead.load(OF_ORGANISATION, {found.organisation for found in somebody if found.organisation})


def register(work: Work) -> list[View]:
    """The public register: published entries only."""
    rows = work.all(
        RegisterEntry, RegisterEntry.state == RegisterState.PUBLISHED, order=col(RegisterEntry.published_at).desc()
    )
    return [entry_shown(row) for row in rows]


def entry_shown(row: RegisterEntry) -> View:
    """A published entry as anybody sees it."""
    return {"id": row.id, "version": row.version, **row.fields}


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


def _pool(work: Work, actor: Actor, roles: frozenset[Role], subject: Any, facts: Facts) -> View:  # noqa: ARG001
    fresh = facts.active_list
    body = plain(subject, "name", "public_population", "epsilon_micro", "delta_e15")
    return body | {
        "opt_out_list_date": fresh.list_date.isoformat() if fresh else None,
        "committee": committees.read(subject.committee).shown(),
    }


def _project(work: Work, actor: Actor, roles: frozenset[Role], subject: Project, facts: Facts) -> View:
    return {
        **plain(subject, "title", "application", "round", "created_at", "draws_frozen"),
        "members": [member(work, row, facts.now) for row in facts.members],
        "votes": [_vote(work, row) for row in visible_votes(actor, roles, facts)],
        "votes_cast": len(facts.votes),
        "committee": committees.read(subject.committee or facts.pool.committee).shown(),
        "declarations": declarations(work, actor, roles, facts),
        "grant": facts.grant and grant_shown(facts.grant, facts.pool, informed=is_informed(actor, facts)),
        "budget": budget(facts) if roles & _MONEY else None,
        "snapshot": _snapshot(work, actor, roles, facts.snapshot, facts) if facts.snapshot else None,
        "workspace_id": facts.workspace.id if facts.workspace else None,
        "releases": listed(work, subject.id, roles) if roles & _LISTED else [],
        "register_entry_id": _entry_id(work, subject.id),
        "exemptions": [plain(each, "id", "state", "ground", "expires_on") for each in facts.exemptions],
    }


def grant_shown(grant: Grant, pool: Pool, *, informed: bool) -> View:
    """Everything that a person's request is priced and checked with; the population is a public figure."""
    mark = mark_of(grant, informed=informed)
    public = plain(pool, "public_population", "code_lists")
    return {**grant.model_dump(mode="json"), **public, "mark": mark.value}


def _vote(work: Work, row: Vote) -> View:
    return {
        **plain(row, "verdict", "reason", "lay", "at", "round", "conditions"),
        "person": person(work, row.person_id),
    }


def _entry_id(work: Work, project_id: str) -> str | None:
    entry = work.one_of(ENTRIES, project_id)
    return entry.id if entry else None


def _snapshot(work: Work, actor: Actor, roles: frozenset[Role], subject: Snapshot, facts: Facts) -> View:  # noqa: ARG001
    body = plain(subject, "project_id", "requested_at", "built_at", "cut_date", "commitment", "failure")
    body |= {"id": subject.id, "state": subject.state.value}
    body |= {"project_title": facts.project.title if facts.project else ""}
    if roles & INSIDERS:
        body |= plain(subject, "people", "removed", "exempted", "risk", "manifest_digest", "opt_out_list_id", "nonce")
    return body


def _opt_out_list(work: Work, actor: Actor, roles: frozenset[Role], subject: OptOutList, facts: Facts) -> View:  # noqa: ARG001
    body = plain(subject, "local_id", "list_date", "received_at", "activated_at", "commitment")
    return body | (plain(subject, "receipt", "digest") if roles & INSIDERS else {})


def _register_entry(work: Work, actor: Actor, roles: frozenset[Role], subject: RegisterEntry, facts: Facts) -> View:  # noqa: ARG001
    return plain(subject, "project_id", "fields", "version", "published_at")


def _erasure(work: Work, actor: Actor, roles: frozenset[Role], subject: ErasureOrder, facts: Facts) -> View:  # noqa: ARG001
    said = plain(subject, "ground", "proposed_at", "decided_at", "refusal", "reason", "done_at")
    return {**said, "proposed_by": person(work, subject.proposed_by)}


def _refresh(work: Work, actor: Actor, roles: frozenset[Role], subject: Refresh, facts: Facts) -> View:  # noqa: ARG001
    return plain(subject, "begun_at", "ended_at", "opt_out_list_id")


def _exemption(work: Work, actor: Actor, roles: frozenset[Role], subject: Exemption, facts: Facts) -> View:  # noqa: ARG001
    said = plain(subject, "project_id", "ground", "decided_by", "reference", "decided_on", "expires_on", "why")
    said |= plain(subject, "proposed_at", "in_force_at", "ended_at", "reason")
    for name in ("proposed_by", "seconded_by", "approved_by"):
        said |= {name: person(work, getattr(subject, name)) if getattr(subject, name) else None}
    said |= {"expired": facts.now.date() > subject.expires_on}
    return {**said, "project_title": facts.project.title if facts.project else ""}


_PARTS: dict[Noun, Callable[..., View]] = {
    Noun.POOL: _pool,
    Noun.PROJECT: _project,
    Noun.SNAPSHOT: _snapshot,
    Noun.OPT_OUT_LIST: _opt_out_list,
    Noun.WORKSPACE: workspace,
    Noun.TRANSFER: transfer,
    Noun.JOB: job,
    Noun.RELEASE: release,
    Noun.REGISTER_ENTRY: _register_entry,
    Noun.PERSON: oneself,
    Noun.CERTIFICATE: certificate,
    Noun.ERASURE_ORDER: _erasure,
    Noun.REFRESH: _refresh,
    Noun.EXEMPTION: _exemption,
}
