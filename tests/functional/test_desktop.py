"""A desktop in a real browser: JupyterLab in a browser in the room, of which the member's own gets a picture only."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, WebSocket

from gateway.vocabulary import Command
from tests.factories.notebooks import Study, study, until
from tests.factories.worlds import write
from tests.functional.conftest import Visitors
from tests.functional.test_notebook import PEOPLE, asked, cookie_of
from workspaces.rooms import desktops

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not desktops.installed(), reason="./run setup installs what desktops are made of"),
]
SCRIPT = """import duckdb, socket
found = duckdb.connect().execute("select count(*) from '/data/person.parquet' where sex = 'male'").fetchone()
try: socket.create_connection(("198.51.100.1", 80), timeout=3)
except OSError as problem: found = (*found, problem.strerror)
open("/workspace/found.txt", "w").write(repr(found))"""
CELL = "%run code/look.py"  # without brackets or quotes, which JupyterLab would close by itself
CUT_TEXT = b"\x03\0\0\0"  # how the protocol's messages of a clipboard begin
CAPABILITIES = 1 << 24  # the one that only says which kinds of clipboards a server knows, sent to every viewer
NOTEBOOK = (454, 297)  # where the picture has the launcher's first card


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Study]:
    with tempfile.TemporaryDirectory(prefix="dt-") as name:  # short: a socket's path is bounded
        folder = Path(name).resolve()
        folder.chmod(0o711)
        room = write({"person": PEOPLE}, folder / "snapshot").room
        with study(folder, room, monkeypatch, tier="PIXELS") as found:
            yield found


def test_a_member_works_on_the_desktop_and_a_picture_is_all_that_leaves(chromium: Browser, opened: Study) -> None:
    visitors = Visitors(chromium, opened.site)
    try:
        member = visitors.sign_in("researcher")
        member.go(f"/workspaces/{opened.workspace}/room")
        assert "Only a picture leaves" in member.page.locator("main").inner_text()
        member.look("desktop-closed")
        member.press("Open the desktop")
        member.page.get_by_text("Enter the desktop").wait_for(timeout=90_000)
        sent = listened(member.page)
        member.page.get_by_text("Enter the desktop").click()
        seen = member.page
        seen.get_by_text("Connected").wait_for(timeout=30_000)
        assert seen.url == f"{opened.address}/.desktop/"
        assert "Researcher · 2026-" in seen.locator("#mark").inner_text()
        assert found_by_a_cell(seen, opened, visitors.shots) == "(10, 'Network is unreachable')"
        assert sum(map(len, sent)) > 100_000  # a picture came
        assert not any(tells_of_a_clipboard(each) for each in sent)
        nothing_else_is_carried(seen, opened)
        nobody_else(visitors, opened)
        opened.site.town.do("ig", Command.SUSPEND_PROJECT, opened.row().project_id, {"reason": "an incident"})
        seen.get_by_text("Closed: go back").wait_for(timeout=20_000)
        assert asked(f"{opened.address}/.desktop/", cookie_of(seen)).status_code == 404
    finally:
        visitors.leave()


def tells_of_a_clipboard(said: bytes) -> bool:
    return said.startswith(CUT_TEXT) and not int.from_bytes(said[8:12], "big") & CAPABILITIES


def found_by_a_cell(seen: Page, opened: Study, shots: Path | None) -> str:
    """What a cell wrote that was typed blindly, then copied: only a person sees what is in the picture."""
    folder = opened.site.town.gateway.settings.folder / "rooms" / opened.row().room_key
    (folder / "code" / "look.py").write_text(SCRIPT)
    found = folder / "found.txt"
    for _ in range(20):  # until the room's browser shows the launcher, and the kernel takes what it is sent
        seen.mouse.click(*NOTEBOOK)
        seen.wait_for_timeout(3_000)
        seen.keyboard.press("Control+a")
        seen.keyboard.type(CELL, delay=10)
        for keys in ("Control+a", "Control+c", "Shift+Enter"):
            seen.keyboard.press(keys)
        seen.wait_for_timeout(1_500)
        if found.exists():
            break
    if shots:
        seen.screenshot(path=shots / "desktop-picture.png")
    until(lambda: found.exists() and found.read_text(), 10)
    return found.read_text()


def nothing_else_is_carried(seen: Page, opened: Study) -> None:
    """Of the room only the picture's socket; files of noVNC are the machine's own."""
    cookie = cookie_of(seen)
    for path in ("/lab", "/api/contents/found.txt", "/files/found.txt", "/", "/.desktop/socket", "/.desktop/x.html"):
        assert asked(opened.address + path, cookie).status_code == 403, path
    for path in (
        "/.desktop/novnc/core/%2e%2e/%2e%2e/lab",
        "/.desktop/novnc/vnc.html",
        "/.desktop/novnc/core/../../lab",
    ):
        assert asked(opened.address + path, cookie).status_code == 403, path
    assert asked(f"{opened.address}/.desktop/novnc/core/rfb.js", cookie).headers["Content-Type"] == "text/javascript"


def nobody_else(visitors: Visitors, opened: Study) -> None:
    assert asked(f"{opened.address}/.desktop/").status_code == 404
    assert asked(f"{opened.address}/.desktop/novnc/core/rfb.js").status_code == 403
    assert asked(f"{opened.address}/.desktop/socket", Upgrade="websocket", Connection="Upgrade").status_code == 403
    stranger = visitors.sign_in("outsider")
    here = f"{opened.site.address}/workspaces/{opened.workspace}"
    for path in ("room", "room/enter"):
        assert stranger.page.request.get(f"{here}/{path}").status == 404


def listened(page: Page) -> list[bytes]:
    """What comes by the websockets of the page, as it comes."""
    heard: list[bytes] = []

    def opened(line: WebSocket) -> None:
        line.on("framereceived", lambda said: heard.append(said if isinstance(said, bytes) else said.encode()))

    page.on("websocket", opened)
    return heard
