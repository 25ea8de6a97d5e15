"""Pictures of pages: one of each kind, named after who sees it; a sheet that shows them all."""

import pytest
from playwright.sync_api import Browser

from infra.screenshots.__main__ import IN_README, PICTURES, sheet
from infra.screenshots.crawl import Picture, kind_of, pictures
from tests.factories.gateways import approved_project
from tests.factories.sites import Site

pytestmark = pytest.mark.browser
PNG = b"\x89PNG"


def test_pages_that_differ_in_the_object_alone_are_of_one_kind() -> None:
    assert kind_of("/projects/prj-94ff30b52ae7fd02/close") == kind_of("/projects/prj-0000000000000000/close")
    assert kind_of("/projects/new") == "/projects/new"


def test_every_kind_of_page_that_anybody_reaches_is_pictured_once(chromium: Browser, site: Site) -> None:
    approved_project(site.town)
    taken = list(pictures(chromium, site.address, None))
    kinds = [each.kind for each in taken]
    assert {"/", "/register", "/status", "/sign-in"} <= set(kinds)
    assert len(kinds) == len(set(kinds))
    assert all(each.status == 200 and each.image.startswith(PNG) and each.top.startswith(PNG) for each in taken)
    assert len({each.name for each in taken}) == len(taken)
    told = sheet(taken)
    assert all(f'src="{each.name}"' in told for each in taken)


def test_a_sheet_escapes_what_it_shows() -> None:
    assert "<script>" not in sheet([Picture("<script>", "/<script>", 200, PNG)])


def test_the_readme_shows_the_pictures_that_are_made_for_it() -> None:
    readme = (PICTURES.parents[1] / "README.md").read_text(encoding="utf-8")
    assert {each.name for each in PICTURES.iterdir()} == set(IN_README)
    assert all(f"docs/pictures/{name}" in readme for name in IN_README)
