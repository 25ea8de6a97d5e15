"""What another site, or a crafted address, can make a browser or the gateway do: forge, redirect, inject, fetch."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import pytest
from sqlmodel import SQLModel

from gateway.vocabulary import Command
from gateway.web.sign_in import safe_next
from tests.factories.gateways import application, approved_project
from tests.factories.records import House, number, patient, source, write_fhir, write_manifest
from tests.factories.sites import Site, open_site
from tests.factories.tried import Tried
from tests.functional.test_page_attacks import addresses
from workspaces.catalogue.errors import Invalid
from workspaces.intake import Format

EVIL = "evil.example"
PRODUCT = str(1337 * 7331)
TEMPLATES = (
    "{{1337*7331}} {%print(1337*7331)%} ${1337*7331} #{1337*7331} <%=1337*7331%> {{config}} {{''.__class__}} %s%n"
)
NAMES = ("lead", "member1", "ig", "operator")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = open_site(tmp_path_factory.mktemp("cross"))
    words = dict.fromkeys(("lay_summary", "public_benefit", "safe_people", "organisation"), TEMPLATES)
    approved_project(made.town, title=TEMPLATES, **words)
    yield made
    made.town.gateway.unit.dispose()


def everything(site: Site) -> str:
    """A digest of every row but sessions, which visits do change, and failed attempts."""
    whole = sha256()
    with site.town.gateway.unit.reading() as work:
        for name, table in sorted(SQLModel.metadata.tables.items()):
            if name not in {"session", "attempt"}:
                whole.update(repr(work.session.connection().execute(table.select()).all()).encode())
    return whole.hexdigest()


KINDS = {
    "a form": ("application/x-www-form-urlencoded", b"reason=x&verdict=APPROVE"),
    "plain text": ("text/plain", b'{"reason": "x", "a": "="}'),
    "a form with files": ("multipart/form-data; boundary=b", b"--b\r\n\r\n--b--"),
    "JSON": ("application/json", b'{"reason": "x"}'),
    "nothing": ("", b""),
}


def test_no_other_site_uses_the_api_through_a_browser(site: Site, tried: Tried) -> None:
    """Cookies are nothing to it, however a page sends them; no answer allows another site to read it."""
    rules = [rule for rule in site.app.url_map.iter_rules() if rule.rule.startswith("/api/v1") and "<" in rule.rule]
    before = everything(site)
    client = site.client("ig")
    for rule in rules:
        path = re.sub("<[^>]+>", "prj-0123456789abcdef", rule.rule)
        for method in (rule.methods or set()) - {"HEAD"}:
            for kind, body in KINDS.values() if method == "POST" else [("", b"")]:
                headers = {"Origin": f"https://{EVIL}", "Referer": f"https://{EVIL}/", "Sec-Fetch-Site": "cross-site"}
                answer = client.open(path, method=method, data=body, content_type=kind, headers=headers)
                assert answer.status_code == (200 if method == "OPTIONS" else 401), (method, path)
                assert not [name for name in dict(answer.headers) if name.startswith("Access-Control")]
                tried()
    assert everything(site) == before
    tried.at_least(200)


def test_looking_changes_nothing(site: Site, tried: Tried) -> None:
    """A picture on another site is a GET: no page that GET gives writes a row, but a look that is refused may."""
    before = everything(site)
    for name in NAMES:
        client = site.client(name)
        for rule in addresses(site, "GET"):
            if "<" not in rule:
                assert client.get(rule).status_code in {200, 303, 403, 404, 409}, (name, rule)
                tried()
    assert everything(site) == before
    tried.at_least(40)


LEADING = [
    "//", "///", "/\\", "\\\\", "\\/", "/\t/", "/\n/", "\r//", "\u0000//", " //", "\u2028//", "https://", "http:",
    "https:/", "HTTPS://", "ftp://", "javascript:", "data:text/html,", "/%0d%0aLocation:https://", "https:\\\\",
    "//\u3002", "/\u2044\u2044", ".//", "@", "/.//", "/..//", "//user@", "http://127.0.0.1@", "//127.0.0.1:80@",
    "\u200b//", "?//", "#//", ";//", "/;//", "/@",
]  # fmt: skip


@pytest.mark.parametrize(
    "wanted", [f"{leading}{EVIL}" for leading in LEADING] + ["", "/" * 100 + EVIL, "\\" * 5 + EVIL]
)
def test_whoever_signs_in_stays_here(wanted: str) -> None:
    """As browsers read addresses: tabs and ends of lines do not count, and a backslash is a slash."""
    led = safe_next(wanted)
    as_read = re.sub(r"[\t\r\n]", "", led).strip("".join(map(chr, range(33)))).replace("\\", "/")
    here = urlsplit(urljoin("http://127.0.0.1/sign-in", as_read))
    assert (here.scheme, here.netloc) == ("http", "127.0.0.1")
    assert as_read.startswith("/")
    assert not as_read.startswith("//")


HOSTS = [
    {"Host": EVIL},
    {"Host": f"127.0.0.1@{EVIL}"},
    {"Host": f"{EVIL}#127.0.0.1"},
    {"X-Forwarded-Host": EVIL},
    {"Forwarded": f"host={EVIL};proto=https"},
    {"X-Original-URL": f"//{EVIL}"},
    {"X-Rewrite-URL": f"//{EVIL}"},
    {"X-Forwarded-Prefix": f"//{EVIL}"},
    {"Referer": f"https://{EVIL}/"},
]


def test_no_answer_leads_elsewhere_whatever_the_host_is_called(site: Site, tried: Tried) -> None:
    """Doubled slashes, strange hosts: an answer leads to this site, or there is none."""
    for name in (None, "lead"):
        client = site.client(name)
        for path in (
            "/",
            "/tasks",
            "/projects",
            f"//{EVIL}/",
            f"//{EVIL}/projects",
            "/projects//",
            "//projects",
            f"/sign-in?next=//{EVIL}",
        ):
            for headers in HOSTS:
                answer = client.get(path, headers=headers)
                tried()
                assert answer.status_code < 500, (path, headers)
                for led in (answer.headers.get("Location", ""), *re.findall(r'href="([^"]+)"', answer.text)):
                    assert EVIL not in urlsplit(urljoin("http://127.0.0.1/", led)).netloc, (path, headers, led)


def test_no_template_of_a_writer_is_filled_in(site: Site, tried: Tried) -> None:
    """Not on a page, in the API, in the log as exported or in the register."""
    seen = 0
    token = site.town.do("auditor", Command.CREATE_TOKEN, site.town.people["auditor"], {"label": "x"}).returned["token"]
    pages = [site.client(name).get(rule) for name in NAMES for rule in addresses(site, "GET") if "<" not in rule]
    headers = {"Authorization": f"Bearer {token}"}
    pages += [
        site.app.test_client().get(f"/api/v1/{noun}", headers=headers) for noun in ("projects", "register-entries")
    ]
    for page in pages:
        assert PRODUCT not in page.text
        assert "SECRET_KEY" not in page.text
        seen += "1337*7331" in page.text
        tried()
    assert seen >= 4


BREAKS = ["\r\n", "\n", "\r", "%0d%0a", "%0a", "\u560d\u560a", "\u2028", "\x0b", "\x85", "%E5%98%8D%E5%98%8A"]


def test_no_word_of_an_address_becomes_a_header(site: Site, tried: Tried) -> None:
    lead = site.client("lead")
    for broken in BREAKS:
        injected = f"x{broken}X-Injected: yes{broken}{broken}<script>"
        for path in (
            f"/projects/{quote(injected)}",
            f"/sign-in?next=/{quote(injected)}",
            f"/releases/rel-{quote(injected)}/package",
        ):
            for headers in ({}, {"X-Background": "1"}):
                answer = lead.get(path, headers=headers)
                assert "X-Injected" not in answer.headers
                assert answer.status_code in {303, 400, 404, 405, 409, 429}, (path, answer.status_code)
                tried()
    tried.at_least(60)


@pytest.fixture
def listener() -> Iterator[tuple[int, list[Any]]]:
    """Who is asked for anything."""
    heard: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            with suppress(OSError):
                while True:
                    heard.append(server.accept())

        threading.Thread(target=listen, daemon=True).start()
        yield server.getsockname()[1], heard
        server.shutdown(socket.SHUT_RDWR)


def test_no_address_that_somebody_sends_is_fetched(
    site: Site, tmp_path: Path, listener: tuple[int, list[Any]], tried: Tried
) -> None:
    """Neither of a manifest, nor in an application, a request or a person's claims."""
    port, heard = listener
    here = f"127.0.0.1:{port}/x.ndjson"
    schemes = ("http://", "https://", "ftp://", "//", "gopher://", "s3://", "hf://", "http://user@", "file://")
    for n, scheme in enumerate(schemes):
        house, folder = House(tmp_path / f"{n}"), tmp_path / f"in{n}"
        folder.mkdir()
        write_fhir(folder, [patient("a", number(2))])
        output = [{"type": "Patient", "url": "Patient.ndjson"}, {"type": "Basic", "url": f"{scheme}{here}"}]
        write_manifest(folder, output)
        with suppress(Invalid):
            house.load(source(Format.FHIR, "RRV"), folder)
        words = application(
            title=f"{scheme}{here}", lay_summary=f"<img src={scheme}{here}>", organisation=f"{scheme}{here}"
        )
        site.town.do("lead", Command.DRAFT_PROJECT, site.town.pool_id, words)
        tried(2)
    site.client("lead").get("/projects")
    assert heard == []
