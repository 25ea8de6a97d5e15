"""A statistic over event rows is asked for with the form: its part opens, the price names the threshold."""

import pytest

from tests.factories.gateways import approved_project, cleared_snapshot
from tests.factories.sites import Site

pytestmark = pytest.mark.browser


def test_most_common_codes_are_asked_for_and_priced(visitors, site: Site) -> None:
    project = approved_project(site.town)
    cleared_snapshot(site.town, project)
    lead = visitors.sign_in("lead")
    lead.go(f"/projects/{project}/releases/new")
    page = lead.page
    page.get_by_label("Title").fill("Most common diagnoses")
    for name, text in (("columns-0-name", "sex"), ("statistics-0-name", "common"), ("statistics-0-by", "sex")):
        page.locator(f"[name={name}]").fill(text)
    page.locator("[name=columns-0-how]").select_option("person")
    page.locator("[name=columns-0-source]").select_option("person.sex")
    page.locator("[name=statistics-0-kind]").select_option("codes")
    page.locator("summary", has_text="Events, for people per period").first.click()
    page.locator("[name=statistics-0-events_table]").select_option("condition_occurrence")
    page.locator("[name=statistics-0-split]").fill("condition_concept_id")
    page.locator("[name=statistics-0-at_most]").fill("3")
    page.locator("[name=epsilon]").fill("0.5")
    page.get_by_role("button", name="Show the price").click()
    page.wait_for_selector("#price")
    assert "Only codes counted above" in page.locator("#price").inner_text()
    assert page.locator("[name=statistics-0-at_most]").input_value() == "3"
    assert page.locator("[name=statistics-0-at_most]").is_visible()
