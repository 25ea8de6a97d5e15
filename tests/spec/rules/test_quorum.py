"""When votes add up: a table of cases."""

from datetime import UTC, datetime

import pytest

from gateway.models import Review, Vote
from gateway.rules.committees import outcome as committee_outcome
from gateway.rules.quorum import agreed, differ
from gateway.vocabulary import Verdict

NOW = datetime(2026, 7, 1, tzinfo=UTC)
VERDICTS = {"A": Verdict.APPROVE, "R": Verdict.REFUSE, "B": Verdict.RETURN}


def votes(text: str) -> list[Vote]:
    """Upper case votes from a committee seat, lower case from the lay seat."""
    return [
        Vote(
            project_id="p", round=1, person_id=str(n), lay=c.islower(), verdict=VERDICTS[c.upper()], reason="r", at=NOW
        )
        for n, c in enumerate(text)
    ]


CASES = [
    ("", None),
    ("AA", None),
    ("AAA", None),  # no lay vote
    ("AAa", Verdict.APPROVE),
    ("ARa", Verdict.APPROVE),
    ("RRa", Verdict.REFUSE),
    ("ARb", Verdict.RETURN),
    ("BBa", Verdict.RETURN),
    ("AARr", Verdict.RETURN),  # a tie goes back
    ("AAAr", Verdict.APPROVE),
]


@pytest.mark.parametrize(("cast", "outcome"), CASES)
def test_committee(cast: str, outcome: Verdict | None) -> None:
    assert committee_outcome(votes(cast)) is outcome


def reviews(text: str) -> list[Review]:
    return [
        Review(release_id="r", turn=1, stage="ARTEFACT", person_id=str(n), verdict=VERDICTS[c], reason="r", at=NOW)
        for n, c in enumerate(text)
    ]


@pytest.mark.parametrize(
    ("given", "outcome", "disputed"),
    [("A", None, False), ("AA", Verdict.APPROVE, False), ("AR", None, True), ("RR", Verdict.REFUSE, False)],
)
def test_two_reviews(given: str, outcome: Verdict | None, disputed: bool) -> None:
    assert agreed(reviews(given), 2) is outcome
    assert differ(reviews(given), 2) is disputed
