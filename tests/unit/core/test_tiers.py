"""The tiers that a committee grants: what each row means for marks, for what is shown, and for who gets in."""

from typing import Any

import pytest

from gateway.models import Grant
from gateway.rules.marks import mark_of
from gateway.rules.refusals import Refusal
from gateway.rules.tiers import OFFERED, TIERS, tier_of
from gateway.store.queries import views
from gateway.vocabulary import Command, Mark
from tests.factories.gateways import REQUEST, Town, application, approved_project, cleared_snapshot, submitted_release
from workspaces.catalogue.errors import Invalid
from workspaces.rooms import desktops


def grant_of(town: Town, project: str) -> Grant:
    return town.read(lambda work: work.find(Grant, Grant.project_id == project))


def seen(town: Town, subject_id: str, by: str = "researcher") -> dict[str, Any]:
    return town.read(lambda work: views.one(work, town.actor(by), subject_id, town.clock(), 7))


def test_who_sees_rows_is_informed_and_nobody_else() -> None:
    marks = {name: mark_of(Grant(tier=name), informed=False) for name in (*TIERS, "A NAME OF LATER")}
    assert marks.pop("JOBS") is Mark.BLIND
    assert set(marks.values()) == {Mark.INFORMED}
    assert mark_of(Grant(tier="JOBS"), informed=True) is Mark.INFORMED


def test_a_name_that_is_not_known_shows_least() -> None:
    assert tier_of(Grant(tier="A NAME OF LATER")) == tier_of(None) == TIERS["JOBS"]
    assert not TIERS["JOBS"].sees_rows


@pytest.mark.parametrize("tier", OFFERED)
def test_the_committee_grants_the_tier_of_the_application(town: Town, tier: str) -> None:
    project = approved_project(town, tier=tier)
    assert grant_of(town, project).tier == tier
    cleared_snapshot(town, project)
    release = seen(town, submitted_release(town, project, REQUEST))
    assert release["mark"] == ("BLIND" if tier == "JOBS" else "INFORMED")


@pytest.mark.parametrize("tier", ["EVERYTHING", "pixels"])
def test_a_tier_that_is_not_offered_is_refused(town: Town, tier: str) -> None:
    with pytest.raises(Invalid, match="application:unknown_tier"):
        town.do("lead", Command.DRAFT_PROJECT, town.pool_id, application(tier=tier))


def opened(town: Town, tier: str) -> str:
    project = approved_project(town, tier=tier)
    cleared_snapshot(town, project)
    return town.do("lead", Command.OPEN_WORKSPACE, project).created_id


def test_a_notebook_needs_its_tier_and_a_place(town: Town) -> None:
    with pytest.raises(Refusal, match="room:not_granted"):
        town.do("researcher", Command.START_ROOM, opened(town, "JOBS"))


def test_a_gateway_without_notebooks_says_so(town: Town) -> None:
    with pytest.raises(Invalid, match="room:no_notebooks"):
        town.do("researcher", Command.START_ROOM, opened(town, "NOTEBOOK"))


def placed(town: Town) -> None:
    """A gateway that has a place for notebooks and desktops."""
    changed = {"rooms_url": "http://*.localhost:1", "notebook_environment": "/usr"}
    with_place = town.gateway.settings.model_copy(update=changed)
    object.__setattr__(town.gateway, "settings", with_place)


def test_a_machine_without_desktops_says_so_and_one_with_them_opens_one(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed(town)
    workspace = opened(town, "PIXELS")
    monkeypatch.setattr(desktops, "PROGRAMS", ("/usr/bin/not-there",))
    with pytest.raises(Invalid, match="room:no_desktops"):
        town.do("researcher", Command.START_ROOM, workspace)
    monkeypatch.setattr(desktops, "installed", lambda: True)
    town.do("researcher", Command.START_ROOM, workspace)
    assert seen(town, workspace)["tier"]["room"] == "desktop"


def test_what_a_job_prints_is_text_so_that_with_pixels_it_stays_inside(town: Town) -> None:
    with pytest.raises(Refusal, match="job:read_inside"):
        town.do("researcher", Command.VIEW_LOGS, opened(town, "PIXELS"))


def test_whoever_sees_what_a_cell_prints_may_read_what_a_job_printed(town: Town) -> None:
    assert set(town.do("researcher", Command.VIEW_LOGS, opened(town, "NOTEBOOK")).returned) == {"stdout", "stderr"}


def test_jobs_wait_for_a_notebook_and_members_alone_open_one(town: Town) -> None:
    workspace = opened(town, "NOTEBOOK")
    placed(town)
    for name, code in (("outsider", "subject:unknown"), ("ig", "command:not_your_role")):
        with pytest.raises(Refusal, match=code):
            town.do(name, Command.START_ROOM, workspace)
    brought = town.do("researcher", Command.BRING_IN, workspace, {"name": "a.py", "text": "print(1)"}).created_id
    town.do("system", Command.ADMIT_TRANSFER, brought, {"findings": []})
    town.do("researcher", Command.START_ROOM, workspace)
    assert seen(town, workspace)["room_asked_by"]["name"] == "Researcher"
    with pytest.raises(Refusal, match="room:open"):
        town.do("researcher", Command.RUN_JOB, brought)
    town.do("lead", Command.ENTER_ROOM, workspace)
    town.do("ig", Command.STOP_ROOM, workspace)
    with pytest.raises(Refusal, match="room:closed"):
        town.do("lead", Command.ENTER_ROOM, workspace)
    town.do("researcher", Command.RUN_JOB, brought)
