"""How checkers do together: counted over releases that came to an outcome, so that no review under way shows in it."""

from dataclasses import dataclass

from sqlmodel import col

from gateway.models import Release, Review, Submission
from gateway.rules.desk import alike, alpha, turnaround
from gateway.rules.quorum import PLAN
from gateway.store.unit_of_work import Work
from gateway.vocabulary import ReleaseState

SETTLED = (
    ReleaseState.APPROVED,
    ReleaseState.RELEASED,
    ReleaseState.RECALLED,
    ReleaseState.RETURNED,
    ReleaseState.REFUSED,
)


@dataclass(frozen=True)
class Figures:
    """Inter-checker agreement of first, blind reviews, and medians of working days until an answer."""

    releases: int
    alike: int
    judged: int
    alpha: float | None
    plan_days: float | None
    figure_days: float | None


def figures(work: Work) -> Figures:
    """Over everything that was ever settled."""
    over = work.all(Release, col(Release.state).in_(SETTLED))
    ids = [row.id for row in over]
    given: dict[str, list[Review]] = {each: [] for each in ids}
    for row in work.all(Review, col(Review.release_id).in_(ids), order=col(Review.at)):
        given[row.release_id].append(row)
    same, judged = alike(given.values())
    sent = {(row.release_id, row.turn): row.at for row in work.all(Submission, col(Submission.release_id).in_(ids))}
    plans = [row for rows in given.values() for row in rows if row.stage == PLAN]
    handed = {row.id: row.deadline_at for row in over}
    ends = [(handed[key], rows[-1].at) for key, rows in given.items() if rows and rows[-1].stage != PLAN]
    return Figures(
        releases=len(over),
        alike=same,
        judged=judged,
        alpha=alpha(given.values()),
        plan_days=turnaround((at, row.at) for row in plans if (at := sent.get((row.release_id, row.turn)))),
        figure_days=turnaround((at, until) for at, until in ends if at),
    )
