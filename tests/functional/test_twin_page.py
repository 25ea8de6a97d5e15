"""The twin's page, and a request tried on it from the page where it is planned."""

import pytest

from gateway.models import Grant
from gateway.vocabulary import Command
from tests.factories.gateways import approved_project, cleared_snapshot, submitted_release
from tests.factories.sites import Site
from tests.functional.test_statistics_form import ask
from workspaces.twin.marginals import request_for

pytestmark = pytest.mark.browser


def test_a_request_is_tried_on_the_twin_before_anything_is_spent(visitors, site: Site, tmp_path) -> None:
    town, project = site.town, approved_project(site.town)
    cleared_snapshot(town, project)
    tables = town.read(lambda work: work.find(Grant, Grant.project_id == project)).tables
    twin = submitted_release(town, project, request_for(tables), by="lead")
    town.do("checker1", Command.CLEAR_PLAN, twin, {"reason": "the twin's own marginals"})
    site.seal(twin, tmp_path / "drawn")
    for checker in ("checker1", "checker2"):
        town.do(checker, Command.REVIEW_RELEASE, twin, {"verdict": "APPROVE", "reason": "as planned"})
    lead = visitors.sign_in("lead")
    lead.go("/twin")
    lead.look("twin")
    lead.go(f"/projects/{project}/releases/new")
    count = {"name": "people", "by": "sex"}
    ask(lead.page, "count", columns=[("sex", "person", "person.sex")], part="What each statistic", fields=count)
    with lead.page.expect_navigation():
        lead.page.get_by_role("button", name="Try it on made-up people").click()
    assert "Nobody is in it, nothing was spent" in lead.page.locator("#tried").inner_text()
    lead.look("tried")
