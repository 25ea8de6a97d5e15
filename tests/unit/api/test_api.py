"""The API's edge: tokens, problem details, strict bodies; and that it says no more than the pages."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.commands.bodies import MAX_BYTES
from gateway.evidence.checkpoints import Checkpoint, is_signed, read, verify_checkpoints
from gateway.evidence.exports import parted
from gateway.jobs.house import House
from gateway.jobs.sign_checkpoint import sign_checkpoint
from gateway.models import AuditEvent, Release
from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from gateway.vocabulary import Command
from tests.factories.gateways import REQUEST, SECRET, application, approved_project, cleared_snapshot
from tests.factories.sites import Site, open_site
from workspaces.snapshots.objects import StoreUnavailable

OPEN = {"open": True}


class Client:
    """One person's program."""

    def __init__(self, site: Site, name: str | None, token: str = "") -> None:
        self.http, self.token = site.app.test_client(), token
        if name is not None:
            given = {"label": "test", "days": 7}
            made = site.town.do(name, Command.CREATE_TOKEN, site.town.people[name], given)
            self.token = made.returned["token"]

    def ask(self, method: str, path: str, **extra: Any) -> Any:
        headers = {**extra.pop("headers", {}), **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        return self.http.open(f"/api/v1{path}", method=method, headers=headers, **extra)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = open_site(tmp_path_factory.mktemp("site"))
    yield site
    site.town.gateway.unit.dispose()


@pytest.fixture(scope="module")
def project(site: Site) -> str:
    project = approved_project(site.town)
    cleared_snapshot(site.town, project)
    return project


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(answer.data)
    assert (answer.status_code, said["status"], said["code"]) == (status, status, code)
    assert answer.mimetype == "application/problem+json"
    assert said["sentence"].endswith(".")
    assert said["next_step"].endswith(".")
    return said


@pytest.mark.parametrize("token", ["", "wrong", "é", "a b", "x" * 5000])
def test_without_a_token_that_is_known_nobody_is_told_anything(site: Site, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}".encode().decode("latin-1")} if token else {}
    answer = Client(site, None).ask("GET", "/projects", headers=headers)
    refused(answer, 401, "sign_in:needed")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_cookie_is_no_token(site: Site) -> None:
    browser = site.client("lead")
    assert browser.get("/account").status_code == 200
    refused(browser.get("/api/v1/me"), 401, "sign_in:needed")
    refused(browser.post(f"/api/v1/pools/{site.town.pool_id}/draft-project", json={}), 401, "sign_in:needed")


def test_a_token_ends_on_its_day(site: Site) -> None:
    client = Client(site, "lay")
    assert client.ask("GET", "/me").status_code == 200
    site.town.clock.pass_(days=8)
    try:
        refused(client.ask("GET", "/me"), 401, "sign_in:needed")
    finally:
        site.town.clock.pass_(days=-8)


MALFORMED = {
    "deep nesting": (b'{"a":' * 50_000, 400, "input:malformed"),
    "a name twice": (b'{"title": "a", "title": "b"}', 400, "input:malformed"),
    "NaN": (b'{"epsilon": NaN}', 400, "input:malformed"),
    "a huge number": (b'{"epsilon": 1e999}', 400, "input:malformed"),
    "a huge integer": (b'{"epsilon": ' + b"9" * 4000 + b"}", 422, "input:invalid"),
    "invalid UTF-8": (b'{"title": "\xc3\x28"}', 400, "input:malformed"),
    "a list": (b"[]", 400, "input:malformed"),
    "wrong kinds": (b'{"title": {"a": []}, "data": "x", "epsilon": true}', 422, "input:invalid"),
    "an unknown field": (json.dumps({**application(), "extra": 1}).encode(), 422, "input:invalid"),
    "too large": (b" " * (MAX_BYTES + 1), 413, "input:too_large"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_wrong_body_is_refused_and_noted_and_never_echoed(site: Site, name: str) -> None:
    body, status, code = MALFORMED[name]
    client = Client(site, "lead")
    path = f"/pools/{site.town.pool_id}/draft-project"
    said = refused(client.ask("POST", path, data=body, content_type="application/json"), status, code)
    last = site.town.read(lambda work: max(work.all(AuditEvent), key=lambda event: event.seq))
    assert (last.command, last.code) == ("DRAFT_PROJECT", code)
    assert "999" not in said["sentence"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/xml", "json"])
def test_a_body_says_that_it_is_json(site: Site, kind: str) -> None:
    path = f"/pools/{site.town.pool_id}/draft-project"
    answer = Client(site, "lead").ask("POST", path, data=json.dumps(application()), content_type=kind)
    refused(answer, 415, "input:not_json")


@pytest.mark.parametrize("subject", ["rel-0", "x", "%00", "%ff", "..", "a%2Fb", "rel-" + "0" * 3000, "'; DROP TABLE--"])
def test_an_id_that_is_none_is_unknown(site: Site, subject: str) -> None:
    client = Client(site, "lead")
    refused(client.ask("GET", f"/releases/{subject}"), 404, "subject:unknown")
    refused(client.ask("POST", f"/releases/{subject}/submit-release", json={}), 404, "subject:unknown")


def test_a_price_stores_nothing_and_a_wrong_request_is_noted(site: Site, project: str) -> None:
    client = Client(site, "researcher")
    before = site.town.read(lambda work: len(work.all(Release)))
    priced = client.ask("POST", f"/projects/{project}/price", json={"request": REQUEST})
    assert priced.status_code == 200
    assert priced.json["lines"]
    wrong = client.ask("POST", f"/projects/{project}/price", json={"request": {**REQUEST, "epsilon": "0"}})
    refused(wrong, 422, "request:epsilon")
    assert site.town.read(lambda work: len(work.all(Release))) == before
    last = site.town.read(lambda work: max(work.all(AuditEvent), key=lambda event: event.seq))
    assert (last.command, last.code) == ("DRAFT_RELEASE", "request:epsilon")


def test_who_may_not_know_gets_the_answer_of_what_is_not_there(site: Site, project: str) -> None:
    there, missing = (
        json.loads(Client(site, "outsider").ask("GET", f"/projects/{each}").data)
        for each in (project, "prj-0000000000000000")
    )
    assert there == missing
    assert [row["id"] for row in Client(site, "lead").ask("GET", "/projects").json] == [project]
    assert Client(site, "outsider").ask("GET", "/projects").json == []


def test_anybody_reads_register_health_and_description(site: Site) -> None:
    anybody = site.app.test_client()
    for path in ("/api/v1/register", "/api/v1/health", "/api/v1/ready", "/api/openapi.json"):
        assert anybody.get(path).status_code == 200


def test_ready_names_the_part_that_does_not_answer(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("ConnectionError")

    monkeypatch.setattr(site.objects, "exists", away)
    answer = site.app.test_client().get("/api/v1/ready")
    assert answer.status_code == 503
    assert answer.json["parts"] == OPEN | {"database": True, "tables": True, "store": False}
    monkeypatch.setattr("gateway.jobs.doctor.at_head", lambda _: False)
    answer = site.app.test_client().get("/api/v1/ready")
    assert answer.json["parts"] == OPEN | {"database": False, "tables": False, "store": False}
    assert site.app.test_client().get("/api/v1/health").status_code == 200


def test_a_defect_is_told_by_number_alone(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("9990000018 is a value")

    monkeypatch.setattr("gateway.store.queries.views.register", broken)
    answer = site.app.test_client().get("/api/v1/register")
    assert b"9990000018" not in answer.data
    assert refused(answer, 500, "defect:logged")


def test_anybody_reads_key_and_checkpoints_and_nothing_else(site: Site) -> None:
    keys = Keys(site.town.gateway.settings.folder / "keys", SECRET)
    assert json.loads(Client(site, None).ask("GET", "/checkpoints").data)["public_key"] == keys.public().hex()
    sign_checkpoint(House(site.town.gateway, LocalObjects(site.town.gateway.settings.folder / "objects"), keys))
    told = json.loads(Client(site, None).ask("GET", "/checkpoints").data)
    assert set(told) == {"public_key", "checkpoints", "handovers"}
    assert {frozenset(each) for each in told["checkpoints"]} == {frozenset(Checkpoint.__annotations__)}
    assert all(is_signed(read(each), keys.public().hex()) for each in told["checkpoints"])
    page = site.client().get("/register").text
    assert keys.public().hex() in page
    assert told["checkpoints"][-1]["root"] in page


def test_what_the_page_lets_an_auditor_download_is_an_export_with_checkpoints(site: Site) -> None:
    keys = Keys(site.town.gateway.settings.folder / "keys", SECRET)
    sign_checkpoint(House(site.town.gateway, LocalObjects(site.town.gateway.settings.folder / "objects"), keys))
    browser = site.client("auditor")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/audit").text)
    assert token
    answer = browser.post("/audit/export", data={"csrf_token": token[1], "download": "1"})
    log = parted(json.loads(line) for line in answer.text.splitlines())
    assert len(log.rows) >= max(each.size for each in log.checkpoints)
    assert verify_checkpoints(log.rows, log.checkpoints, keys.public().hex()) is None
