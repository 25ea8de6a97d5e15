"""The keyboard alone: everything that can be pressed is reached, seen when it is, and a vote can be cast with it."""

import re

import pytest

from gateway.vocabulary import Command
from tests.factories.gateways import application, approved_project, cleared_snapshot
from tests.factories.sites import Site

pytestmark = pytest.mark.browser

# What can be reached: visible, enabled; of radios in one group the arrow keys reach the others.
REACHABLE = """() => {
  const groups = new Set();
  return [...document.querySelectorAll("a[href], button, input, select, textarea, summary, iframe, [tabindex='0']")]
    .filter(each => each.type !== "hidden" && !each.disabled && each.tabIndex >= 0 && each.checkVisibility(
      {visibilityProperty: true, contentVisibilityAuto: true}))
    .filter(each => each.type !== "radio" || (!groups.has(each.name) && groups.add(each.name)))
    .map((each, n) => { each.dataset.stop = n; return n; }).length;
}"""
HERE = """(known) => {
  const here = document.activeElement;
  if (!here || here === document.body) return null;
  const stop = here.dataset.stop ?? here.name;
  if (known.includes(stop)) return {stop, seen: true, html: ""};  // a part of a date: looked at already
  const looks = each => ["", "::before"].map(part => { const s = getComputedStyle(each, part);
    return [s.outlineStyle, s.outlineColor, s.boxShadow, s.backgroundColor, s.borderColor].join("|"); }).join();
  const marked = [here, ...(here.labels || []), here.parentElement];
  const focused = marked.map(looks).join();
  here.blur();
  const plain = marked.map(looks).join();
  here.focus();
  return {stop, seen: focused !== plain, html: here.outerHTML.slice(0, 120)};
}"""


def walk(page) -> tuple[set[str], list[str]]:
    """Tab through a page: the stops that were reached, and those where nothing showed it."""
    reached: set[str] = set()
    unseen = []
    for _ in range(400):
        page.keyboard.press("Tab")
        here = page.evaluate(HERE, sorted(reached))
        if here is None or (here["stop"] == "0" and len(reached) > 1):
            break
        reached.add(str(here["stop"]))
        if not here["seen"] and "<iframe" not in here["html"]:
            unseen.append(here["html"])
    return reached, unseen


def test_every_stop_is_reached_and_seen(visitors, site: Site) -> None:
    project = approved_project(site.town)
    cleared_snapshot(site.town, project)
    lead = visitors.sign_in("lead")
    for path in ("/", "/tasks", "/register", "/account", f"/projects/{project}", f"/projects/{project}/releases/new"):
        lead.go(path)
        stops = lead.page.evaluate(REACHABLE)
        reached, unseen = walk(lead.page)
        assert not unseen, path
        missed = {str(n) for n in range(stops)} - reached
        assert not missed, [lead.page.locator(f"[data-stop='{n}']").evaluate("e => e.outerHTML") for n in missed]


def test_the_first_stop_skips_to_the_content(visitors) -> None:
    visitor = visitors.arrive()
    for path in ("/", "/register", "/status"):
        visitor.go(path)
        visitor.page.keyboard.press("Tab")
        skip = visitor.page.locator(":focus")
        assert skip.inner_text() == "Skip to main content"
        box = skip.bounding_box()
        assert box
        assert box["width"] > 50
        assert box["y"] >= 0
        visitor.page.keyboard.press("Enter")
        assert visitor.page.evaluate("document.activeElement.id") == "maincontent"


def test_a_vote_by_keyboard_alone(visitors, site: Site) -> None:
    town = site.town
    project = town.do("lead", Command.DRAFT_PROJECT, town.pool_id, application()).created_id
    town.do("lead", Command.SUBMIT_PROJECT, project)
    member = visitors.sign_in("member1")
    page = member.page
    _to(page, "a", "Hypertension in London")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/vote$"))
    _to(page, "input", "")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("Clear benefit.")
    _to(page, "button", "Record my vote")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/projects/{project}$"))
    assert page.get_by_text("Your vote is recorded.").is_visible()


def _to(page, tag: str, text: str) -> None:
    """Tab on until an element with that text has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("([t, s]) => { const e = document.activeElement; return e.matches(`main ${t}`)"
                         " && e.innerText.trim() === s; }", [tag, text]):  # fmt: skip
            return
    pytest.fail(f"the keyboard does not reach {text!r}")
