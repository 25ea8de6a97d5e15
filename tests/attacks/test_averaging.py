"""The same question again and again, by one project, by two that share what they learn, on ever new snapshots.

Noise averages away with the number of draws; the budget bounds that number. What n draws together tell of one person
is at most what one draw for the whole budget tells: their mean has no smaller error.
"""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gateway.models import Budget, LedgerEntry, Release
from gateway.rules.refusals import Refusal
from gateway.vocabulary import Command, EntryKind
from tests.factories.gateways import Town, application, approved_project, cleared_snapshot, settle_town
from tests.factories.tried import Tried

MICRO = 1_000_000
COUNT: dict[str, Any] = {
    "title": "How many women",
    "view": {"form": {"columns": [{"name": "sex", "person": "sex"}]}},
    "statistics": [{"name": "people", "kind": "count", "by": ["sex"]}],
    "epsilon": "0.8",
}
SAME = {
    "in another order": dict(reversed(COUNT.items())),
    "with zeros": {**COUNT, "epsilon": "0.800000"},
    "as a number": {**COUNT, "epsilon": 0.8},
    "with what is meant anyway": {**COUNT, "sites": ["local"]},
}


def variant(n: int) -> dict[str, Any]:
    """The same question in other words: it has another digest, and is charged."""
    return {**COUNT, "title": f"How many women, once more {n}"}


def drawn(town: Town, project: str, request: dict[str, Any], by: str = "researcher") -> str:
    """Asked, cleared and drawn, as far as the rules let it; the release."""
    release: str = town.do(by, Command.DRAFT_RELEASE, project, {"request": request}).created_id
    town.do(by, Command.SUBMIT_RELEASE, release)
    town.do("checker1", Command.CLEAR_PLAN, release, {"reason": "public keys"})
    for command in (Command.RESERVE_BUDGET, Command.BEGIN_DRAW):
        town.do("system", command, release)
    town.do("system", Command.SEAL_ARTEFACT, release, {"artefact_digest": "a" * 64, "package_digest": "b" * 64})
    return release


@contextmanager
def ends(code: str) -> Iterator[None]:
    """Goes on behind it when there was that refusal."""
    try:
        yield
    except Refusal as why:
        if why.code != code:
            raise


def until_refused(town: Town, project: str, tried: Tried, by: str = "researcher", first: int = 0) -> list[str]:
    """Every answer that could be had."""
    found: list[str] = []
    for n in range(first, first + 500):
        tried()
        with ends("budget:not_covered"):
            found.append(drawn(town, project, variant(n), by))
            continue
        return found
    raise AssertionError("the budget never ended")


def spent(town: Town, key: str) -> int:
    return int(town.read(lambda work: work.need(Budget, key).spent_micro_rho))


def scale(town: Town, release: str) -> float:
    return float(town.read(lambda work: work.need(Release, release).price["lines"][0]["scale"]))


def test_a_mean_of_all_answers_is_no_better_than_one_for_the_whole_budget(town: Town, tried: Tried) -> None:
    project = approved_project(town, epsilon="3")
    cleared_snapshot(town, project)
    answers = until_refused(town, project, tried)
    granted = town.read(lambda work: work.need(Budget, project).granted_micro_rho)
    assert len(answers) > 4
    assert spent(town, project) <= granted
    error_of_mean = scale(town, answers[0]) / math.sqrt(len(answers))
    error_of_one = math.sqrt(MICRO / (2 * granted))
    assert error_of_mean >= error_of_one
    assert until_refused(town, project, tried, "lead", 900) == []  # the other member has no budget of their own


def test_the_same_request_is_the_same_answer(town: Town, tried: Tried) -> None:
    """However it is written: no second draw, no cost, and nothing to average."""
    project = approved_project(town)
    cleared_snapshot(town, project)
    first, before = drawn(town, project, COUNT), spent(town, project)
    for request in (COUNT, *SAME.values(), json.loads(json.dumps(COUNT, indent=9))):
        for name in ("researcher", "lead"):
            tried()
            assert town.do(name, Command.DRAFT_RELEASE, project, {"request": request}).created_id == first
    assert spent(town, project) == before
    with pytest.raises(Refusal, match="wrong_state"):
        town.do("researcher", Command.SUBMIT_RELEASE, first)


def test_two_drafts_of_one_question_are_drawn_once(town: Town, tried: Tried) -> None:
    """Written before the first was drawn, so that neither knew of the other."""
    project = approved_project(town)
    cleared_snapshot(town, project)
    drafts = [
        town.do(name, Command.DRAFT_RELEASE, project, {"request": COUNT}).created_id for name in ("researcher", "lead")
    ]
    town.do("researcher", Command.SUBMIT_RELEASE, drafts[0])
    with pytest.raises(Refusal, match="asked_before"):
        town.do("lead", Command.SUBMIT_RELEASE, drafts[1])
    tried(2)


def test_a_new_snapshot_is_charged_like_the_old_one(town: Town, tried: Tried) -> None:
    project = approved_project(town, epsilon="2")
    number = 0
    for turn in range(20):
        again(town, project, turn)
        tried()
        with ends("budget:not_covered"):
            drawn(town, project, COUNT)
            number += 1
            continue
        break
    entries = town.read(lambda work: work.all(LedgerEntry, LedgerEntry.kind == EntryKind.SPEND))
    assert 1 < number == len(entries) < 20
    assert spent(town, project) <= town.read(lambda work: work.need(Budget, project).granted_micro_rho)


def again(town: Town, project: str, turn: int) -> None:
    """Another cut of the same people."""
    if turn == 0:
        cleared_snapshot(town, project)
        return
    made = town.do("lead", Command.REQUEST_SNAPSHOT, project).created_id
    town.do("system", Command.BEGIN_SNAPSHOT, made)
    built = {"cut_date": "2026-06-30", "manifest_digest": f"m{turn}", "commitment": "c", "nonce": "n", "people": 9}
    town.do("system", Command.COMPLETE_SNAPSHOT, made, built)
    town.do("ig", Command.CLEAR_SNAPSHOT, made)
    town.clock.pass_(minutes=1)


def theirs(town: Town, epsilon: str) -> str:
    """A project of other people on the same pool, with a snapshot."""
    project: str = town.do(
        "outsider", Command.DRAFT_PROJECT, town.pool_id, application(members=[], epsilon=epsilon)
    ).created_id
    town.do("outsider", Command.SUBMIT_PROJECT, project)
    for name in ("member1", "member2", "lay"):
        town.do(name, Command.CAST_VOTE, project, {"verdict": "APPROVE", "reason": "clear benefit"})
    snapshot = town.do("outsider", Command.REQUEST_SNAPSHOT, project).created_id
    town.do("system", Command.BEGIN_SNAPSHOT, snapshot)
    built = {"cut_date": "2026-06-30", "manifest_digest": "n", "commitment": "c", "nonce": "n", "people": 9}
    town.do("system", Command.COMPLETE_SNAPSHOT, snapshot, built)
    town.do("ig", Command.CLEAR_SNAPSHOT, snapshot)
    return project


def test_two_projects_that_share_what_they_learn_have_one_pool(tmp_path: Any, tried: Tried) -> None:
    """Together they spend no more than the pool, which closing and beginning anew does not refill."""
    town = settle_town(tmp_path, epsilon_micro=3 * MICRO)
    project = approved_project(town, epsilon="2")
    cleared_snapshot(town, project)
    with pytest.raises(Refusal, match="pool_short"):
        theirs(town, "2.9")
    other = theirs(town, "1")
    answers = [*until_refused(town, project, tried), *until_refused(town, other, tried, "outsider")]
    whole = town.read(lambda work: work.need(Budget, town.pool_id))
    assert whole.spent_micro_rho == spent(town, project) + spent(town, other) <= whole.granted_micro_rho
    assert scale(town, answers[0]) / math.sqrt(len(answers)) >= math.sqrt(MICRO / (2 * whole.granted_micro_rho))
    for lead, each in (("lead", project), ("outsider", other)):
        town.do(lead, Command.CLOSE_PROJECT, each, {"reason": "to begin anew"})
    more: list[str] = []
    for _ in range(3):
        with ends("budget:pool_short"):
            more += until_refused(town, theirs(town, "0.5"), tried, "outsider", len(more))
            continue
        break
    whole = town.read(lambda work: work.need(Budget, town.pool_id))
    assert whole.spent_micro_rho <= whole.granted_micro_rho
    assert sum(entry.micro_rho for entry in _spends(town)) == whole.spent_micro_rho


def _spends(town: Town) -> list[LedgerEntry]:
    return list(town.read(lambda work: work.all(LedgerEntry, LedgerEntry.kind == EntryKind.SPEND)))
