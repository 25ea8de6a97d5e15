"""Reviewers who differ: they see each other's words, say once more what they think, and only then a third decides."""

from typing import Any

import pytest

from gateway.models import Grant, Release, Review, ReviewDraft, Submission
from gateway.rules.refusals import Refusal
from gateway.store.queries import views
from gateway.store.queries.history import history
from gateway.vocabulary import Command, ReleaseState
from tests.factories.gateways import REQUEST, Town, application, approved_project, cleared_snapshot, sealed_release
from workspaces.catalogue.errors import Invalid

C = Command


def word(verdict: str = "APPROVE", **more: Any) -> dict[str, Any]:
    return {"verdict": verdict, "reason": f"{verdict.lower()}, I say", **more}


@pytest.fixture
def release(town: Town) -> str:
    project_id = approved_project(town)
    cleared_snapshot(town, project_id)
    return sealed_release(town, project_id)


@pytest.fixture
def disputed(town: Town, release: str) -> str:
    town.do("checker1", C.REVIEW_RELEASE, release, word("APPROVE", note="between us: borderline"))
    town.do("checker2", C.REVIEW_RELEASE, release, word("REFUSE"))
    return release


def seen(town: Town, name: str, release: str) -> dict[str, Any]:
    found: dict[str, Any] = town.read(lambda work: views.one(work, town.actor(name), release, town.clock(), 7))
    return found


def state(town: Town, release: str) -> ReleaseState:
    found: ReleaseState = town.read(lambda work: work.need(Release, release).state)
    return found


def test_the_two_see_each_other_and_a_third_sees_neither(town: Town, disputed: str) -> None:
    assert state(town, disputed) is ReleaseState.CONSOLIDATING
    verdicts = {name: [each["verdict"] for each in words(town, name, disputed)] for name in ("checker1", "checker3")}
    assert verdicts == {"checker1": ["APPROVE", "REFUSE"], "checker3": []}
    with pytest.raises(Refusal, match="review:not_yours"):
        town.do("checker3", C.CONFIRM_REVIEW, disputed, word())


def words(town: Town, name: str, release: str) -> list[dict[str, Any]]:
    return [each for each in seen(town, name, release)["reviews"] if each["stage"] != "PLAN"]


def test_its_project_is_not_told_that_they_differ(town: Town, disputed: str) -> None:
    for name in ("researcher", "lead"):
        told = seen(town, name, disputed)
        assert (told["state"], words(town, name, disputed)) == ("IN_REVIEW", [])
        assert "draft" not in told
        listed = seen(town, name, told["project_id"])["releases"]
        assert {each["state"] for each in listed if each["id"] == disputed} == {"IN_REVIEW"}
        with pytest.raises(Refusal, match="while it is in review"):
            town.do("researcher", C.WITHDRAW_RELEASE, disputed)
        assert town.do(name, C.COPY_RELEASE, disputed).state == "IN_REVIEW"
        events = town.read(lambda work, who=name: history(work, town.actor(who), disputed, town.clock(), 7))
        assert not {"release:disputed", "release:reviewed"} & {each["event"] for each in events}


def test_who_changes_their_mind_settles_it_and_the_first_verdict_stays(town: Town, disputed: str) -> None:
    town.do("checker2", C.CONFIRM_REVIEW, disputed, word("APPROVE"))
    assert [each["stage"] for each in words(town, "checker1", disputed)] == ["ARTEFACT", "ARTEFACT"]  # blind again
    with pytest.raises(Refusal, match="review:confirmed"):
        town.do("checker2", C.CONFIRM_REVIEW, disputed, word("REFUSE"))
    town.do("checker1", C.CONFIRM_REVIEW, disputed, word("APPROVE"))
    assert state(town, disputed) is ReleaseState.RELEASED
    kept = town.read(lambda work: work.all(Review, Review.release_id == disputed, Review.stage == "ARTEFACT"))
    assert sorted(each.verdict.value for each in kept) == ["APPROVE", "REFUSE"]


def test_messages_reach_the_author_after_the_outcome_and_notes_never(town: Town, disputed: str) -> None:
    for name in ("checker1", "checker2"):
        town.do(name, C.CONFIRM_REVIEW, disputed, word("REFUSE", note="a word among us"))
    told = words(town, "researcher", disputed)
    assert len(told) == 4
    assert all(each["reason"] and "note" not in each and each["person"] == {"name": "output checker"} for each in told)
    assert {each["note"] for each in words(town, "checker3", disputed)} >= {"between us: borderline", "a word among us"}


@pytest.mark.parametrize(("third", "outcome"), [("APPROVE", "RELEASED"), ("REFUSE", "ADJUDICATING")])
def test_two_of_three_settle_it_where_the_profile_says_so(town: Town, third: str, outcome: str) -> None:
    agreeing = 2 if third == "APPROVE" else 3
    project_id = approved_project(town, reviews=3, agreeing=agreeing)
    cleared_snapshot(town, project_id)
    release = sealed_release(town, project_id)
    for name, verdict in (("checker1", "APPROVE"), ("checker2", "APPROVE"), ("checker3", "REFUSE")):
        assert state(town, release) in (ReleaseState.SEALED, ReleaseState.IN_REVIEW)
        town.do(name, C.REVIEW_RELEASE, release, word(verdict))
    for name, verdict in (("checker1", "APPROVE"), ("checker2", "APPROVE"), ("checker3", "REFUSE")):
        assert state(town, release) is ReleaseState.CONSOLIDATING
        town.do(name, C.CONFIRM_REVIEW, release, word(verdict))
    assert state(town, release) is ReleaseState[outcome]


def test_a_profile_that_two_outcomes_could_meet_is_refused(town: Town) -> None:
    for reviews, agreeing in ((4, 2), (2, 3)):
        with pytest.raises(Invalid, match="application:checkers_disagree"):
            town.do("lead", C.DRAFT_PROJECT, town.pool_id, application(reviews=reviews, agreeing=agreeing))
    project_id = approved_project(town, reviews=3)
    assert town.read(lambda work: work.find(Grant, Grant.project_id == project_id)).agreeing == 3


def test_a_draft_is_its_checkers_alone_and_goes_with_the_review(town: Town, release: str) -> None:
    given = {"verdict": "RETURN", "reason": "So far.", "note": "Check.", "verdicts": {"hypertension": "RETURN"}}
    town.do("checker1", C.KEEP_REVIEW, release, given)
    town.do("checker1", C.KEEP_REVIEW, release, {**given, "reason": "Further."})
    mine = seen(town, "checker1", release)["draft"]
    assert (mine["reason"], mine["verdicts"], mine["stale"]) == ("Further.", {"hypertension": "RETURN"}, False)
    assert seen(town, "checker2", release)["draft"] is seen(town, "auditor", release)["draft"] is None
    town.do("checker1", C.REVIEW_RELEASE, release, word("RETURN"))
    assert town.read(lambda work: work.all(ReviewDraft)) == []


def test_what_was_written_about_an_earlier_plan_is_stale(town: Town) -> None:
    project_id = approved_project(town)
    cleared_snapshot(town, project_id)
    made = town.do("researcher", C.DRAFT_RELEASE, project_id, {"request": REQUEST}).created_id
    town.do("researcher", C.SUBMIT_RELEASE, made)
    before = seen(town, "checker1", made)["seen"]
    town.do("checker1", C.KEEP_REVIEW, made, {"reason": "Looks fine."})
    town.do("checker2", C.RETURN_PLAN, made, {"reason": "Say what the literal is for."})
    town.do("researcher", C.EDIT_RELEASE, made, {"request": {**REQUEST, "epsilon": "0.4"}})
    town.do("researcher", C.SUBMIT_RELEASE, made)
    assert seen(town, "checker1", made)["draft"]["stale"]
    with pytest.raises(Refusal, match="review:stale"):
        town.do("checker1", C.CLEAR_PLAN, made, {"reason": "fine", "seen": before})
    turns = town.read(lambda work: work.all(Submission, Submission.release_id == made, order=Submission.turn))
    assert [(each.turn, each.request["epsilon"]) for each in turns] == [(1, "0.5"), (2, "0.4")]
    town.do("checker1", C.CLEAR_PLAN, made, {"reason": "fine", "seen": seen(town, "checker1", made)["seen"]})


def test_a_release_is_approved_whole_or_not_at_all(town: Town, release: str) -> None:
    with pytest.raises(Invalid, match="review:statistics_differ"):
        town.do("checker1", C.REVIEW_RELEASE, release, word("APPROVE", verdicts={"hypertension": "REFUSE"}))
    with pytest.raises(Invalid, match="review:unknown_statistic"):
        town.do("checker1", C.REVIEW_RELEASE, release, word("REFUSE", verdicts={"another": "REFUSE"}))
    town.do("checker1", C.REVIEW_RELEASE, release, word("REFUSE", verdicts={"hypertension": "REFUSE"}))
    (mine,) = words(town, "checker1", release)
    assert mine["verdicts"] == {"hypertension": "REFUSE"}


def test_a_copy_is_the_copiers_draft_and_asks_for_nothing_twice(town: Town, disputed: str) -> None:
    made = town.do("lead", C.COPY_RELEASE, disputed).created_id
    told = seen(town, "lead", made)
    assert (told["state"], told["author"]["name"], told["copy_of"]) == ("DRAFT", "Lead", disputed)
    with pytest.raises(Refusal, match="release:asked_before"):
        town.do("lead", C.SUBMIT_RELEASE, made)
    town.do("lead", C.EDIT_RELEASE, made, {"request": {**REQUEST, "epsilon": "0.3"}})
    town.do("lead", C.SUBMIT_RELEASE, made)
