"""Three people in three browsers at once: two checkers who are blind to each other, and the author who waits."""

from pathlib import Path
from typing import Any

import pytest

from gateway.models import Release
from gateway.vocabulary import Command, ReleaseState
from tests.factories.gateways import REQUEST, approved_project, cleared_snapshot, submitted_release
from tests.factories.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TWO = {
    **REQUEST,
    "title": "High blood pressure",
    "statistics": [*REQUEST["statistics"], {"name": "people", "kind": "count", "by": ["sex"]}],
}


@pytest.fixture
def sealed(site: Site, tmp_path: Path) -> str:
    town = site.town
    project_id = approved_project(town, members=["researcher@trust.example"])
    cleared_snapshot(town, project_id)
    release_id = submitted_release(town, project_id, TWO)
    town.do("checker1", Command.CLEAR_PLAN, release_id, {"reason": "published keys"})
    site.seal(release_id, tmp_path / "world")
    return release_id


def state(site: Site, release_id: str) -> ReleaseState:
    found: ReleaseState = site.town.read(lambda work: work.need(Release, release_id).state)
    return found


def decide(visitor: Any, verdict: str, message: str, note: str = "") -> None:
    visitor.page.get_by_role("group", name="Your decision").get_by_label(verdict, exact=True).check()
    visitor.page.get_by_label("Message to the author").fill(message)
    visitor.page.get_by_label("Note among checkers").fill(note)
    visitor.press("Record my decision")


def test_two_checkers_and_an_author_at_once(visitors: Any, site: Site, sealed: str) -> None:
    first, second, author = (visitors.sign_in(name) for name in ("checker1", "checker2", "researcher"))
    for checker in (first, second):
        checker.go("/desk")
        checker.press("Review next")
        assert checker.page.url.endswith(f"/releases/{sealed}/review")
    author.go(f"/releases/{sealed}")

    # what the first keeps, nobody else sees; it is there again in another visit
    first.page.get_by_label("Note among checkers").fill("Is the title too bold?")
    first.press("Keep as a draft")
    assert first.page.get_by_label("Note among checkers").input_value() == "Is the title too bold?"
    first.look("desk-draft")
    second.page.reload()
    assert second.page.get_by_label("Note among checkers").input_value() == ""

    decide(first, "Approve", "Said by the first.", "Only among us.")
    for other, path in ((second, "review"), (author, "")):
        other.go(f"/releases/{sealed}/{path}".rstrip("/"))
        assert "Said by the first" not in other.page.content()
    decide(second, "Refuse", "Said by the second.")
    assert state(site, sealed) is ReleaseState.CONSOLIDATING

    author.page.reload()
    told = author.page.locator("main").inner_text()
    assert "Said by" not in told
    assert "talk" not in told
    for checker in (first, second):
        checker.go("/desk")
        checker.press("Review next")
        assert checker.page.url.endswith(f"/releases/{sealed}/confirm")
        assert {"Said by the first.", "Said by the second.", "Among checkers: Only among us."} <= set(
            checker.page.locator("main").inner_text().splitlines()
        )
        decide(checker, "Approve", "We talked.")
    assert state(site, sealed) is ReleaseState.RELEASED
    author.page.reload()
    told = author.page.locator("main").inner_text()
    assert "Said by the second." in told
    assert "Only among us" not in told
    first.go("/desk")
    first.look("desk-figures")
    assert "0 of 1 releases" in first.page.locator("main").inner_text()


def test_the_desk_by_keyboard(visitors: Any, sealed: str) -> None:
    checker = visitors.sign_in("checker1")
    checker.go(f"/releases/{sealed}/review")
    page = checker.page

    def chosen(name: str) -> str | None:
        value: str | None = page.evaluate("name => document.querySelector(`[name='${name}']:checked`)?.value", name)
        return value

    for key in ("j", "1", "j", "2"):
        page.keyboard.press(key)
    assert (chosen("statistic-0"), chosen("statistic-1"), chosen("verdict")) == ("APPROVE", "RETURN", None)
    page.keyboard.press("c")
    page.keyboard.type("3 jars of jam?")  # keys are silent while somebody types
    assert page.get_by_label("Message to the author").input_value() == "3 jars of jam?"
    page.get_by_label("Begin with a reason").select_option("noisy")
    assert "Most figures of" in page.get_by_label("Message to the author").input_value()
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("/")
    page.keyboard.type("female")
    shown = page.locator("[data-sortable] tbody tr:visible")
    assert shown.count() == 2
    page.get_by_label("Filter the figures").fill("")
    first = page.locator("[data-sortable]").first
    first.get_by_role("button", name="Sex").click()
    first.get_by_role("button", name="Sex").click()
    labels = first.locator("tbody th").all_inner_texts()
    assert labels == sorted(labels, reverse=True)
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("?")
    page.get_by_label("Turn them off").check()
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("3")
    assert chosen("verdict") is None
    page.reload()
    page.keyboard.press("3")
    assert chosen("verdict") is None
    checker.look("desk-keys")
