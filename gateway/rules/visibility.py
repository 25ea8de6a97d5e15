"""What a person may know of: subjects, votes, reviews, artefacts, and when."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum

from gateway.models import Job, Review, Vote
from gateway.rules import quorum
from gateway.rules.facts import Actor, Facts
from gateway.rules.roles import COMMITTEE
from gateway.vocabulary import JobState, Noun, ProjectState, ReleaseState, Role, Seat, State

_ALWAYS = frozenset({Role.SYSTEM, Role.AUDITOR, Role.IG_OFFICER})
_TOLD_OF_DIFFERENCES = _ALWAYS | {Role.OUTPUT_CHECKER}
_OPEN_NOUNS = frozenset({Noun.POOL})
_OPERATED = frozenset({Noun.PERSON, Noun.OPT_OUT_LIST, Noun.REFRESH})
_DECIDED = frozenset({ProjectState.APPROVED, ProjectState.REFUSED, ProjectState.RETURNED, ProjectState.CLOSED})
_REVIEWED = frozenset(
    {ReleaseState.APPROVED, ReleaseState.RELEASED, ReleaseState.RECALLED, ReleaseState.RETURNED, ReleaseState.REFUSED}
)


class Reach(Enum):
    """Which subjects of a noun may be worth a look for somebody."""

    ALL = "all"
    SUBMITTED = "what is no draft, and one's own"
    OWN = "one's own"


def may_see(roles: frozenset[Role], facts: Facts) -> bool:
    """True when somebody in these roles may know that the subject exists."""
    if roles & _ALWAYS or facts.noun in _OPEN_NOUNS or Role.MEMBER in roles:
        return True
    if facts.noun is Noun.PROJECT:
        return Role.COMMITTEE_MEMBER in roles and facts.state is not ProjectState.DRAFT
    if facts.noun is Noun.EXEMPTION:
        return Role.COMMITTEE_MEMBER in roles
    if facts.noun is Noun.RELEASE:
        return Role.OUTPUT_CHECKER in roles and facts.state is not ReleaseState.DRAFT
    if facts.noun is Noun.PERSON:
        return bool(roles & {Role.OWNER, Role.OPERATOR})
    if facts.noun is Noun.CERTIFICATE:
        return Role.OWNER in roles
    return facts.noun in {Noun.OPT_OUT_LIST, Noun.REFRESH} and Role.OPERATOR in roles


def reach(actor: Actor, noun: Noun) -> Reach:
    """How far the actor's seats can let them know of a noun at all; of each subject `may_see` decides."""
    seats = actor.appointments
    if actor.is_system or noun in _OPEN_NOUNS or seats & {Seat.IG_OFFICER, Seat.AUDITOR}:
        return Reach.ALL
    if Seat.OPERATOR in seats and noun in _OPERATED:
        return Reach.ALL
    submitted = {Noun.PROJECT: COMMITTEE, Noun.EXEMPTION: COMMITTEE, Noun.RELEASE: {Seat.OUTPUT_CHECKER}}
    return Reach.SUBMITTED if seats & submitted.get(noun, set()) else Reach.OWN


def shown_state(job: Job, now: datetime) -> tuple[JobState, bool | None]:
    """What anybody outside sees of a job: each of its steps, and its one bit, from a tick on (privacy model P13)."""
    if job.shown_at is not None and job.shown_at <= now:
        return JobState.ENDED, job.usable
    shown = job.start_shown_at is not None and job.start_shown_at <= now
    return JobState.RUNNING if shown else JobState.QUEUED, None


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
    own = {review.id for review in facts.reviews if review.person_id == actor.person_id}
    open_to_all = {quorum.PLAN} | ({quorum.ARTEFACT} if _consolidates(actor, roles, facts) else set())
    return [review for review in facts.reviews if review.stage in open_to_all or review.id in own]


def _consolidates(actor: Actor, roles: frozenset[Role], facts: Facts) -> bool:
    """One of the reviewers, once all reviews are in: a third checker, who may have to settle it, is not shown yet."""
    turn = facts.release.turn if facts.release else 0
    reviewers = {review.person_id for review in quorum.reviews_at(facts.reviews, quorum.ARTEFACT, turn)}
    together = facts.state is ReleaseState.CONSOLIDATING and Role.OUTPUT_CHECKER in roles
    return together and bool(reviewers & actor.accounts)


def told_state(roles: frozenset[Role], state: State) -> State:
    """To its project a release is in review until there is an outcome: whether reviewers differ is not for authors."""
    differing = state in (ReleaseState.CONSOLIDATING, ReleaseState.ADJUDICATING) and isinstance(state, ReleaseState)
    return ReleaseState.IN_REVIEW if differing and not roles & _TOLD_OF_DIFFERENCES else state
