"""When reviews add up to an outcome."""

from collections import Counter
from collections.abc import Sequence

from gateway.models import Review
from gateway.vocabulary import Verdict

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
