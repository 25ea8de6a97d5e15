"""How many check each release of a project is asked for on the form and kept as it was chosen."""

import re
from pathlib import Path

import pytest

from gateway.models import Project
from gateway.vocabulary import Command
from gateway.web.project_form import filled_from
from tests.factories.gateways import application
from tests.factories.sites import open_site


@pytest.mark.parametrize(("chosen", "reviews", "agreeing"), [("2-2", 2, 2), ("3-2", 3, 2), ("4-3", 4, 3)])
def test_what_was_chosen_is_what_the_application_says(tmp_path: Path, chosen: str, reviews: int, agreeing: int) -> None:
    site = open_site(tmp_path)
    said = application(members=[])
    made = site.town.do("lead", Command.DRAFT_PROJECT, site.town.pool_id, said).created_id
    client, path = site.client("lead"), f"/projects/{made}/edit"
    html = client.get(path).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert token
    texts = {name: text for name, text in said.items() if isinstance(text, str) and name != "ends_on"}
    data = {**texts, "checkers": chosen, "tier": "JOBS", "preset": "nhs-england-sde", "csrf_token": token[1]}
    for name in ("legal_basis_article_6", "legal_basis_article_9", "common_law_route"):
        data[name] = "As before"
    for part, value in (("day", "30"), ("month", "6"), ("year", "2027")):
        data[f"ends_on-{part}"] = value
    for wanted in said["data"]:
        data |= {f"columns_{wanted['table']}": wanted["columns"], f"reason_{wanted['table']}": wanted["reason"]}
    answer = client.post(path, data=data)
    assert answer.status_code == 303, re.findall(r"error-message[^>]*>\s*([^<]+)", answer.get_data(as_text=True))
    kept = site.town.read(lambda work: work.need(Project, made).application)
    assert (kept["reviews"], kept["agreeing"]) == (reviews, agreeing)
    assert filled_from({"application": kept})["checkers"] == chosen


def test_an_application_of_before_has_two() -> None:
    said = {**application(), "data": []}
    assert filled_from({"application": said})["checkers"] == "2-2"
