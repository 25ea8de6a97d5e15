"""A budget is planned while the request is written: the price follows, and leaves no trace."""

from typing import Any

import pytest

from gateway.models import AuditEvent, Release
from tests.factories.gateways import approved_project, cleared_snapshot
from tests.factories.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_price_follows_what_is_typed(visitors: Any, site: Site) -> None:
    project = approved_project(site.town)
    cleared_snapshot(site.town, project)
    lead = visitors.sign_in("lead")
    page = lead.page
    lead.go(f"/projects/{project}/releases/new")
    before = rows(site)
    page.get_by_label("Title").fill("How many")
    page.locator("[name=columns-0-name]").fill("sex")
    page.locator("[name=columns-0-how]").select_option("person")
    page.locator("[name=columns-0-source]").select_option("person.sex")
    page.locator("[name=statistics-0-name]").fill("people")
    page.locator("[name=statistics-0-by]").fill("sex")
    page.get_by_text("Choose", exact=False).first.wait_for(state="attached")
    page.locator("[name=statistics-0-kind]").select_option("count")
    page.locator("#price").wait_for()
    wide = half_width(page)
    assert "requests at this price" in page.locator("#price").inner_text()

    page.get_by_label("From more noise to more spent").fill("30")  # a slider moved by keyboard or hand
    assert float(page.locator("[name=epsilon]").input_value()) < 0.5
    page.wait_for_function("was => !document.querySelector('#price').innerText.includes(was)", arg=wide)
    assert half_width(page) != wide
    page.locator("[name=statistics-0-by]").fill("shoe_size")
    page.locator("#priced .app-hint").wait_for()
    assert "shoe_size" not in page.locator("#priced").inner_text() or page.locator("#price").count() == 0
    page.locator("[name=statistics-0-by]").fill("sex")
    page.locator("#price").wait_for()
    lead.look("planning")
    assert rows(site) == before
    assert site.town.read(lambda work: work.all(Release)) == []


def half_width(page: Any) -> str:
    found: str = page.locator("#price td").filter(has_text="±").first.inner_text()
    return found


def rows(site: Site) -> int:
    return len(site.town.read(lambda work: work.all(AuditEvent)))
