"""Working days, what waits since when, and how much alike checkers decide: by hand-made examples."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.models import Release, Review, Submission
from gateway.rules.desk import alike, alpha, days_left, turnaround, waits_since, working_days
from gateway.vocabulary import ReleaseState, Verdict


def day(number: int, hour: int = 9) -> datetime:
    """A day of July 2026; the first is a Wednesday."""
    return datetime(2026, 7, number, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        (day(1), day(1, 17), 0),
        (day(1), day(2, 8), 0),  # not a full day yet
        (day(1), day(2), 1),
        (day(3), day(6), 1),  # Friday to Monday
        (day(3), day(5), 0),
        (day(1), day(8), 5),
        (day(8), day(1), 0),
    ],
)
def test_working_days(since: datetime, until: datetime, days: int) -> None:
    assert working_days(since, until) == days
    assert days_left(since, until) == 5 - days


def release(state: ReleaseState, **more: Any) -> Release:
    return Release(
        project_id="p", author_id="a", title="t", request={}, request_digest="d", created_at=day(1), state=state, **more
    )


DAY = day(1)


def review(verdict: Verdict, at: datetime = DAY, stage: str = "ARTEFACT", who: str = "x") -> Review:
    return Review(release_id="r", turn=1, stage=stage, person_id=who, verdict=verdict, reason="r", at=at)


def test_while_reviews_are_blind_the_wait_tells_nothing_of_them() -> None:
    sent = [Submission(release_id="r", turn=n, request={}, request_digest="d", price={}, at=day(n + 1)) for n in (1, 2)]
    reviews = [review(Verdict.APPROVE, day(9))]
    assert waits_since(release(ReleaseState.SUBMITTED), sent, []) == day(3)
    sealed = release(ReleaseState.IN_REVIEW, deadline_at=day(6))
    assert waits_since(sealed, sent, reviews) == waits_since(sealed, sent, []) == day(6)
    assert waits_since(release(ReleaseState.CONSOLIDATING, deadline_at=day(6)), sent, reviews) == day(9)


def pair(*verdicts: Verdict) -> list[Review]:
    return [review(verdict) for verdict in verdicts]


A, R = Verdict.APPROVE, Verdict.REFUSE


def test_agreement_against_chance() -> None:
    assert alpha([pair(A, A), pair(R, R)]) == 1
    assert alpha([pair(A, R), pair(R, A)]) == pytest.approx(-0.5)  # worse than chance: they never agree
    # ten units of two, from Krippendorff's own example of binary data: alpha 0.095
    first, second = (0, 1, 0, 0, 0, 0, 0, 0, 1, 0), (1, 1, 1, 0, 0, 1, 0, 0, 0, 0)
    units = [pair(*(A if said else R for said in both)) for both in zip(first, second, strict=True)]
    assert alpha(units) == pytest.approx(0.095, abs=0.001)
    assert alike(units) == (6, 10)


def test_agreement_is_not_made_up() -> None:
    assert alpha([]) is None
    assert alpha([pair(A, A)]) is None
    assert alpha([pair(A, A), pair(A, A)]) is None  # one verdict alone: chance would agree as well
    alone = [review(A), review(R, stage="PLAN"), review(R, stage="ADJUDICATION")]
    assert alike([alone]) == (0, 0)  # only first, blind reviews count


def test_turnaround_is_a_median() -> None:
    assert turnaround([(day(1), day(2)), (day(1), day(8)), (day(1), day(3))]) == 2
    assert turnaround([]) is None
