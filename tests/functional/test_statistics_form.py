"""Statistics of more fields are asked for with the form: their part opens, the price names what it gives."""

from collections.abc import Mapping, Sequence

import pytest
from playwright.sync_api import Page

from tests.factories.gateways import approved_project, cleared_snapshot
from tests.factories.sites import Site

pytestmark = pytest.mark.browser
SCRIPT = "import json\nif True:\n    share = '<b>&amp;' and 0.5\nprint(json.dumps({'share': share}))"


@pytest.fixture
def lead(visitors, site: Site):
    """The lead, on the empty form of a request."""
    project = approved_project(site.town)
    cleared_snapshot(site.town, project)
    lead = visitors.sign_in("lead")
    lead.go(f"/projects/{project}/releases/new")
    return lead


def ask(
    page: Page, kind: str, *, columns: Sequence[tuple[str, str, str]], part: str, fields: Mapping[str, str]
) -> None:
    """Fill in the view's columns and the first statistic, whose further fields stand in a part to be opened."""
    page.get_by_label("Title").fill("Who and how many")
    for place, (name, how, source) in enumerate(columns):
        page.locator(f"[name=columns-{place}-name]").fill(name)
        page.locator(f"[name=columns-{place}-how]").select_option(how)
        page.locator(f"[name=columns-{place}-source]").select_option(source)
    page.locator("[name=statistics-0-kind]").select_option(kind)
    page.locator("summary", has_text=part).first.click()
    for name, text in fields.items():
        field = page.locator(f"[name=statistics-0-{name}]")
        field.select_option(text) if field.evaluate("each => each.tagName") == "SELECT" else field.fill(text)
    page.locator("[name=epsilon]").fill("0.5")
    with page.expect_navigation():  # the price may stand there already: it follows what is typed
        page.get_by_role("button", name="Show the price").click()
    page.wait_for_selector("#price")


def test_most_common_codes_are_asked_for_and_priced(lead) -> None:
    ask(
        lead.page,
        "codes",
        columns=[("sex", "person", "person.sex")],
        part="Events, for people per period",
        fields={
            "name": "common",
            "by": "sex",
            "events_table": "condition_occurrence",
            "split": "condition_concept_id",
            "at_most": "3",
        },
    )
    assert "Only codes counted above" in lead.page.locator("#price").inner_text()
    assert lead.page.locator("[name=statistics-0-at_most]").input_value() == "3"
    assert lead.page.locator("[name=statistics-0-at_most]").is_visible()


def test_a_logistic_regression_is_asked_for_and_priced(lead) -> None:
    ask(
        lead.page,
        "logistic",
        columns=[("sex", "person", "person.sex"), ("ill", "exists", "condition_occurrence")],
        part="Time and covariates",
        fields={"name": "who", "of": "ill", "on": "sex=male"},
    )
    assert "odds ratio of sex" in lead.page.locator("#price").inner_text()
    assert lead.page.locator("[name=statistics-0-on]").input_value() == "sex=male"
    assert lead.page.locator("[name=statistics-0-on]").is_visible()
    lead.page.locator("summary", has_text="What each statistic takes").click()
    lead.look("covariates")


def test_a_program_is_asked_for_priced_and_shown_with_its_script(lead) -> None:
    ask(
        lead.page,
        "program",
        columns=[("sex", "person", "person.sex")],
        part="Program, for what no statistic covers",
        fields={
            "name": "fitted",
            "script": SCRIPT,
            "outputs": "share 0 1 0.5, slope -1 1 0",
            "blocks": "200",
        },
    )
    assert "% of the declared range" in lead.page.locator("#price").inner_text()
    lead.look("program form")
    with lead.page.expect_navigation():
        lead.page.get_by_role("button", name="Save the draft").click()
    told = lead.page.locator("main").inner_text()
    assert "200 blocks of people" in told
    assert lead.page.locator("pre[aria-label^=Script]").text_content() == SCRIPT  # twice through a form
    lead.look("program")
