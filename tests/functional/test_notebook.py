"""A notebook in a real browser: opened by a member, worked in, of no use to anybody else."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Browser, Page

from gateway.vocabulary import Command
from tests.factories.notebooks import Study, study, until
from tests.factories.worlds import write
from tests.functional.conftest import Visitors

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PEOPLE = [{"person_id": number, "sex": "female" if number % 3 else "male"} for number in range(1, 31)]
CELL = """import duckdb, os, urllib.request
print("people:", duckdb.connect().execute("select count(*) from '/data/person.parquet' where sex = 'male'").fetchall())
try: urllib.request.urlopen("http://example.org", timeout=3)
except Exception as problem: print("network:", problem)
try: open("/data/person.parquet", "wb")
except OSError as problem: print("snapshot:", problem.strerror)"""


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Study]:
    with tempfile.TemporaryDirectory(prefix="nb-") as name:  # short: a socket's path is bounded
        folder = Path(name).resolve()
        folder.chmod(0o711)
        room = write({"person": PEOPLE}, folder / "snapshot").room
        with study(folder, room, monkeypatch) as found:
            yield found


def test_a_member_works_in_the_notebook_and_nobody_else_gets_in(chromium: Browser, opened: Study) -> None:
    visitors = Visitors(chromium, opened.site)
    try:
        member = visitors.sign_in("researcher")
        member.go(f"/workspaces/{opened.workspace}/room")
        assert "Not a disclosure boundary" in member.page.locator("main").inner_text()
        member.look("notebook-closed")
        member.press("Open the notebook")
        member.page.get_by_text("Enter the notebook").wait_for(timeout=60_000)
        member.look("notebook-open")
        member.page.get_by_text("Enter the notebook").click()
        lab = member.page
        lab.locator(".jp-LauncherCard[data-category='Notebook']").first.wait_for(timeout=60_000)
        assert lab.url.startswith(opened.address)
        assert "ticket" not in lab.url
        assert lab.evaluate("document.cookie") == ""
        printed = run_cell(lab)
        if visitors.shots:
            lab.screenshot(path=visitors.shots / "notebook-cell.png")
        assert "people: [(10,)]" in printed
        assert "Name or service not known" in printed or "Temporary failure in name resolution" in printed
        assert "snapshot: Read-only file system" in printed
        nothing_leads_out(lab, opened)
        nobody_else(visitors, opened, lab)
        revoked(opened, lab)
    finally:
        visitors.leave()


def run_cell(lab: Page) -> str:
    """What a cell prints; one that is sent before the kernel is idle is dropped."""
    lab.locator(".jp-LauncherCard[data-category='Notebook']").first.click()
    lab.locator(".jp-Notebook .cm-content").first.wait_for(timeout=30_000)
    lab.wait_for_function("() => document.body.innerText.includes('| Idle')", timeout=60_000)
    lab.wait_for_timeout(500)
    lab.locator(".jp-Notebook .cm-content").first.click()
    lab.keyboard.insert_text(CELL)
    lab.keyboard.press("Shift+Enter")
    output = lab.locator(".jp-OutputArea-output").first
    lab.wait_for_function(
        "() => document.querySelector('.jp-OutputArea-output')?.innerText.includes('snapshot:')", timeout=60_000
    )
    return output.inner_text()


def asked(address: str, cookie: str = "", **headers: str) -> requests.Response:
    """As a program without a browser: names below localhost are known to browsers alone."""
    parts = urlsplit(address)
    headers |= {"Host": parts.netloc} | ({"Cookie": f"room={cookie}"} if cookie else {})
    whole = f"http://127.0.0.1:{parts.port}{parts.path}{'?' * bool(parts.query)}{parts.query}"
    return requests.get(whole, headers=headers, allow_redirects=False, timeout=20)


def cookie_of(lab: Page) -> str:
    return str(next(each for each in lab.context.cookies() if each["name"] == "room")["value"])


def nothing_leads_out(lab: Page, opened: Study) -> None:
    """No download, no terminal."""
    for path in ("/files/Untitled.ipynb", "/nbconvert/html/Untitled.ipynb?download=true", "/api/terminals"):
        assert asked(opened.address + path, cookie_of(lab)).status_code == 403, path
    lab.locator(".jp-DirListing-item", has_text="Untitled.ipynb").first.click(button="right")
    lab.locator(".lm-Menu-itemLabel", has_text="Rename").first.wait_for()
    assert lab.locator(".lm-Menu-itemLabel", has_text=re.compile("^Download$")).count() == 0
    lab.keyboard.press("Escape")


def nobody_else(visitors: Visitors, opened: Study, lab: Page) -> None:
    """Without a cookie, with a forged one, with a used ticket, by somebody of another project, by another name."""
    cookie, lab_page = cookie_of(lab), f"{opened.address}/lab"
    other = opened.workspace[:-1] + ("0" if opened.workspace[-1] != "0" else "1")
    assert asked(lab_page, cookie).status_code == 200
    assert asked(lab_page).status_code == 403
    assert asked(lab_page, cookie[:-4] + "AAAA").status_code == 403
    assert asked(lab_page.replace(opened.workspace, other), cookie).status_code == 403
    assert asked(lab_page.replace(opened.workspace, "gateway"), cookie).status_code == 404
    socket = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "eA==",
    }
    assert asked(f"{opened.address}/api/events/subscribe", **socket).status_code == 403
    here = f"{opened.site.address}/workspaces/{opened.workspace}"
    stranger = visitors.sign_in("outsider")
    for path in ("room", "room/enter"):
        assert stranger.page.request.get(f"{here}/{path}").status == 404
    ticket = lab.request.get(f"{here}/room/enter", max_redirects=0).headers["location"]
    assert asked(ticket.replace(opened.workspace, other, 1)).status_code == 404
    assert asked(ticket).status_code == 303
    assert asked(ticket).status_code == 404  # it was good once


def revoked(opened: Study, lab: Page) -> None:
    """Suspended: the next request is refused, and the room, with every open connection, is gone at once."""
    opened.site.town.do("ig", Command.SUSPEND_PROJECT, opened.row().project_id, {"reason": "an incident"})
    assert asked(f"{opened.address}/api/status", cookie_of(lab)).status_code == 403
    until(lambda: not opened.rooms.at_work(), 20)
    assert opened.row().room_asked_at is None
