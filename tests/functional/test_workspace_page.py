"""The page of a workspace: places in the queue, costs, a job stopped, what the last one printed."""

import pytest

from gateway.models import Grant
from gateway.vocabulary import Command
from tests.factories.gateways import approved_project, cleared_snapshot
from tests.functional.conftest import Visitors

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_jobs_are_placed_priced_and_stopped_and_logs_shown_where_rows_may_be_seen(visitors: Visitors) -> None:
    town = visitors.site.town
    project = approved_project(town, members=[town.people["researcher"]])
    cleared_snapshot(town, project)
    workspace = town.do("lead", Command.OPEN_WORKSPACE, project).created_id
    brought = town.do("researcher", Command.BRING_IN, workspace, {"name": "count.py", "text": "print(1)"}).created_id
    town.do("system", Command.ADMIT_TRANSFER, brought, {"findings": []})
    over, _, waiting = (town.do(name, Command.RUN_JOB, brought).created_id for name in ("lead", "lead", "researcher"))
    town.do("system", Command.START_JOB, over)
    town.clock.pass_(seconds=130)
    town.do("system", Command.END_JOB, over, {"usable": True})
    town.clock.pass_(seconds=61)

    member = visitors.sign_in("researcher")
    member.go(f"/workspaces/{workspace}")
    member.look("workspace-jobs")
    shown = member.page.locator("main").inner_text()
    for words in ("Number 2 in the queue", "120 s", "Not told yet", "synthetic twin", "17 left"):
        assert words in shown, words
    assert "Show what the last job printed" not in shown  # the text above says why
    member.press("Stop")
    member.page.get_by_text("The job is being stopped").wait_for()
    town.clock.pass_(seconds=61)
    member.go(f"/workspaces/{workspace}")
    assert member.page.get_by_role("cell", name="Stopped").count() == 1
    assert member.page.get_by_role("button", name="Stop").count() == 1
    assert waiting

    with town.gateway.unit.writing() as work:
        grant = work.find(Grant, Grant.project_id == project)
        assert grant is not None
        grant.tier = "NOTEBOOK"
        work.add(grant)
    logs = town.gateway.settings.folder / "rooms" / _room_key(visitors, workspace) / "logs"
    logs.mkdir(parents=True)
    (logs / "stdout.txt").write_text("<b>41</b> people\n")
    member.go(f"/workspaces/{workspace}")
    member.press("Show what the last job printed")
    assert "<b>41</b> people" in member.page.locator("main").inner_text()
    member.look("workspace-logs")
    member.go(f"/workspaces/{workspace}")
    member.look("workspace-notebook")
    lead = visitors.sign_in("lead")
    lead.go("/projects/new")
    lead.look("application-tiers")


def _room_key(visitors: Visitors, workspace: str) -> str:
    from gateway.models import Workspace

    key: str = visitors.site.town.read(lambda work: work.need(Workspace, workspace).room_key)
    return key
