"""Whatever was said, in whatever order, in whatever phase: nobody sees a review before they may, and then they do."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.models import Membership, Pool, Project, Release, Review
from gateway.rules.facts import Actor, Facts
from gateway.rules.quorum import ADJUDICATION, ARTEFACT, CONSOLIDATION, PLAN
from gateway.rules.roles import roles_on
from gateway.rules.visibility import told_state, visible_reviews
from gateway.vocabulary import Noun, ProjectState, ReleaseState, Role, Seat, Verdict

NOW = datetime(2026, 7, 1, tzinfo=UTC)
POOL = Pool(id="pool-1", name="London", public_population=1, epsilon_micro=1, delta_e15=1)
PROJECT = Project(id="prj-1", state=ProjectState.APPROVED, pool_id="pool-1", title="t", created_at=NOW)
MEMBERS = (
    Membership(project_id="prj-1", person_id="author"),
    Membership(project_id="prj-1", person_id="checking-member"),
)
CHECKERS = ("first", "second", "third")
SEATS = {
    "author": {Seat.RESEARCHER},
    # sits on both sides elsewhere; in the own project the conflict of interest has taken the seat out
    "checking-member": {Seat.RESEARCHER, Seat.OUTPUT_CHECKER},
    **{name: {Seat.OUTPUT_CHECKER} for name in CHECKERS},
    "officer": {Seat.IG_OFFICER},
    "auditor": {Seat.AUDITOR},
}
OUTCOMES = {
    ReleaseState.APPROVED,
    ReleaseState.RELEASED,
    ReleaseState.RECALLED,
    ReleaseState.RETURNED,
    ReleaseState.REFUSED,
}
DIFFER = {ReleaseState.CONSOLIDATING, ReleaseState.ADJUDICATING}


@st.composite
def phases(draw: st.DrawFn) -> Facts:
    """A release in any state, with any reviews that could stand beside it, and some that could not."""
    turn = draw(st.integers(1, 2))
    release = Release(
        project_id="prj-1", author_id="author", title="t", request={}, request_digest="d", created_at=NOW, turn=turn
    )
    stages = st.sampled_from((PLAN, ARTEFACT, CONSOLIDATION, ADJUDICATION))
    keys = draw(st.sets(st.tuples(st.integers(1, turn), stages, st.sampled_from(CHECKERS)), max_size=9))
    reviews = [
        Review(
            release_id=release.id,
            turn=at,
            stage=stage,
            person_id=who,
            verdict=draw(st.sampled_from(Verdict)),
            reason="r",
            at=NOW + timedelta(minutes=minute),
        )
        for minute, (at, stage, who) in enumerate(sorted(keys))
    ]
    state = draw(st.sampled_from(ReleaseState))
    release.state = state
    return Facts(
        Noun.RELEASE,
        release.id,
        state,
        NOW,
        7,
        POOL,
        project=PROJECT,
        members=MEMBERS,
        release=release,
        reviews=reviews,
    )


def sees(name: str, facts: Facts) -> tuple[frozenset[Role], list[Review]]:
    actor = Actor(name, name, frozenset(SEATS[name]))
    roles = roles_on(actor, facts)
    return roles, list(visible_reviews(actor, roles, facts))


@given(phases())
def test_members_see_no_review_of_values_before_the_outcome_and_all_after_it(facts: Facts) -> None:
    for name in ("author", "checking-member"):
        roles, seen = sees(name, facts)
        assert Role.OUTPUT_CHECKER not in roles
        if facts.state in OUTCOMES:
            assert seen == list(facts.reviews)
        else:
            assert {review.stage for review in seen} <= {PLAN}
            assert told_state(roles, facts.state) not in DIFFER


@given(phases())
def test_checkers_are_blind_to_each_other_until_all_reviews_are_in(facts: Facts) -> None:
    for name in CHECKERS:
        _, seen = sees(name, facts)
        others = [review for review in seen if review.person_id != name and review.stage != PLAN]
        if facts.state in OUTCOMES or facts.state is ReleaseState.ADJUDICATING:
            assert seen == list(facts.reviews)
        elif facts.state is ReleaseState.CONSOLIDATING and reviewed(name, facts):
            assert {review.stage for review in others} <= {ARTEFACT}
        else:
            assert others == []
        mine = [review for review in facts.reviews if review.person_id == name]
        assert all(review in seen for review in mine)


def reviewed(name: str, facts: Facts) -> bool:
    turn = facts.release.turn if facts.release else 0
    return any((each.person_id, each.stage, each.turn) == (name, ARTEFACT, turn) for each in facts.reviews)


@given(phases())
def test_officers_wait_for_the_outcome_and_auditors_see_everything(facts: Facts) -> None:
    assert sees("auditor", facts)[1] == list(facts.reviews)
    seen = sees("officer", facts)[1]
    assert seen == list(facts.reviews) if facts.state in OUTCOMES else {each.stage for each in seen} <= {PLAN}
