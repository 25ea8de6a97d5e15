"""What a person sees of a release: its author little of the review, its checkers nothing of each other's too soon."""

from sqlmodel import col

from gateway.models import Release, Review, ReviewDraft, Submission
from gateway.rules.desk import days_left, looked_at, waits_since
from gateway.rules.facts import Actor, Facts
from gateway.rules.visibility import told_state, visible_reviews
from gateway.store.queries.view_parts import View, budget, person, plain
from gateway.store.unit_of_work import Relation, Work
from gateway.vocabulary import ReleaseState, Role

RELEASES = Relation(Release, col(Release.project_id), col(Release.created_at).desc())
SUBMISSIONS = Relation(Submission, col(Submission.release_id), col(Submission.turn))
DRAFTS = Relation(ReviewDraft, col(ReviewDraft.release_id))
DESK = frozenset({Role.OUTPUT_CHECKER, Role.AUDITOR})
_APPROVED = ("lay_summary", "public_benefit", "safe_project", "safe_outputs")
_WAITING = frozenset(
    {
        ReleaseState.SUBMITTED,
        ReleaseState.SEALED,
        ReleaseState.IN_REVIEW,
        ReleaseState.CONSOLIDATING,
        ReleaseState.ADJUDICATING,
    }
)


def release(work: Work, actor: Actor, roles: frozenset[Role], subject: Release, facts: Facts) -> View:
    """One release; at the checkers' desk with the approval it rests on and the project's other requests."""
    asked = ("title", "project_id", "request", "request_digest", "price", "micro_rho", "delta_e15", "mark", "turn")
    came = ("created_at", "deadline_at", "artefact_digest", "package_digest", "released_at", "recall_reason", "copy_of")
    body = {
        **plain(subject, *asked, *came),
        "state": told_state(roles, subject.state).value,
        "author": person(work, subject.author_id),
        "project_title": facts.project.title if facts.project else "",
        "reviews": [_review(work, row, roles) for row in visible_reviews(actor, roles, facts)],
        "reviews_wanted": facts.grant.reviews if facts.grant else 0,
        "reviews_agreeing": facts.grant.agreeing if facts.grant else 0,
        "budget": budget(facts) if roles & {Role.MEMBER, Role.OUTPUT_CHECKER, Role.AUDITOR} else None,
    }
    return body | (_desk(work, actor, subject, facts) if roles & DESK else {})


def listed(work: Work, project_id: str, roles: frozenset[Role]) -> list[View]:
    """A project's releases, newest first, with their states as this person may know them."""
    rows = work.of(RELEASES, project_id)
    return [{"id": row.id, "title": row.title, "state": told_state(roles, row.state).value} for row in rows]


def _desk(work: Work, actor: Actor, subject: Release, facts: Facts) -> View:
    submissions = work.of(SUBMISSIONS, subject.id)
    since = waits_since(subject, submissions, facts.reviews)
    waits = {"since": since.isoformat(), "days_left": days_left(since, facts.now)}
    return {
        "seen": looked_at(subject),
        "waits": waits if subject.state in _WAITING else None,
        "draft": _draft(work, actor, subject),
        "turns": [plain(each, "turn", "at", "request_digest") for each in submissions],
        "approval": _approval(facts),
        "others": [each for each in _others(work, subject) if each["id"] != subject.id],
    }


def _draft(work: Work, actor: Actor, subject: Release) -> View | None:
    kept = next((row for row in work.of(DRAFTS, subject.id) if row.person_id == actor.person_id), None)
    if kept is None:
        return None
    return {**kept.body, "kept_at": kept.kept_at.isoformat(), "stale": kept.seen != looked_at(subject)}


def _approval(facts: Facts) -> View:
    """What the committee approved and on which terms: what a checker holds the release against."""
    said = facts.project.application if facts.project else {}
    terms = plain(facts.grant, "ends_on", "preset", "reviews", "agreeing", "floor_half_width") if facts.grant else {}
    return {name: said.get(name, "") for name in _APPROVED} | terms


def _others(work: Work, subject: Release) -> list[View]:
    """Every other request of the project that left its author's desk, whatever became of it."""
    rows = [row for row in work.of(RELEASES, subject.project_id) if row.state is not ReleaseState.DRAFT]
    return [{**plain(row, "id", "title", "created_at", "copy_of"), "state": row.state.value} for row in rows]


def _review(work: Work, row: Review, roles: frozenset[Role]) -> View:
    told = plain(row, "stage", "turn", "verdict", "reason", "verdicts", "at")
    if roles & DESK:
        return {**told, "note": row.note, "person": person(work, row.person_id)}
    return {**told, "person": {"name": "output checker"}}
