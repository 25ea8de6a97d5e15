"""What checkers work by: what is looked at, since when it waits, how soon and how much alike they decide."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from statistics import median

from gateway.models import Release, Review, Submission
from gateway.rules.quorum import ARTEFACT, PLAN
from gateway.vocabulary import ReleaseState

PROMISED_DAYS = 5  # working days from a submission, or a sealed result, to an answer
_WITH_PLAN = frozenset({ReleaseState.SUBMITTED})
_AFTER_REVIEWS = frozenset({ReleaseState.CONSOLIDATING, ReleaseState.ADJUDICATING})


def looked_at(release: Release) -> str:
    """The digest of what a checker sees of it now: the sealed package, before that the request."""
    return release.package_digest or release.request_digest


def waits_since(release: Release, submissions: Sequence[Submission], reviews: Sequence[Review]) -> datetime:
    """Since when the checkers have it: the submission, the sealed result, or the reviews that differ.

    While reviews are blind to each other it does not depend on them.
    """
    if release.state in _WITH_PLAN:
        return max((each.at for each in submissions), default=release.created_at)
    if release.state in _AFTER_REVIEWS:
        return max((each.at for each in reviews if each.stage != PLAN), default=release.created_at)
    return release.deadline_at or release.created_at


def working_days(since: datetime, until: datetime) -> int:
    """Full days from Monday to Friday between two moments; bank holidays are not known here."""
    days = max(0, (until - since) // timedelta(days=1))
    return sum((since + timedelta(days=day + 1)).weekday() < 5 for day in range(days))


def days_left(since: datetime, now: datetime) -> int:
    """Working days until an answer was promised; below zero when it is late."""
    return PROMISED_DAYS - working_days(since, now)


def alike(releases: Iterable[Sequence[Review]]) -> tuple[int, int]:
    """Of how many releases with two first reviews or more these all said the same, and how many there are."""
    judged = [verdicts for reviews in releases if len(verdicts := _first(reviews)) > 1]
    return sum(len(set(verdicts)) == 1 for verdicts in judged), len(judged)


def alpha(releases: Iterable[Sequence[Review]]) -> float | None:
    """Krippendorff's alpha of the first, blind reviews: 1 is full agreement, 0 what chance would give.

    Nominal; None where it is not defined: fewer than two reviewed releases, or only one verdict ever given.
    """
    judged = [verdicts for reviews in releases if len(verdicts := _first(reviews)) > 1]
    whole = Counter(verdict for verdicts in judged for verdict in verdicts)
    said = whole.total()
    expected = said**2 - sum(times**2 for times in whole.values())
    if len(judged) < 2 or not expected:
        return None
    observed = sum((len(v) ** 2 - sum(n**2 for n in Counter(v).values())) / (len(v) - 1) for v in judged)
    return 1 - (said - 1) * observed / expected


def turnaround(spans: Iterable[tuple[datetime, datetime]]) -> float | None:
    """The median of working days from waiting to answered; None without any."""
    days = [working_days(since, until) for since, until in spans]
    return median(days) if days else None


def _first(reviews: Sequence[Review]) -> list[str]:
    return [review.verdict.value for review in reviews if review.stage == ARTEFACT]
