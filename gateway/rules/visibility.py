"""What a person may know of: subjects, votes, reviews, artefacts, and when."""

from collections.abc import Sequence
from datetime import datetime

from gateway.models import Job, Review, Vote
from gateway.rules.facts import Actor, Facts
from gateway.vocabulary import JobState, Noun, ProjectState, ReleaseState, Role, Seat

_ALWAYS = frozenset({Role.SYSTEM, Role.AUDITOR, Role.IG_OFFICER})
_OPEN_NOUNS = frozenset({Noun.POOL})
_DECIDED = frozenset({ProjectState.APPROVED, ProjectState.REFUSED, ProjectState.RETURNED, ProjectState.CLOSED})
_REVIEWED = frozenset(
    {ReleaseState.APPROVED, ReleaseState.RELEASED, ReleaseState.RECALLED, ReleaseState.RETURNED, ReleaseState.REFUSED}
)


def may_see(roles: frozenset[Role], facts: Facts) -> bool:
    """True when somebody in these roles may know that the subject exists."""
    if roles & _ALWAYS or facts.noun in _OPEN_NOUNS or Role.MEMBER in roles:
        return True
    if facts.noun is Noun.PROJECT:
        return Role.COMMITTEE_MEMBER in roles and facts.state is not ProjectState.DRAFT
    if facts.noun is Noun.RELEASE:
        return Role.OUTPUT_CHECKER in roles and facts.state is not ReleaseState.DRAFT
    if facts.noun is Noun.PERSON:
        return bool(roles & {Role.OWNER, Role.OPERATOR})
    return facts.noun in {Noun.OPT_OUT_LIST, Noun.REFRESH} and Role.OPERATOR in roles


def knows_as_member_only(actor: Actor) -> bool:
    """True for whom no seat, but only membership, lets know of projects and of what belongs to one."""
    return not actor.is_system and actor.appointments <= {Seat.RESEARCHER}


def shown_state(job: Job, now: datetime) -> tuple[JobState, bool | None]:
    """What anybody outside sees of a job: ENDED and its one bit only from the tick on (privacy model P13)."""
    if job.state is JobState.ENDED and (job.shown_at is None or now < job.shown_at):
        return JobState.RUNNING, None
    return job.state, job.usable if job.state is JobState.ENDED else None


def visible_votes(actor: Actor, roles: frozenset[Role], facts: Facts) -> Sequence[Vote]:
    """Others' votes only after one's own, or once the committee has settled; members see them then too."""
    if facts.state in _DECIDED or roles & {Role.AUDITOR}:
        return facts.votes
    voted = any(vote.person_id == actor.person_id for vote in facts.votes)
    if Role.COMMITTEE_MEMBER in roles and voted:
        return facts.votes
    return [vote for vote in facts.votes if vote.person_id == actor.person_id]


def visible_reviews(actor: Actor, roles: frozenset[Role], facts: Facts) -> Sequence[Review]:
    """Reviews are blind to each other until all are in; authors see them only after the outcome."""
    if facts.state in _REVIEWED or roles & {Role.AUDITOR}:
        return facts.reviews
    if facts.state is ReleaseState.ADJUDICATING and Role.OUTPUT_CHECKER in roles:
        return facts.reviews
    plan_turned_back = [review for review in facts.reviews if review.stage == "PLAN"]
    own = [review for review in facts.reviews if review.stage != "PLAN" and review.person_id == actor.person_id]
    return [*plan_turned_back, *own]
