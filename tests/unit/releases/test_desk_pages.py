"""The desk without a browser: who gets it, in which order things wait, what a draft and a reason do."""

import re
from html import unescape
from pathlib import Path

import pytest

from gateway.models import ReviewDraft
from gateway.vocabulary import Command
from tests.factories.gateways import REQUEST, approved_project, cleared_snapshot, submitted_release
from tests.factories.sites import Site, open_site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return open_site(tmp_path)


@pytest.fixture
def project(site: Site) -> str:
    project_id = approved_project(site.town)
    cleared_snapshot(site.town, project_id)
    return project_id


def page(site: Site, name: str, path: str) -> str:
    answer = site.client(name).get(path)
    assert answer.status_code == 200, answer.status_code
    return answer.get_data(as_text=True)


def post(site: Site, name: str, path: str, **fields: str) -> str:
    client = site.client(name)
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).get_data(as_text=True))
    assert token
    answer = client.post(path, data={"csrf_token": token[1], **fields}, follow_redirects=True)
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("name", ["researcher", "ig", "auditor", "operator"])
def test_the_desk_is_for_checkers(site: Site, name: str) -> None:
    for path in ("/desk", "/desk/next"):
        answer = site.client(name).get(path)
        assert (answer.status_code, answer.headers["X-Refusal-Code"]) == (409, "desk:not_yours")


def test_what_waited_longest_is_next_and_late_is_said(site: Site, project: str) -> None:
    town = site.town
    first = submitted_release(town, project)
    town.clock.pass_(days=2)
    second = submitted_release(town, project, {**REQUEST, "title": "Later"})
    town.clock.pass_(days=6)  # the first of July 2026 is a Wednesday: six working days
    told = page(site, "checker1", "/desk")
    assert told.index(first) < told.index(second)
    assert "late by 1 day" in told
    client = site.client("checker1")
    assert client.get("/desk/next").headers["Location"].endswith(f"/releases/{first}/plan")
    town.do("checker2", Command.RETURN_PLAN, first, {"reason": "Say why."})
    assert client.get("/desk/next").headers["Location"].endswith(f"/releases/{second}/plan")
    town.do("checker2", Command.RETURN_PLAN, second, {"reason": "Say why."})
    assert client.get("/desk/next").headers["Location"].endswith("/desk")


def test_a_reason_begins_the_message_and_a_draft_waits(site: Site, project: str) -> None:
    path = f"/releases/{submitted_release(site.town, project)}/plan"
    told = post(site, "checker1", path, why="literal", reason="Hello.", add_reason="1")
    assert "Hello.\nSay where the literal … comes from" in unescape(told)
    assert site.town.read(lambda work: work.all(ReviewDraft)) == []
    post(site, "checker1", path, reason="As far as I got.", note="Ask the lead.", keep="1")
    assert "As far as I got." in page(site, "checker1", path)
    assert "As far as I got." not in page(site, "checker2", path)


def test_refused_and_withdrawn_requests_stand_beside_and_changes_are_said(site: Site, project: str) -> None:
    town = site.town
    gone = submitted_release(town, project, {**REQUEST, "title": "Thought better of"})
    town.do("researcher", Command.WITHDRAW_RELEASE, gone)
    made = submitted_release(town, project)
    town.do("checker1", Command.RETURN_PLAN, made, {"reason": "Spend less."})
    town.do("researcher", Command.EDIT_RELEASE, made, {"request": {**REQUEST, "epsilon": "0.25"}})
    town.do("researcher", Command.SUBMIT_RELEASE, made)
    told = page(site, "checker2", f"/releases/{made}/plan")
    assert "Thought better of" in told
    assert "Withdrawn" in told
    assert re.search(r'<th scope="row">epsilon</th><td[^>]*>0.5</td><td[^>]*>0.25</td>', told)
    assert "Clinics where they are needed." in told  # what the committee approved


def test_words_about_an_earlier_version_are_not_taken(site: Site, project: str) -> None:
    town = site.town
    made = submitted_release(town, project)
    path = f"/releases/{made}/plan"
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', page(site, "checker1", path))
    assert seen
    town.do("checker2", Command.RETURN_PLAN, made, {"reason": "Spend less."})
    town.do("researcher", Command.EDIT_RELEASE, made, {"request": {**REQUEST, "epsilon": "0.25"}})
    town.do("researcher", Command.SUBMIT_RELEASE, made)
    told = post(site, "checker1", path, verdict="APPROVE", reason="Fine.", seen=seen[1])
    assert "review:stale" in told


def test_a_finding_leads_to_its_cell(site: Site, project: str, tmp_path: Path) -> None:
    made = submitted_release(site.town, project)
    site.town.do("checker1", Command.CLEAR_PLAN, made, {"reason": "published keys"})
    site.seal(made, tmp_path / "world", checked=True)
    told = page(site, "checker1", f"/releases/{made}/review")
    anchors = set(re.findall(r'href="#(cell-\d+)"', told))
    assert anchors
    assert anchors <= set(re.findall(r'<tr class="nhsuk-table__row" id="(cell-\d+)"', told))
