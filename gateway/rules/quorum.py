"""When committee votes, or reviews, add up to an outcome."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.models import Review, Vote
from gateway.vocabulary import Verdict


@dataclass(frozen=True)
class Quorum:
    """How many must vote, and how many of them in a lay seat."""

    votes: int = 3
    lay: int = 1


def committee_outcome(votes: Sequence[Vote], quorum: Quorum = Quorum()) -> Verdict | None:
    """The outcome once the quorum is there: approval needs more than half, a tie returns; None before."""
    if len(votes) < quorum.votes or sum(vote.lay for vote in votes) < quorum.lay:
        return None
    counts = Counter(vote.verdict for vote in votes)
    if 2 * counts[Verdict.APPROVE] > len(votes):
        return Verdict.APPROVE
    return Verdict.REFUSE if 2 * counts[Verdict.REFUSE] > len(votes) else Verdict.RETURN


PLAN, ARTEFACT, CONSOLIDATION, ADJUDICATION = "PLAN", "ARTEFACT", "CONSOLIDATION", "ADJUDICATION"


def reviews_at(reviews: Sequence[Review], stage: str, turn: int) -> list[Review]:
    """The reviews of one stage in one turn."""
    return [review for review in reviews if review.stage == stage and review.turn == turn]


def agreed(reviews: Sequence[Review], needed: int) -> Verdict | None:
    """The verdict when enough reviewers are in and all say the same; None otherwise."""
    verdicts = {review.verdict for review in reviews}
    return next(iter(verdicts)) if len(reviews) >= needed and len(verdicts) == 1 else None


def confirmed(reviews: Sequence[Review], turn: int) -> list[Review]:
    """What the reviewers of a turn say after they have seen each other's reviews."""
    return reviews_at(reviews, CONSOLIDATION, turn)


def prevailing(reviews: Sequence[Review], agreeing: int) -> Verdict | None:
    """The verdict that at least so many share; `agreeing` is more than half of them, so there is at most one."""
    counts = Counter(review.verdict for review in reviews)
    return next((verdict for verdict, said in counts.items() if said >= agreeing), None)


def differ(reviews: Sequence[Review], needed: int) -> bool:
    """True when enough reviewers are in and they do not agree."""
    return len(reviews) >= needed and len({review.verdict for review in reviews}) > 1
