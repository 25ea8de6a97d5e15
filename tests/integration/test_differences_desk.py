"""Who is told what about releases beside one another: checkers all, authors of other projects a fixed code."""

import json
from pathlib import Path
from typing import Any

import pytest

from disclosure.checks.differencing import ELSEWHERE
from gateway.commands import differences
from gateway.commands.differences import beside
from gateway.commands.terms import object_name
from gateway.models import Release
from gateway.store.objects import LocalObjects
from gateway.vocabulary import Command, ReleaseState
from tests.factories import gateways
from tests.factories.gateways import REQUEST, Town, approved_project, cleared_snapshot, settle_town, submitted_release

COUNT = [{"name": "people", "kind": "count", "by": ["sex"]}]
ALL = {**REQUEST, "title": "People by sex", "view": {"sql": "SELECT person_id, sex FROM person"}, "statistics": COUNT}
WHERE = "SELECT person_id, sex FROM person WHERE stp = 'QMJ'"
SOME = {**ALL, "title": "People of one part by sex", "view": {"sql": WHERE}}


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return settle_town(tmp_path)


@pytest.fixture
def objects(tmp_path: Path) -> LocalObjects:
    return LocalObjects(tmp_path / "objects")


def project(town: Town, title: str) -> str:
    project_id = approved_project(town, title=title)
    cleared_snapshot(town, project_id)
    return project_id


def out(town: Town, objects: LocalObjects, project_id: str, women: int) -> str:
    """A release of everybody that is out, with its values."""
    release_id = submitted_release(town, project_id, ALL)
    cell = {"statistic": "people", "keys": {"sex": "female"}, "labels": {"sex": "Female"}, "value": women,
            "low": women - 10, "high": women + 10, "too_noisy": False, "drawn": [women]}  # fmt: skip
    held = {"statistics": [{"name": "people", "kind": "count", "unit": "people"}], "cells": [cell]}
    with town.gateway.unit.writing() as work:
        row = work.need(Release, release_id)
        row.state, row.artefact_digest = ReleaseState.RELEASED, "a" * 64
        objects.put_bytes(object_name(row), json.dumps(held).encode())
    return release_id


def told(town: Town, objects: LocalObjects, release_id: str, *, desk: bool) -> list[dict[str, Any]]:
    return beside(town.gateway, objects, release_id=release_id, desk=desk)


def test_within_a_project_author_and_checker_read_which_conditions_differ(town: Town, objects: LocalObjects) -> None:
    project_id = project(town, "One")
    earlier = out(town, objects, project_id, 500)
    release_id = submitted_release(town, project_id, SOME)
    (desk,) = told(town, objects, release_id, desk=True)
    assert desk == told(town, objects, release_id, desk=False)[0]
    assert f"some of the same people as in release {earlier}; only here: person.stp = 'QMJ'" in desk["sentence"]


def test_of_another_project_the_author_is_told_a_fixed_code(
    town: Town, objects: LocalObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = out(town, objects, project(town, "One"), 500)
    monkeypatch.setattr(gateways, "active_list", lambda *_: "")  # one list is enough for both
    release_id = submitted_release(town, project(town, "Two"), SOME)
    (desk,) = told(town, objects, release_id, desk=True)
    assert earlier in desk["sentence"]
    (author,) = told(town, objects, release_id, desk=False)
    assert author["sentence"].startswith(ELSEWHERE)
    assert earlier not in str(author)
    assert "QMJ" not in str(author)


def test_values_are_looked_at_once_both_are_there(town: Town, objects: LocalObjects) -> None:
    project_id = project(town, "One")
    out(town, objects, project_id, 500)
    release_id = submitted_release(town, project_id, SOME)
    with town.gateway.unit.writing() as work:
        row = work.need(Release, release_id)
        row.state, row.artefact_digest = ReleaseState.IN_REVIEW, "b" * 64
        cell = {"statistic": "people", "keys": {"sex": "female"}, "labels": {"sex": "Female"}, "value": 495,
                "low": 485, "high": 505, "too_noisy": False, "drawn": [495]}  # fmt: skip
        held = {"statistics": [{"name": "people", "kind": "count", "unit": "people"}], "cells": [cell]}
        objects.put_bytes(object_name(row), json.dumps(held).encode())
    (desk,) = told(town, objects, release_id, desk=True)
    assert "1 differences may be of few people, on released values" in desk["sentence"]
    (author,) = told(town, objects, release_id, desk=False)
    assert not author["cells"]  # not released to them yet
    assert "on released values" not in author["sentence"]


@pytest.mark.parametrize(
    "state", [ReleaseState.DRAFT, ReleaseState.WITHDRAWN, ReleaseState.FAILED, ReleaseState.REFUSED]
)
def test_what_never_came_out_is_not_compared(town: Town, objects: LocalObjects, state: ReleaseState) -> None:
    project_id = project(town, "One")
    earlier = submitted_release(town, project_id, ALL)
    with town.gateway.unit.writing() as work:
        work.need(Release, earlier).state = state
    assert told(town, objects, submitted_release(town, project_id, SOME), desk=True) == []


def test_a_request_that_can_no_longer_be_read_is_passed_over(town: Town, objects: LocalObjects) -> None:
    project_id = project(town, "One")
    earlier = out(town, objects, project_id, 500)
    with town.gateway.unit.writing() as work:
        work.need(Release, earlier).request = {**ALL, "statistics": [{"name": "n", "kind": "of another age"}]}
    assert told(town, objects, submitted_release(town, project_id, SOME), desk=True) == []


def test_values_of_unrelated_releases_are_not_read(town: Town, objects: LocalObjects) -> None:
    project_id = project(town, "One")
    out(town, objects, project_id, 500)
    release_id = submitted_release(town, project_id, REQUEST)

    class Closed:
        def get_bytes(self, name: str) -> bytes:
            raise AssertionError(name)

    assert beside(town.gateway, Closed(), release_id=release_id, desk=True) == []


def test_of_very_many_it_says_that_not_all_were_compared(
    town: Town, objects: LocalObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_id = project(town, "One")
    out(town, objects, project_id, 500)
    release_id = submitted_release(town, project_id, SOME)
    monkeypatch.setattr(differences, "MOST", 1)
    assert len(told(town, objects, release_id, desk=True)) == 1
    other = {**ALL, "title": "Again", "epsilon": "0.4"}
    again = submitted_release(town, project_id, other)
    with town.gateway.unit.writing() as work:
        work.need(Release, again).state = ReleaseState.SEALED
    found = told(town, objects, release_id, desk=True)
    assert found[-1]["sentence"] == "1 releases were compared, of the own project first; not all."


def test_looking_changes_nothing(town: Town, objects: LocalObjects) -> None:
    project_id = project(town, "One")
    out(town, objects, project_id, 500)
    release_id = submitted_release(town, project_id, SOME)
    before = town.read(lambda work: work.need(Release, release_id).model_dump())
    told(town, objects, release_id, desk=True)
    assert town.read(lambda work: work.need(Release, release_id).model_dump()) == before
    assert town.do("checker1", Command.CLEAR_PLAN, release_id, {"reason": "seen"}).state == ReleaseState.PLAN_CLEARED
