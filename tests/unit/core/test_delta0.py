"""δ₀ of a threshold goes through the ledger beside ρ: granted by share, reserved, spent, voided, not exceeded."""

from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from gateway.models import Budget, Grant, LedgerEntry, Release
from gateway.rules.refusals import Refusal
from gateway.vocabulary import Command, EntryKind
from tests.factories.gateways import (
    REQUEST,
    approved_project,
    cleared_snapshot,
    settle_town,
    submitted_release,
)

CODES = {
    "name": "common",
    "kind": "codes",
    "events": {"table": "condition_occurrence", "split": "condition_concept_id", "at_most": 3},
}
ASKED = {**REQUEST, "statistics": [CODES], "epsilon": "0.1"}


@pytest.fixture
def town(tmp_path: Path):
    return settle_town(tmp_path)


@pytest.fixture
def project(town):
    project_id = approved_project(town)
    cleared_snapshot(town, project_id)
    return project_id


def entries(town, release_id):
    found = town.read(lambda work: work.all(LedgerEntry, LedgerEntry.release_id == release_id))
    return {entry.kind: entry.delta_e15 for entry in found}


def budget(town, subject_id):
    return town.read(lambda work: work.need(Budget, subject_id))


def reserved(town, project_id, title="codes"):
    release_id = submitted_release(town, project_id, {**ASKED, "title": title})
    town.do("checker1", Command.CLEAR_PLAN, release_id, {"reason": "a published vocabulary"})
    town.do("system", Command.RESERVE_BUDGET, release_id)
    return release_id


def test_a_grant_gets_its_part_and_no_more(town, project):
    grant = town.read(lambda work: work.find(Grant, Grant.project_id == project))
    pool, own = budget(town, town.pool_id), budget(town, project)
    assert grant.delta0_e15 == own.granted_delta_e15 == pool.reserved_delta_e15 > 0
    share, most = grant.micro_rho / pool.granted_micro_rho, grant.delta0_e15 / pool.granted_delta_e15
    assert share == pytest.approx(most, rel=0.02)


def test_reserved_and_spent_beside_rho(town, project):
    release_id = reserved(town, project)
    release = town.read(lambda work: work.need(Release, release_id))
    cost = release.delta_e15
    assert cost == release.price["delta0_e15"] > 0
    assert budget(town, project).reserved_delta_e15 == cost
    town.do("system", Command.BEGIN_DRAW, release_id)
    assert (budget(town, project).reserved_delta_e15, budget(town, project).spent_delta_e15) == (0, cost)
    assert budget(town, town.pool_id).spent_delta_e15 == cost
    assert entries(town, release_id) == {EntryKind.RESERVE: cost, EntryKind.SPEND: cost}


def test_a_draw_that_never_began_gives_it_back(town, project):
    release_id = reserved(town, project)
    town.do("system", Command.FAIL_DRAW, release_id)
    assert budget(town, project).reserved_delta_e15 == 0
    assert set(entries(town, release_id)) == {EntryKind.RESERVE, EntryKind.VOID}


def test_a_request_beyond_what_is_left_is_refused(town, project):
    with town.gateway.unit.writing() as work:
        work.need(Budget, project).spent_delta_e15 = budget(town, project).granted_delta_e15
    with pytest.raises(Refusal, match="budget:not_covered"):
        submitted_release(town, project, ASKED)
    assert submitted_release(town, project)  # without a threshold nothing is lacking


def test_the_database_holds_it_too(town, project):
    def overdraw():
        with town.gateway.unit.writing() as work:
            row = work.need(Budget, project)
            row.reserved_delta_e15 = row.granted_delta_e15 + 1

    with pytest.raises(IntegrityError):
        overdraw()


def test_a_closed_project_gives_the_rest_back(town, project):
    town.do("system", Command.BEGIN_DRAW, reserved(town, project))
    spent = budget(town, project).spent_delta_e15
    town.do("lead", Command.CLOSE_PROJECT, project, {"reason": "done"})
    pool = budget(town, town.pool_id)
    assert (pool.reserved_delta_e15, pool.spent_delta_e15) == (0, spent)
