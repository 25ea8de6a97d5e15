"""A real browser on a living site: every page looked at by axe, every request kept on this host."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Response as Answer
from flask import request
from playwright.sync_api import Browser, BrowserContext, Page, Request, Response, TimeoutError, sync_playwright
from werkzeug.exceptions import MethodNotAllowed, NotFound

from tests.factories.sites import Site, living_site

CHROMIUM = "/usr/bin/chromium"
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# of what passes, one example: describing every element of it takes most of the time, and nobody reads it
AXE = {"runOnly": TAGS, "resultTypes": ["violations"], "preload": False}
PHONE, DESKTOP = 390, 1280
PAUSE = b"const PAUSE = 4000;"
TOO_WIDE = """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
  [...document.body.querySelectorAll("*")]
    .filter(each => Math.max(each.getBoundingClientRect().right, each.scrollWidth) > innerWidth)
    .map(each => each.outerHTML.slice(0, 120)).slice(0, 5).concat(["…"])"""
HERE = re.compile(r"^(http://127\.0\.0\.1:\d+/|data:|about:)")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.fail("Debian's chromium is not installed: ./run setup installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with living_site(tmp_path_factory.mktemp("site")) as site:
        site.app.after_request(_impatient)
        yield site


def _impatient(answer: Answer) -> Answer:
    """Pages that wait ask again soon: nobody reads them here. Everything else of the script is as it is served."""
    if request.path.endswith("/boot.js") and answer.status_code == 200:
        answer.direct_passthrough = False
        served = answer.get_data()
        assert served.count(PAUSE) == 1, "boot.js names its pause otherwise"
        answer.set_data(served.replace(PAUSE, b"const PAUSE = 300;"))
    return answer


def endpoint_of(site: Site, url: str, method: str = "") -> str:
    """Which view made a page; what a form's sending made has an address that only POST knows. Empty: not ours."""
    if not url.startswith(site.address):
        return ""
    routes = site.app.url_map.bind("127.0.0.1")
    for each in [method] if method else ["GET", "POST"]:
        try:
            return str(routes.match(urlsplit(url).path, method=each)[0])
        except (NotFound, MethodNotAllowed):
            continue
    return ""


@dataclass
class Visitor:
    """One person at their browser."""

    page: Page
    site: Site
    scripted: bool
    shots: Path | None
    looked: set[str]
    opened: set[str]
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """To a page of the gateway."""
        self.page.goto(path if path.startswith("http") else self.site.address + path)

    def press(self, text: str) -> None:
        """A button, or a link that looks like one; ends when its page is there."""
        button = self.page.get_by_role("button", name=text, exact=True).first
        try:  # the page may still be on its way
            button.wait_for(timeout=5_000)
        except TimeoutError:
            shown = self.page.locator("main").inner_text()
            raise AssertionError(f"no button {text!r} at {self.page.url}: {shown}") from None
        with self.page.expect_navigation():
            button.click()

    def wait_for(self, text: str) -> None:
        """A page that waits brings itself up to date; without JavaScript it says how."""
        if not self.scripted:
            self.page.get_by_role("link", name="Reload the page").first.click()
        self.page.get_by_text(text, exact=True).first.wait_for()

    def look(self, name: str) -> None:
        """The page is accessible, fits a phone and asked for nothing elsewhere; pictured if wanted."""
        self.looked.add(endpoint_of(self.site, self.page.url))
        if self.scripted:
            for width in (PHONE, DESKTOP):
                self._fits(width)
                if self.shots:
                    self.page.screenshot(path=self.shots / f"{name}-{width}.png", full_page=True)
            self._passes_axe()
        assert not self.outside
        assert not self.complaints

    def _fits(self, width: int) -> None:
        self.page.set_viewport_size({"width": width, "height": 900})
        try:  # the kit folds its navigation a moment after the window has changed
            self.page.wait_for_function(f"() => ({TOO_WIDE})().length == 0", timeout=1500)
        except TimeoutError:
            pytest.fail(f"wider than {width}: {self.page.evaluate(TOO_WIDE)}")

    def _passes_axe(self) -> None:
        answer = Axe().run(self.page, options=AXE)
        wrong = [found for found in answer.response["violations"] if not _waived(found)]
        assert not wrong, [(found["id"], [node["html"][:200] for node in found["nodes"]]) for found in wrong]


def _waived(found: dict) -> bool:
    # the kit puts aria-expanded on radios that reveal a field; nothing else is waived
    return found["id"] == "aria-allowed-attr" and all("nhsuk-radios__input" in node["html"] for node in found["nodes"])


class Visitors:
    """Hands out browsers, one context each, and knows which pages were opened and which were looked at."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.browser, self.site = browser, site
        self.contexts: list[BrowserContext] = []
        self.known: dict[str, Visitor] = {}
        self.looked: set[str] = set()
        self.opened: set[str] = set()
        self.scripted = True
        folder = os.environ.get("TRE_SCREENSHOTS")
        self.shots = Path(folder) if folder else None
        if self.shots:
            self.shots.mkdir(parents=True, exist_ok=True)

    def arrive(self) -> Visitor:
        """Somebody who has not signed in."""
        context = self.browser.new_context(
            viewport={"width": DESKTOP, "height": 900}, java_script_enabled=self.scripted
        )
        context.set_default_timeout(10_000)
        self.contexts.append(context)
        page = context.new_page()
        visitor = Visitor(page, self.site, self.scripted, self.shots, self.looked, self.opened)

        def asked(request: Request) -> None:
            if not HERE.match(request.url):
                visitor.outside.append(request.url)

        def answered(response: Response) -> None:
            html = response.headers.get("content-type", "").startswith("text/html")
            if html and response.status == 200 and response.request.is_navigation_request():
                self.opened.add(endpoint_of(self.site, response.url, response.request.method))

        page.on("request", asked)
        page.on("response", answered)
        page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        return visitor

    def sign_in(self, name: str) -> Visitor:
        """Somebody who signs in at the provider, by pressing the button of their persona, once."""
        if name in self.known:
            return self.known[name]
        visitor = self.known[name] = self.arrive()
        visitor.go("/sign-in")
        visitor.page.locator(f"button[value={name}]").click()
        visitor.page.wait_for_url(re.compile("/tasks"))
        return visitor

    def leave(self) -> None:
        """Close every browser."""
        for context in self.contexts:
            context.close()


@pytest.fixture
def visitors(chromium: Browser, site: Site) -> Iterator[Visitors]:
    found = Visitors(chromium, site)
    yield found
    found.leave()
