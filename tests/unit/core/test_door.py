"""The one door: what is done is recorded, what is refused changes nothing, budgets are kept by the database too."""

import threading
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, IntegrityError

from gateway.evidence.chain import verify
from gateway.models import AuditEvent, Budget, Incident, LedgerEntry, Notice, Project, RegisterEntry, Release, Task
from gateway.rules.refusals import Refusal, Why
from gateway.store import audit_chain
from gateway.vocabulary import Command, EntryKind, ProjectState, ReleaseState, Seat
from tests.factories.gateways import (
    REQUEST,
    Town,
    application,
    approved_project,
    cleared_snapshot,
    sealed_release,
    submitted_release,
)
from workspaces.catalogue.errors import Invalid


def state(town: Town, table: Any, key: str) -> Any:
    return town.read(lambda work: work.need(table, key).state)


def budget(town: Town, key: str) -> tuple[int, int, int]:
    row = town.read(lambda work: work.need(Budget, key))
    return row.granted_micro_rho, row.reserved_micro_rho, row.spent_micro_rho


def test_the_committee_settles_by_quorum_and_the_decision_carries_grant_and_register_entry(town: Town) -> None:
    project_id = approved_project(town)
    assert state(town, Project, project_id) is ProjectState.APPROVED
    granted, reserved, spent = budget(town, project_id)
    assert granted > 0
    assert (reserved, spent) == (0, 0)
    assert budget(town, town.pool_id)[1] == granted
    assert town.read(lambda work: work.find(RegisterEntry, RegisterEntry.project_id == project_id)) is not None


def test_without_a_lay_vote_nothing_is_settled(town: Town) -> None:
    project_id = town.do("lead", Command.DRAFT_PROJECT, town.pool_id, application()).created_id
    town.do("lead", Command.SUBMIT_PROJECT, project_id)
    for name in ("member1", "member2"):
        town.do(name, Command.CAST_VOTE, project_id, {"verdict": "APPROVE", "reason": "yes"})
    assert state(town, Project, project_id) is ProjectState.SUBMITTED


@pytest.mark.parametrize(("verdict", "outcome"), [("REFUSE", ProjectState.REFUSED), ("RETURN", ProjectState.RETURNED)])
def test_other_outcomes_carry_no_budget(town: Town, verdict: str, outcome: ProjectState) -> None:
    project_id = town.do("lead", Command.DRAFT_PROJECT, town.pool_id, application()).created_id
    town.do("lead", Command.SUBMIT_PROJECT, project_id)
    for name in ("member1", "member2", "lay"):
        town.do(name, Command.CAST_VOTE, project_id, {"verdict": verdict, "reason": "no"})
    assert state(town, Project, project_id) is outcome
    assert town.read(lambda work: work.get(Budget, project_id)) is None


def test_a_release_is_reserved_spent_reviewed_blind_and_published(town: Town) -> None:
    project_id = approved_project(town)
    cleared_snapshot(town, project_id)
    release_id = sealed_release(town, project_id)
    cost = town.read(lambda work: work.need(Release, release_id).micro_rho)
    assert budget(town, project_id)[1:] == (0, cost)
    assert budget(town, town.pool_id)[2] == cost
    town.do("checker1", Command.REVIEW_RELEASE, release_id, {"verdict": "APPROVE", "reason": "fine"})
    assert state(town, Release, release_id) is ReleaseState.IN_REVIEW
    town.do("checker2", Command.REVIEW_RELEASE, release_id, {"verdict": "APPROVE", "reason": "fine"})
    assert state(town, Release, release_id) is ReleaseState.RELEASED
    entry = town.read(lambda work: work.find(RegisterEntry, RegisterEntry.project_id == project_id))
    assert [item["id"] for item in entry.fields["releases"]] == [release_id]
    kinds = [row.kind for row in town.read(lambda work: work.all(LedgerEntry, LedgerEntry.release_id == release_id))]
    assert kinds == [EntryKind.RESERVE, EntryKind.SPEND]


def test_reviews_that_differ_are_talked_over_and_then_go_to_a_third_checker(town: Town) -> None:
    project_id = approved_project(town)
    cleared_snapshot(town, project_id)
    release_id = sealed_release(town, project_id)
    town.do("checker1", Command.REVIEW_RELEASE, release_id, {"verdict": "APPROVE", "reason": "fine"})
    town.do("checker2", Command.REVIEW_RELEASE, release_id, {"verdict": "REFUSE", "reason": "not fine"})
    assert state(town, Release, release_id) is ReleaseState.CONSOLIDATING
    town.do("checker1", Command.CONFIRM_REVIEW, release_id, {"verdict": "APPROVE", "reason": "still fine"})
    town.do("checker2", Command.CONFIRM_REVIEW, release_id, {"verdict": "REFUSE", "reason": "still not"})
    assert state(town, Release, release_id) is ReleaseState.ADJUDICATING
    with pytest.raises(Refusal, match="review:already_given"):
        town.do("checker1", Command.ADJUDICATE_RELEASE, release_id, {"verdict": "APPROVE", "reason": "mine"})
    town.do("checker3", Command.ADJUDICATE_RELEASE, release_id, {"verdict": "REFUSE", "reason": "agree"})
    assert state(town, Release, release_id) is ReleaseState.REFUSED


def test_a_draw_that_fails_before_it_began_is_void_and_after_it_is_spent(town: Town) -> None:
    project_id = approved_project(town)
    cleared_snapshot(town, project_id)
    first = submitted_release(town, project_id)
    town.do("checker1", Command.CLEAR_PLAN, first, {"reason": "ok"})
    town.do("system", Command.RESERVE_BUDGET, first)
    town.do("system", Command.FAIL_DRAW, first)
    assert budget(town, project_id)[1:] == (0, 0)
    second = submitted_release(town, project_id)
    assert second != first
    town.do("checker1", Command.CLEAR_PLAN, second, {"reason": "ok"})
    town.do("system", Command.RESERVE_BUDGET, second)
    town.do("system", Command.BEGIN_DRAW, second)
    town.do("system", Command.FAIL_DRAW, second)
    assert budget(town, project_id)[2] > 0
    assert town.read(lambda work: work.need(Project, project_id)).draws_frozen
    assert town.read(lambda work: work.find(Incident, Incident.subject_id == second)) is not None
    with pytest.raises(Refusal, match="release:draws_frozen"):
        submitted_release(town, project_id, {**REQUEST, "title": "Another"})


def test_the_same_request_gives_the_same_release_at_no_cost(town: Town) -> None:
    project_id = approved_project(town)
    cleared_snapshot(town, project_id)
    release_id = sealed_release(town, project_id)
    before = budget(town, project_id)
    again = town.do("lead", Command.DRAFT_RELEASE, project_id, {"request": REQUEST}).created_id
    assert again == release_id
    assert budget(town, project_id) == before


CONFLICTS = [
    ("lead", Command.CAST_VOTE, {"verdict": "APPROVE", "reason": "mine"}, Why.FORBIDDEN),
    ("outsider", Command.SUBMIT_PROJECT, None, Why.UNKNOWN),
    ("checker1", Command.CAST_VOTE, {"verdict": "APPROVE", "reason": "no seat"}, Why.UNKNOWN),
    ("researcher", Command.SUBMIT_PROJECT, None, Why.FORBIDDEN),
]


@pytest.mark.parametrize(("who", "command", "given", "why"), CONFLICTS)
def test_who_may_not_is_refused_and_audited(
    town: Town, who: str, command: Command, given: dict[str, Any] | None, why: Why
) -> None:
    project_id = town.do("lead", Command.DRAFT_PROJECT, town.pool_id, application()).created_id
    if command is Command.CAST_VOTE:
        town.do("lead", Command.SUBMIT_PROJECT, project_id)
    with pytest.raises(Refusal) as caught:
        town.do(who, command, project_id, given)
    assert caught.value.why is why
    newest = town.read(audit_chain.last)
    assert (newest.event, newest.code, newest.actor) == ("command:refused", caught.value.code, who.title())


def test_a_checker_of_the_project_or_its_author_never_checks(town: Town) -> None:
    town.do("system", Command.APPOINT_PERSON, town.people["researcher"], {"role": Seat.OUTPUT_CHECKER.value})
    project_id = approved_project(town)
    cleared_snapshot(town, project_id)
    release_id = submitted_release(town, project_id)
    with pytest.raises(Refusal, match="command:not_your_role"):
        town.do("researcher", Command.CLEAR_PLAN, release_id, {"reason": "my own"})


def test_a_committee_member_who_joins_the_project_has_no_vote_on_it(town: Town) -> None:
    town.do("system", Command.APPOINT_PERSON, town.people["researcher"], {"role": Seat.COMMITTEE_MEMBER.value})
    project_id = town.do("lead", Command.DRAFT_PROJECT, town.pool_id, application()).created_id
    town.do("lead", Command.SUBMIT_PROJECT, project_id)
    with pytest.raises(Refusal, match="command:not_your_role"):
        town.do("researcher", Command.CAST_VOTE, project_id, {"verdict": "APPROVE", "reason": "mine"})


def test_a_second_vote_is_refused(town: Town) -> None:
    project_id = town.do("lead", Command.DRAFT_PROJECT, town.pool_id, application()).created_id
    town.do("lead", Command.SUBMIT_PROJECT, project_id)
    town.do("member1", Command.CAST_VOTE, project_id, {"verdict": "APPROVE", "reason": "yes"})
    with pytest.raises(Refusal, match="vote:already_cast"):
        town.do("member1", Command.CAST_VOTE, project_id, {"verdict": "APPROVE", "reason": "again"})


@pytest.mark.parametrize(
    "changes",
    [
        {"epsilon": "0"},
        {"epsilon": "-1"},
        {"epsilon": "NaN"},
        {"epsilon": "11"},
        {"data": []},
        {"data": [{"table": "person", "columns": ["nhs_number"], "reason": "x"}]},
        {"ends_on": "2026-07-01"},
        {"unknown": 1},
        {"members": ["nobody@example.org"]},
    ],
)
def test_bad_applications_are_refused_and_leave_nothing(town: Town, changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as caught:
        town.do("lead", Command.DRAFT_PROJECT, town.pool_id, application(**changes))
    assert caught.value.next_step
    assert town.read(lambda work: work.all(Project)) == []


@pytest.mark.parametrize("epsilon", ["0", "-0.1", "NaN", "Infinity", "1.1", True, None, "0.0000001"])
def test_bad_epsilons_are_refused_and_nothing_is_spent(town: Town, epsilon: Any) -> None:
    project_id = approved_project(town)
    cleared_snapshot(town, project_id)
    before = budget(town, project_id)
    with pytest.raises(Invalid, match="request:"):
        town.do("researcher", Command.DRAFT_RELEASE, project_id, {"request": {**REQUEST, "epsilon": epsilon}})
    assert budget(town, project_id) == before


def test_a_stale_list_stops_snapshots(town: Town) -> None:
    project_id = approved_project(town)
    cleared_snapshot(town, project_id)
    town.clock.pass_(days=8)
    with pytest.raises(Refusal, match="opt_outs:not_fresh"):
        town.do("lead", Command.REQUEST_SNAPSHOT, project_id)


def test_the_grants_end_stops_everything(town: Town) -> None:
    project_id = approved_project(town)
    cleared_snapshot(town, project_id)
    town.clock.pass_(days=365)
    with pytest.raises(Refusal, match="grant:ended"):
        submitted_release(town, project_id)


def test_the_pool_is_for_life(town: Town) -> None:
    for _ in range(3):
        approved_project(town, epsilon="1")
    with pytest.raises(Refusal, match="budget:pool_short"):
        approved_project(town, epsilon="10")


def test_the_chain_holds_and_the_database_refuses_to_change_it(town: Town) -> None:
    approved_project(town)
    rows = town.read(audit_chain.export)
    assert verify(rows).broken_at is None
    assert len(rows) > 20
    for statement in ("UPDATE audit_event SET actor = 'x'", "DELETE FROM audit_event", "DELETE FROM ledger_entry"):
        with pytest.raises(DatabaseError), town.gateway.unit.writing() as work:
            work.session.execute(text(statement))


def test_the_database_refuses_an_overspent_budget(town: Town) -> None:
    project_id = approved_project(town)
    statement = "UPDATE budget SET spent_micro_rho = granted_micro_rho + 1 WHERE id = :id"
    with pytest.raises(IntegrityError), town.gateway.unit.writing() as work:
        work.session.execute(text(statement), {"id": project_id})


def test_racing_reservations_never_overspend(town: Town) -> None:
    project_id = approved_project(town, epsilon="1")
    cleared_snapshot(town, project_id)
    ids = [submitted_release(town, project_id, {**REQUEST, "title": f"Table {n}"}) for n in range(6)]
    for release_id in ids:
        town.do("checker1", Command.CLEAR_PLAN, release_id, {"reason": "ok"})
    outcomes: list[str] = []

    def reserve(release_id: str) -> None:
        try:
            town.do("system", Command.RESERVE_BUDGET, release_id)
            outcomes.append("reserved")
        except Refusal as why:
            outcomes.append(why.code)

    threads = [threading.Thread(target=reserve, args=(release_id,)) for release_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    granted, reserved, _ = budget(town, project_id)
    cost = town.read(lambda work: work.need(Release, ids[0]).micro_rho)
    assert reserved == outcomes.count("reserved") * cost <= granted
    assert outcomes.count("reserved") == min(6, granted // cost)
    assert set(outcomes) == {"reserved", "budget:not_covered"}


def test_a_command_queues_its_work_and_tells_the_members_in_the_same_commit(town: Town) -> None:
    project_id = approved_project(town)
    cleared_snapshot(town, project_id)
    assert town.read(lambda work: work.find(Task)) is not None
    assert {row.person_id for row in town.read(lambda work: work.all(Notice))} == {
        town.people["lead"],
        town.people["researcher"],
    }
    assert len(town.read(lambda work: work.all(AuditEvent))) > 0
