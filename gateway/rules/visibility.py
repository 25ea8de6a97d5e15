"""What a person may know of: subjects, votes, reviews, artefacts, and when."""

from collections.abc import Sequence

from gateway.models import Review, Vote
from gateway.rules.facts import Actor, Facts
from gateway.vocabulary import Noun, ProjectState, ReleaseState, Role

_ALWAYS = frozenset({Role.SYSTEM, Role.AUDITOR, Role.IG_OFFICER})
_OPEN_NOUNS = frozenset({Noun.POOL, Noun.PERSON})
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
    return facts.noun is Noun.OPT_OUT_LIST and Role.OPERATOR in roles


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
