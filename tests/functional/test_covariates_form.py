"""A regression is asked for with the form: its covariates stand in one line, the price says what it gives."""

import pytest

from tests.factories.gateways import approved_project, cleared_snapshot
from tests.factories.sites import Site

pytestmark = pytest.mark.browser


def test_a_logistic_regression_is_asked_for_and_priced(visitors, site: Site) -> None:
    project = approved_project(site.town)
    cleared_snapshot(site.town, project)
    lead = visitors.sign_in("lead")
    lead.go(f"/projects/{project}/releases/new")
    page = lead.page
    page.get_by_label("Title").fill("Who has hypertension")
    for place, (name, how, source) in enumerate(
        [("sex", "person", "person.sex"), ("ill", "exists", "condition_occurrence")]
    ):
        page.locator(f"[name=columns-{place}-name]").fill(name)
        page.locator(f"[name=columns-{place}-how]").select_option(how)
        page.locator(f"[name=columns-{place}-source]").select_option(source)
    page.locator("[name=statistics-0-kind]").select_option("logistic")
    page.locator("summary", has_text="Time and covariates").first.click()
    for name, text in (("name", "who"), ("of", "ill"), ("on", "sex=male")):
        page.locator(f"[name=statistics-0-{name}]").fill(text)
    page.locator("[name=epsilon]").fill("0.5")
    page.get_by_role("button", name="Show the price").click()
    page.wait_for_selector("#price")
    assert "odds ratio of sex" in page.locator("#price").inner_text()
    assert page.locator("[name=statistics-0-on]").input_value() == "sex=male"
    assert page.locator("[name=statistics-0-on]").is_visible()
    page.locator("summary", has_text="What each statistic takes").click()
    lead.look("covariates")
