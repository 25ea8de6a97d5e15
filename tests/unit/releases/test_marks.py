"""Who is BLIND: whoever may have seen rows of the pool in any project is not, in none of them (P1, P11)."""

import pytest

from gateway.models import Grant, Release
from gateway.rules.refusals import Refusal
from gateway.store.queries import views
from gateway.vocabulary import Command, Mark
from tests.factories.gateways import (
    REQUEST,
    Town,
    approved_project,
    cleared_snapshot,
    sealed_release,
    submitted_release,
)


def with_rows(town: Town, project_id: str) -> None:
    with town.gateway.unit.writing() as work:
        for grant in work.all(Grant, Grant.project_id == project_id):
            grant.tier = "PIXELS"


def mark(town: Town, release_id: str) -> Mark:
    found: Mark = town.read(lambda work: work.need(Release, release_id).mark)
    return found


def test_who_sees_rows_in_another_project_of_the_pool_is_informed_everywhere(town: Town) -> None:
    mine, elsewhere = approved_project(town), approved_project(town, members=["outsider@example.org"])
    cleared_snapshot(town, mine)
    assert mark(town, submitted_release(town, mine)) is Mark.BLIND
    with_rows(town, elsewhere)
    # the researcher is in `mine` alone; the lead is in both
    other = {**REQUEST, "title": "Another"}
    assert mark(town, submitted_release(town, mine, other)) is Mark.BLIND
    assert mark(town, submitted_release(town, mine, {**REQUEST, "title": "A third"}, by="lead")) is Mark.INFORMED


def test_it_stays_so_after_that_project_has_closed_and_for_the_shown_grant(town: Town) -> None:
    mine, elsewhere = approved_project(town), approved_project(town)
    cleared_snapshot(town, mine)
    with_rows(town, elsewhere)
    town.do("lead", Command.CLOSE_PROJECT, elsewhere, {"reason": "done"})
    assert mark(town, submitted_release(town, mine)) is Mark.INFORMED
    shown = town.read(lambda work: views.one(work, town.actor("researcher"), mine, town.clock(), 7))
    assert (shown["grant"]["tier"], shown["grant"]["mark"]) == ("JOBS", "INFORMED")


def test_members_of_a_suspended_project_download_nothing(town: Town) -> None:
    project_id = approved_project(town)
    cleared_snapshot(town, project_id)
    release_id = sealed_release(town, project_id)
    for checker in ("checker1", "checker2"):
        town.do(checker, Command.REVIEW_RELEASE, release_id, {"verdict": "APPROVE", "reason": "fine"})
    town.do("researcher", Command.DOWNLOAD_OUTPUT, release_id)
    town.do("ig", Command.SUSPEND_PROJECT, project_id, {"reason": "an incident"})
    with pytest.raises(Refusal, match="project:suspended"):
        town.do("researcher", Command.DOWNLOAD_OUTPUT, release_id)
    town.do("ig", Command.RESUME_PROJECT, project_id, {"reason": "looked at"})
    town.do("researcher", Command.DOWNLOAD_OUTPUT, release_id)
