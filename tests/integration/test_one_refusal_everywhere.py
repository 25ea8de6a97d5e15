"""Each bad input of the journey, sent through page, API and command line: the same refusal, nothing spent, one row.

Page, API and command line speak to one living gateway on loopback; each way gets a release of its own where the
state matters, so that all three begin alike.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from gateway.cli.main import main
from gateway.commands.bodies import MAX_BYTES
from gateway.evidence.chain import verify
from gateway.models import AuditEvent, LedgerEntry, Release, Transfer
from gateway.store import audit_chain
from gateway.vocabulary import Command, Event
from tests.factories.gateways import REQUEST, application, approved_project, cleared_snapshot
from tests.factories.sites import Site, open_site, served
from tests.functional.test_page_attacks import form_of

WAYS = ("page", "API", "command line")
SAID = re.compile(r"^([a-z_]+:[a-z_]+): (.*)$", re.S)
TAG = re.compile(r"<[^>]+>")
MIXING = "SELECT person_id, COUNT(*) OVER () AS everybody FROM person"
FOREIGN_KEY = {
    "columns": [{"name": "sex", "person": "sex"}, {"name": "visits", "count": {"table": "condition_occurrence"}}]
}


@dataclass
class Gate:
    """A living site with an approved project; the ways into it."""

    site: Site
    address: str
    folder: Path
    project: str = ""
    workspace: str = ""
    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, name: str) -> str:
        if name not in self.tokens:
            made = self.site.town.do(name, Command.CREATE_TOKEN, self.site.town.people[name], {"label": "test"})
            self.tokens[name] = str(made.returned["token"])
        return self.tokens[name]

    def draft(self, submitted: bool = False, **changes: Any) -> str:
        do = self.site.town.do
        made = do("researcher", Command.DRAFT_RELEASE, self.project, {"request": {**REQUEST, **changes}}).created_id
        if submitted:
            do("researcher", Command.SUBMIT_RELEASE, made)
        return made


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    folder = tmp_path_factory.mktemp("gate")
    site = open_site(folder)
    with served(site.app) as address:
        gate = Gate(site, address, folder)
        gate.project = approved_project(site.town, epsilon="0.3")
        cleared_snapshot(site.town, gate.project)
        gate.workspace = site.town.do("lead", Command.OPEN_WORKSPACE, gate.project).created_id
        yield gate
        site.town.gateway.unit.dispose()


@dataclass(frozen=True)
class Sent:
    """One bad input in the three shapes: a page's form, an API's body, a command's arguments."""

    page: str
    form: dict[str, Any]
    api: str
    body: Any
    arguments: list[str]
    by: str = "researcher"


def by_page(gate: Gate, sent: Sent) -> str:
    browser = requests.Session()
    browser.cookies["session"] = str(gate.site.client(sent.by).get_cookie("session").value)  # type: ignore[union-attr]
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get(f"{gate.address}/account", timeout=30).text)
    assert token
    form = {"csrf_token": token[1], **sent.form}
    answer = browser.post(gate.address + sent.page, data=form, timeout=30, allow_redirects=False)
    assert 400 <= answer.status_code < 500
    shown = " ".join(unescape(TAG.sub(" ", answer.text.split("<main", 1)[1])).split())
    return f"{answer.headers['X-Refusal-Code']} | {shown}"


def by_api(gate: Gate, sent: Sent) -> tuple[int, str, str, str]:
    body = sent.body if isinstance(sent.body, bytes) else json.dumps(sent.body)
    headers = {"Authorization": f"Bearer {gate.token(sent.by)}", "Content-Type": "application/json"}
    answer = requests.post(gate.address + sent.api, data=body, headers=headers, timeout=30)
    said = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert said["status"] == answer.status_code
    return answer.status_code, said["code"], said["sentence"], said["next_step"]


def by_command(gate: Gate, sent: Sent) -> str:
    environment = {"TRE_URL": gate.address, "TRE_TOKEN": gate.token(sent.by)}
    ran = CliRunner().invoke(main, sent.arguments, env=environment)
    assert ran.exit_code == 1
    assert ran.stdout == ""
    return ran.stderr.strip()


def release(gate: Gate, **changes: Any) -> Sent:
    """A request that is wrong by itself, drafted in three ways."""
    request = {**REQUEST, **changes}
    view = request["view"]
    form = {"title": request["title"], "epsilon": str(request["epsilon"])}
    mode = (
        {"mode": "sql", "sql": view["sql"]}
        if "sql" in view
        else {"mode": "json", "form_json": json.dumps(view["form"])}
    )
    for number, statistic in enumerate(request["statistics"]):
        for name in ("name", "kind", "of", "lower", "upper"):
            form[f"statistics-{number}-{name}"] = str(statistic.get(name, ""))
        form[f"statistics-{number}-by"] = ", ".join(statistic.get("by", []))
    file = gate.folder / "request.json"
    file.write_text(json.dumps({"request": request}), encoding="utf-8")
    return Sent(
        page=f"/projects/{gate.project}/releases/new",
        form={**form, **mode},
        api=f"/api/v1/projects/{gate.project}/draft-release",
        body={"request": request},
        arguments=["releases", "draft", gate.project, "--input", str(file)],
    )


def submission(of: str, by: str = "researcher") -> Sent:
    """Submitting a release that cannot be."""
    return Sent(
        f"/releases/{of}/submit", {}, f"/api/v1/releases/{of}/submit-release", {}, ["releases", "submit", of], by
    )


def upload(gate: Gate, size: int) -> Sent:
    """A script of that many bytes."""
    script = gate.folder / "huge.py"
    script.write_text("#" * size, encoding="ascii")
    return Sent(
        page=f"/workspaces/{gate.workspace}/scripts",
        form={"name": "huge.py", "text": "#" * size},
        api=f"/api/v1/workspaces/{gate.workspace}/bring-in",
        body={"name": "huge.py", "text": "#" * size},
        arguments=["workspaces", "bring-in", gate.workspace, "--name", "huge.py", "--text", f"@{script}"],
    )


def reason(gate: Gate, text: str) -> Sent:
    """Why a project is suspended, in words that hide something."""
    page, api = f"/projects/{gate.project}/suspend", f"/api/v1/projects/{gate.project}/suspend-project"
    arguments = ["projects", "suspend", gate.project, "--reason", text]
    return Sent(page, {"reason": text}, api, {"reason": text}, arguments, by="ig")


def apply(gate: Gate, **changes: Any) -> Sent:
    """An application."""
    file, said = gate.folder / "application.json", application(**changes)
    file.write_text(json.dumps(said), encoding="utf-8")
    pool = gate.site.town.pool_id
    arguments = ["projects", "draft", pool, "--input", str(file)]
    return Sent("/projects/new", form_of({**said}), f"/api/v1/pools/{pool}/draft-project", said, arguments, by="lead")


def ambiguous(gate: Gate) -> Sent:
    """A member's address that a second identity has as well."""
    who = {"issuer": "another", "subject": "x", "name": "Another Lay", "email": "lay@example.org"}
    gate.site.town.do("system", Command.WELCOME_PERSON, gate.site.town.pool_id, who)
    return apply(gate, members=["lay@example.org"])


def over_the_grant(gate: Gate) -> list[Sent]:
    drafts = [gate.draft(epsilon="0.9", title=f"Too much {way}") for way in WAYS]
    return [submission(each) for each in drafts]


def sent_twice(gate: Gate) -> list[Sent]:
    drafts = [gate.draft(submitted=True, epsilon="0.1", title=f"Twice {way}") for way in WAYS]
    return [submission(each) for each in drafts]


def outside_domain(gate: Gate) -> Sent:
    wrong = {"columns": [{"name": "stp", "person": "stp"}, {"name": "ghost", "person": "no_such_column"}]}
    return release(gate, view={"form": wrong}, statistics=[{"name": "n", "kind": "count", "by": ["ghost"]}])


def unkeyed(gate: Gate) -> Sent:
    statistic = {"name": "n", "kind": "count", "by": ["visits"]}
    return release(gate, view={"form": FOREIGN_KEY}, statistics=[statistic])


CASES = {
    "epsilon of 0": ("request:epsilon", lambda gate: release(gate, epsilon="0")),
    "negative epsilon": ("request:epsilon", lambda gate: release(gate, epsilon="-1")),
    "epsilon that is NaN": ("request:epsilon", lambda gate: release(gate, epsilon="NaN")),
    "epsilon over the ceiling": ("request:epsilon", lambda gate: release(gate, epsilon="1.5")),
    "epsilon over the grant": ("budget:not_covered", over_the_grant),
    "SQL that mixes people": ("view:window", lambda gate: release(gate, view={"sql": MIXING})),
    "a table outside the grant": (
        "view:not_granted",
        lambda gate: release(gate, view={"sql": "SELECT person_id, death_date FROM death"}),
    ),
    "a column that is not there": (None, outside_domain),
    "a key without a public domain": (None, unkeyed),
    "a form sent twice": ("command:wrong_state", sent_twice),
    "an unknown release": ("subject:unknown", lambda _: submission("rel-0123456789abcdef")),
    "an id of another noun": ("subject:unknown", lambda gate: submission(gate.project)),
    "another's release": ("subject:unknown", lambda gate: submission(gate.draft(epsilon="0.11"), by="outsider")),
    "a role that may not": (
        "command:not_your_role",
        lambda gate: submission(gate.draft(submitted=True, epsilon="0.12"), by="checker1"),
    ),
    "a reason with a NUL": ("input:not_plain", lambda gate: reason(gate, "as\0agreed")),
    "a reason with a bell": ("input:not_plain", lambda gate: reason(gate, "as agreed\x07")),
    "a reason that turns around": ("input:not_plain", lambda gate: reason(gate, "as \u202edeerga")),
    "an application's title that turns around": ("input:not_plain", lambda gate: apply(gate, title="High\u2067 blood")),
    "an application's reason with a NUL": (
        "input:not_plain",
        lambda gate: apply(gate, data=[{**application()["data"][0], "reason": "groups\0"}]),
    ),
    "a request's title that turns around": (None, lambda gate: release(gate, title="High \u202eblood")),
    "a member nobody knows": ("application:unknown_member", lambda gate: apply(gate, members=["x@example.org"])),
    "a member without an address": ("application:unknown_member", lambda gate: apply(gate, members=["per-"])),
    "a member whose address two people have": ("application:ambiguous_member", ambiguous),
    "a script that is too long": ("input:invalid", lambda gate: upload(gate, 1_048_577)),
    "a huge upload": ("input:too_large", lambda gate: upload(gate, MAX_BYTES)),
}


def kept(gate: Gate) -> tuple[int, int, int]:
    count = gate.site.town.read
    return tuple(len(count(lambda work, table=table: work.all(table))) for table in (LedgerEntry, Release, Transfer))  # type: ignore[return-value]


@contextmanager
def one_refusal_row(gate: Gate, code: str) -> Iterator[None]:
    """Exactly one row more in the log, a refusal of that code; nothing spent and nothing kept."""
    before, had = gate.site.town.read(lambda work: len(work.all(AuditEvent))), kept(gate)
    yield
    rows = gate.site.town.read(audit_chain.export)
    assert [(row["event"], row["code"]) for row in rows[before:]] == [(Event.COMMAND_REFUSED.value, code)]
    assert verify(rows).broken_at is None
    assert kept(gate) == had


@pytest.mark.parametrize("case", CASES)
def test_the_same_refusal_through_page_api_and_command_line(gate: Gate, case: str) -> None:
    expected, make = CASES[case]
    made = make(gate)  # type: ignore[no-untyped-call]
    page, api, command = made if isinstance(made, list) else (made, made, made)
    for who in {sent.by for sent in (page, api, command)}:
        gate.token(who)
    code = expected or by_api(gate, api)[1]
    with one_refusal_row(gate, code):
        status, said, sentence, next_step = by_api(gate, api)
    assert said == code
    assert 400 <= status < 500
    with one_refusal_row(gate, code):
        assert by_command(gate, command) == f"{code}: {sentence} {next_step}"
    with one_refusal_row(gate, code):
        shown = by_page(gate, page)
    assert shown.startswith(f"{code} | ")
    for words in (sentence, next_step, code):
        assert words in shown.partition(" | ")[2]


def test_a_form_sent_twice_from_one_page_does_one_thing(gate: Gate) -> None:
    sent = release(gate, epsilon="0.13")
    browser = gate.site.client("researcher")
    page = browser.get("/account").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    had = kept(gate)
    form = {"csrf_token": token[1], "once": "one-form", **sent.form}
    first, second = (browser.post(sent.page, data=form) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]
    assert kept(gate) == (had[0], had[1] + 1, had[2])
