"""Too much, too long, not text, or with a name that leads elsewhere: refused in words, and nothing of it kept."""

import io
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage

from gateway.commands.bodies import MAX_BYTES
from gateway.models import Project, Transfer
from gateway.vocabulary import Command
from tests.factories.gateways import application, approved_project, cleared_snapshot
from tests.factories.sites import Site, open_site
from tests.functional.test_page_attacks import form_of, rows, send

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, str]:
    """A site, and the address where scripts come in."""
    site = open_site(tmp_path_factory.mktemp("room"))
    project = approved_project(site.town)
    cleared_snapshot(site.town, project)
    workspace = site.town.do("lead", Command.OPEN_WORKSPACE, project).created_id
    return site, f"/workspaces/{workspace}/scripts"


def upload(room: tuple[Site, str], name: str, content: bytes) -> Any:
    site, path = room
    return send(site.client("researcher"), path, file=FileStorage(io.BytesIO(content), name))


def kept(site: Site) -> list[str]:
    folder = site.town.gateway.settings.folder / "transfers"
    return sorted(path.name for path in folder.rglob("*")) if folder.exists() else []


def test_a_huge_upload_is_refused_and_nothing_of_it_is_kept(room) -> None:
    site, _ = room
    before = (rows(site, Transfer), kept(site))
    answer = upload(room, "big.py", b"#" * (MAX_BYTES + 1))
    assert (answer.status_code, answer.headers["X-Refusal-Code"]) == (413, "input:too_large")
    assert f"{MAX_BYTES // MIB} MiB" in answer.text
    assert "Send something smaller" in answer.text
    assert (rows(site, Transfer), kept(site)) == before


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("big.py", b"#" * (MIB + 1)),
        ("empty.py", b""),
        ("latin.py", b"# caf\xe9"),
        ("zero.py", b"\x00\xff\xfe"),
        ("counts.exe", b"x"),
        ("counts", b"x"),
        (".py", b"x"),
        ("a b.py", b"x"),
        ("counts.py\n.sql", b"x"),
        ("counts\r\nX: y.py", b"x"),
        ("nuoc\u202eyp.exe.py", b"x"),
        ("counts.py\x00.exe", b"x"),
        ("ｃounts.py", b"x"),
        ("-rf.py", b"x"),
        ("a" * 300 + ".py", b"x"),
        ("<img src=x>.py", b"x"),
        ("..\\..\\counts.py", b"x"),
        ("../../.py", b"x"),
    ],
)
def test_a_script_that_is_none_is_refused_in_words(room, name: str, content: bytes) -> None:
    site, _ = room
    before = (rows(site, Transfer), kept(site))
    answer = upload(room, name, content)
    assert answer.status_code == 422, answer.text
    assert "There is a problem" in answer.text
    assert (rows(site, Transfer), kept(site)) == before


@pytest.mark.parametrize("name", ["../../../etc/counts.py", "/etc/counts.py", "C:/temp/counts.py"])
def test_of_a_path_only_the_last_part_is_kept(room, name: str) -> None:
    site, _ = room
    assert upload(room, name, name.encode()).status_code == 303
    newest = site.town.read(lambda work: [row.name for row in work.all(Transfer)])
    assert set(newest) == {"counts.py"}
    assert all(len(each) == 64 for each in kept(site))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "x" * 201),
        ("organisation", "x" * 201),
        ("lay_summary", "x" * 3001),
        ("title", " \u2003 "),
        ("title", "two\x00parts"),
        ("lay_summary", "bell \x07"),
        ("title", "right\u202eleft"),
        ("epsilon", "NaN"),
        ("epsilon", "-1"),
        ("epsilon", "0"),
        ("epsilon", "1e0"),
        ("epsilon", "١"),
        ("epsilon", "11"),
        ("ends_on-year", "99999"),
        ("ends_on-day", "31.0"),
        ("ends_on-month", "13"),
        ("columns_person", "nhs_number"),
        ("reason_person", ""),
        ("members", "nobody@example.org"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_written(room, field: str, value: str) -> None:
    site, _ = room
    before = rows(site, Project)
    answer = send(site.client("lead"), "/projects/new", **{**form_of(application()), field: value})
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert "Hypertension in London" in answer.text or field == "title"
    assert rows(site, Project) == before


def test_every_script_of_the_world_is_welcome(room) -> None:
    site, _ = room
    title = "Pwysedd gwaed uchel: ضغط الدم, 高血圧, e\u0301, 🫀 & <b>"
    answer = send(site.client("lead"), "/projects/new", **form_of(application(title=title)))
    assert answer.status_code == 303
    page = site.client("lead").get(answer.headers["Location"])
    assert "ضغط الدم, 高血圧, e\u0301, 🫀 &amp; &lt;b&gt;" in page.text
