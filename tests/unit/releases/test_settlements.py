"""An approval that the pool was too short for: settled when there is room again, and not tried in vain before."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.jobs.settle_projects import settle_projects
from gateway.models import AuditEvent, Project
from gateway.vocabulary import Command, ProjectState
from tests.factories.gateways import Town, application, approved_project, settle_town


@pytest.fixture
def small(tmp_path: Path) -> Town:
    """A pool with room for one project of ε 2, and a bit."""
    return settle_town(tmp_path, epsilon_micro=2_500_000)


def voted(town: Town) -> str:
    """Submitted while there was room, voted for when there was none."""
    project_id: str = town.do("outsider", Command.DRAFT_PROJECT, town.pool_id, application(members=[])).created_id
    town.do("outsider", Command.SUBMIT_PROJECT, project_id)
    return project_id


def vote(town: Town, project_id: str) -> None:
    for name in ("member1", "member2", "lay"):
        town.do(name, Command.CAST_VOTE, project_id, {"verdict": "APPROVE", "reason": "clear benefit"})


def state(town: Town, project_id: str) -> ProjectState:
    found: ProjectState = town.read(lambda work: work.need(Project, project_id).state)
    return found


def settle(town: Town) -> None:
    house: Any = SimpleNamespace(gateway=town.gateway)
    settle_projects(house)


def rows(town: Town) -> int:
    return len(town.read(lambda work: work.all(AuditEvent)))


def test_it_waits_and_is_settled_once_another_project_gave_back_what_it_had(small: Town) -> None:
    second = voted(small)
    first = approved_project(small)
    vote(small, second)
    assert state(small, second) is ProjectState.SUBMITTED
    before = rows(small)
    settle(small)
    assert (state(small, second), rows(small)) == (ProjectState.SUBMITTED, before)
    small.do("lead", Command.CLOSE_PROJECT, first, {"reason": "done"})
    settle(small)
    assert state(small, second) is ProjectState.APPROVED


def test_what_has_no_quorum_is_not_settled(small: Town) -> None:
    project_id = voted(small)
    settle(small)
    assert state(small, project_id) is ProjectState.SUBMITTED
