"""Whoever is signed in follows every link, and every kind of page is pictured once."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page

from infra.demo.personas import Cast

MOST_PAGES = 80  # of one person; there are some two dozen kinds
WIDTH, HEIGHT = 1180, 900
_ID = re.compile(r"/[a-z]{3}-[0-9a-f]{16}\b")


@dataclass(frozen=True)
class Picture:
    """One page: who saw it, where, what it answered, all of it as PNG, and what a window shows first."""

    who: str
    kind: str
    status: int
    image: bytes
    top: bytes = b""

    @property
    def name(self) -> str:
        """A file's name that says whose page it is and which."""
        return f"{self.who}{self.kind.replace('/', '-').rstrip('-') or '-home'}.png"


def kind_of(path: str) -> str:
    """The path with every object's id as a letter: pages that differ in the object alone are of one kind."""
    return _ID.sub("/N", path)


def pictures(browser: Browser, address: str, cast: Cast | None) -> Iterator[Picture]:
    """Every kind of page that this person, or somebody who is not signed in, reaches by links from the start."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce")
    page = context.new_page()
    if cast:
        _sign_in(page, address, cast.who.name)
    seen: set[str] = set()
    ahead = [f"{address}/"]
    while ahead and len(seen) < MOST_PAGES:
        path = urlsplit(ahead.pop(0)).path
        if (kind := kind_of(path)) in seen:
            continue
        seen.add(kind)
        if (status := _shown(page, address + path)) is None:
            continue
        who = cast.who.sub if cast else "anybody"
        yield Picture(who, kind, status, page.screenshot(full_page=True), page.screenshot())
        ahead += [href for href in _links(page) if href.startswith(address + "/")]
    context.close()


def _sign_in(page: Page, address: str, name: str) -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name)).first.click()
    page.wait_for_url(f"{address}/**")


def _shown(page: Page, url: str) -> int | None:
    """The status of a page; None for what is no page: a download, data, the way out."""
    if re.search(r"/(sign-out|static|api|package)\b|\.(csv|json|zip)$", urlsplit(url).path):
        return None
    answer = page.goto(url)
    kind = answer.headers.get("content-type", "") if answer else ""
    return answer.status if answer and kind.startswith("text/html") else None


def _links(page: Page) -> list[str]:
    found: list[str] = page.eval_on_selector_all("a[href]:not([download])", "all => all.map(each => each.href)")
    return found
