"""A real browser on a living site: every page looked at by axe, every request kept on this host."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

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
HERE = re.compile(r"^(http://127\.0\.0\.1:\d+/|data:|about:)")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.fail("Debian's chromium is not installed: ./run setup installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with living_site(tmp_path_factory.mktemp("site")) as site:
        yield site


@dataclass
class Visitor:
    """One person at their browser."""

    page: Page
    address: str
    shots: Path | None
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """To a page of the gateway."""
        self.page.goto(path if path.startswith("http") else self.address + path)

    def press(self, text: str) -> None:
        """A button, or a link that looks like one."""
        self.page.get_by_role("button", name=text, exact=True).click()

    def look(self, name: str) -> None:
        """What stands on the page is accessible, and nothing was asked for elsewhere; kept as a picture if wanted."""
        if self.shots:
            self.page.screenshot(path=self.shots / f"{name}.png", full_page=True)
        answer = Axe().run(self.page, options={"runOnly": TAGS})
        wrong = [found for found in answer.response["violations"] if not _waived(found)]
        assert not wrong, [(found["id"], [node["html"][:200] for node in found["nodes"]]) for found in wrong]
        assert not self.outside
        assert not self.complaints


def _waived(found: dict) -> bool:
    # the kit puts aria-expanded on radios that reveal a field; nothing else is waived
    return found["id"] == "aria-allowed-attr" and all("nhsuk-radios__input" in node["html"] for node in found["nodes"])


class Visitors:
    """Hands out browsers, one context each."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.browser, self.site = browser, site
        self.contexts: list[BrowserContext] = []
        folder = os.environ.get("TRE_SCREENSHOTS")
        self.shots = Path(folder) if folder else None
        if self.shots:
            self.shots.mkdir(parents=True, exist_ok=True)

    def arrive(self, **options: object) -> Visitor:
        """Somebody who has not signed in."""
        context = self.browser.new_context(viewport={"width": 1280, "height": 900}, **options)  # type: ignore[arg-type]
        self.contexts.append(context)
        page = context.new_page()
        visitor = Visitor(page, self.site.address, self.shots)

        def asked(request: Request) -> None:
            if not HERE.match(request.url):
                visitor.outside.append(request.url)

        page.on("request", asked)
        page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        return visitor

    def sign_in(self, name: str, **options: object) -> Visitor:
        """Somebody who signs in at the provider, by pressing the button of their persona."""
        visitor = self.arrive(**options)
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
