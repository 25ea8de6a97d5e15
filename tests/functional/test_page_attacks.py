"""Pages under attack: forged and doubled forms, guessed addresses, hostile text, too much of everything.

No browser: what is sent here, no browser would send. Every address is taken from the url map, so a new one
is tried too.
"""

import re
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse, encode_multipart

from gateway.models import ApiToken, AuditEvent, OptOutList, Project, RegisterEntry, Vote
from gateway.vocabulary import Command
from tests.factories.gateways import (
    EXEMPTION,
    REQUEST,
    application,
    approved_project,
    cleared_snapshot,
    submitted_release,
)
from tests.factories.questions import questions
from tests.factories.sites import Site, open_site

NASTY = "<img src=x onerror=alert(1)>\"'</script><script>alert(2)</script>{{7*7}}"
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=\"|javascript:")
EVERYBODY = ("lead", "researcher", "outsider", "member1", "lay", "checker1", "ig", "operator", "auditor")


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, dict[str, str]]:
    """A site with one of everything, all of it written by somebody hostile; ids by the first part of an address."""
    site = open_site(tmp_path_factory.mktemp("full"))
    town = site.town
    for name in EVERYBODY:
        who = {"issuer": "test", "subject": name, "name": f"{name} {NASTY}", "email": f"{name}@example.org"}
        town.do("system", Command.WELCOME_PERSON, town.pool_id, who)
    words = dict.fromkeys(("lay_summary", "public_benefit", "safe_people", "safe_outputs", "organisation"), NASTY)
    project = approved_project(town, title=NASTY, common_law_route=NASTY, **words)
    cited = {**EXEMPTION, **dict.fromkeys(("decided_by", "reference", "why"), NASTY)}
    exemption = town.do("ig", Command.PROPOSE_EXEMPTION, project, cited).created_id
    snapshot = cleared_snapshot(town, project)
    workspace = town.do("lead", Command.OPEN_WORKSPACE, project).created_id
    script = {"name": "counts.sql", "text": "SELECT 1"}
    transfer = town.do("researcher", Command.BRING_IN, workspace, script).created_id
    town.do("system", Command.ADMIT_TRANSFER, transfer, {"findings": [NASTY]})
    job = town.do("lead", Command.RUN_JOB, transfer).created_id
    release = submitted_release(town, project, {**REQUEST, "title": NASTY[:120]})
    entry = town.read(lambda work: work.find(RegisterEntry).id)
    listed = str(town.read(lambda work: work.find(OptOutList).id))
    sent = {"digest": "x", "organisation": "RRV", "organisation_name": NASTY, "format": "fhir", "standing": "s"}
    load = town.do("operator", Command.LOAD_RECORDS, town.pool_id, sent).created_id
    proposed = {"ground": "OBJECTION", "token": "0123456789abcdef"}
    order = town.do("ig", Command.PROPOSE_ERASURE, town.pool_id, proposed).created_id
    held = {"kind": "IG_TRAINING", "reference": NASTY, "issued_on": "2026-06-01"}
    certificate = town.do("lead", Command.PRESENT_CERTIFICATE, town.people["lead"], held).created_id
    town.do("ig", Command.PUBLISH_TERMS, town.pool_id, {"text": NASTY})
    ids = {
        "certificates": certificate,
        "projects": project,
        "erasures": order,
        "exemptions": exemption,
        "pools": town.pool_id,
        "snapshots": snapshot,
        "workspaces": workspace,
        "transfers": transfer,
        "jobs": job,
        "sources": load,
    }
    return site, {**ids, "releases": release, "register": entry, "opt-outs": listed}


def addresses(site: Site, method: str) -> list[str]:
    """Every rule of the pages that takes a method."""
    rules = [rule for rule in site.app.url_map.iter_rules() if method in (rule.methods or ())]
    return [rule.rule for rule in rules if not rule.rule.startswith(("/api", "/static", "/sign-in"))]


def filled(rule: str, ids: dict[str, str]) -> str:
    rule = re.sub("<(subject|load)_id>", ids.get(rule.split("/")[1], ""), rule)
    return rule.replace("<slug>", "hypertension").replace("<int:version>", "1")


def token_of(client: FlaskClient) -> str:
    return unescape(re.search(r'name="csrf_token" value="([^"]+)"', client.get("/account").text)[1])  # type: ignore[index]


def send(client: FlaskClient, path: str, once: str = "", **form: Any) -> TestResponse:
    """A form as its page would send it."""
    data = {"csrf_token": token_of(client), "once": once, **form}
    boundary, body = encode_multipart(data)
    return client.post(path, data=body, content_type=f'multipart/form-data; boundary="{boundary}"')


def rows(site: Site, table: Any, *conditions: Any) -> int:
    return int(site.town.read(lambda work: len(work.all(table, *conditions))))


def test_no_form_is_taken_without_its_token(full) -> None:
    site, ids = full
    posts = addresses(site, "POST")
    assert len(posts) > 25
    foreign = token_of(site.client("outsider"))
    for name in ("lead", "ig", "operator", "checker1", "auditor"):
        client = site.client(name)
        before = rows(site, AuditEvent)
        for rule in posts:
            for token in ({}, {"csrf_token": foreign}, {"csrf_token": "x"}):
                answer = client.post(filled(rule, ids), data={"reason": "x", "verdict": "APPROVE", **token})
                assert (answer.status_code, answer.headers["X-Refusal-Code"]) == (400, "form:token"), rule
        assert rows(site, AuditEvent) == before


def test_a_token_counts_in_the_form_alone_over_https_only_from_here(tmp_path) -> None:
    site = open_site(tmp_path, address="https://gateway.example")
    client, url = site.client("lead"), "https://gateway.example"
    client.set_cookie("__Host-session", "a session of lead", domain="gateway.example", secure=True)
    page = client.get("/account", base_url=url)
    token = unescape(re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1])  # type: ignore[index]
    form = {"csrf_token": token, "label": "x", "days": "1"}
    for referrer in ({}, {"Referer": "https://elsewhere.example/"}):
        answer = client.post("/account/tokens", data=form, base_url=url, headers=referrer)
        assert answer.headers["X-Refusal-Code"] == "form:token"
    assert client.post("/account/tokens", data=form, base_url=url, headers={"Referer": url + "/"}).status_code == 200


@pytest.fixture(scope="module")
def answers(full) -> dict[tuple[str, str], TestResponse]:
    """Every page that a GET gives, to everybody, before and after the register entry is public."""
    site, ids = full
    found = {}
    paths = [(rule, filled(rule, ids)) for rule in addresses(site, "GET")]
    paths += [("nowhere", "/nowhere"), ("sign-in", "/sign-in"), ("sign-in", "/sign-in/answer?state=x")]
    for name in ("", *EVERYBODY):
        client = site.client(name or None)
        found |= {(name, rule): client.get(path) for rule, path in paths}
    found["auditor", "export"] = send(site.client("auditor"), "/audit/export", verify="1")
    site.town.do("ig", Command.PUBLISH_ENTRY, ids["register"])
    for name in ("", "member1", "outsider"):
        found[name, "public"] = site.client(name or None).get(f"/register/{ids['register']}")
        assert found[name, "public"].status_code == 200
    return found


def test_every_answer_carries_the_headers(answers) -> None:
    for where, answer in answers.items():
        headers = answer.headers
        policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["base-uri"] == "'none'"
        assert policy.get("script-src", "'none'") in ("'self'", "'none'")
        framed = "sandbox" in policy
        assert policy["frame-ancestors"] == ("'self'" if framed else "'none'"), where
        assert framed or "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"


def test_pages_hold_no_inline_script_or_style(answers) -> None:
    for where, answer in answers.items():
        assert not INLINE.search(answer.text), where


def test_no_page_is_a_defect(answers) -> None:
    assert {answer.status_code for answer in answers.values()} <= {200, 303, 403, 404, 409}


def test_what_people_write_is_never_markup(answers) -> None:
    seen = 0
    for where, answer in answers.items():
        assert "<img src=x" not in answer.text, where
        assert "alert(2)</script>" not in answer.text, where
        assert 'onerror=alert(1)>"' not in answer.text, where
        seen += "&lt;img src=x" in answer.text
    assert seen > 40


def _without_noise(html: str, *ids: str) -> str:
    for found in ids:
        html = html.replace(found, "")
    return re.sub(r'name="(csrf_token|once)" value="[^"]*"', "", html)


def test_a_guessed_address_answers_like_a_forbidden_one(full) -> None:
    site, ids = full
    outsider = site.client("outsider")
    token = token_of(outsider)
    told = site.town.do("lead", Command.DRAFT_PROJECT, site.town.pool_id, application()).created_id
    hidden = {**ids, "projects": told, "register": ids["register"]}
    for method in ("GET", "POST"):
        for rule in addresses(site, method):
            kind = rule.split("/")[1]
            # everybody may know of what is published, and that there is a pool
            if "<subject_id>" not in rule or kind == "pools" or (kind == "register" and method == "GET"):
                continue
            real = hidden[kind]
            unreal = real[:-4] + "0000"
            answers, asked = [], []
            for each in (real, unreal):
                with questions(site.town.gateway.unit) as found:
                    path = rule.replace("<subject_id>", each)
                    answers.append(outsider.open(path, method=method, data={"csrf_token": token}))
                asked.append(found)
            assert [answer.status_code for answer in answers] == [404, 404], (method, rule)
            bodies = {_without_noise(answer.text, real, unreal) for answer in answers}
            assert len(bodies) == 1, (method, rule)
            assert asked[0] == asked[1], (method, rule)


def test_an_address_with_the_id_of_another_noun_leads_nowhere(full) -> None:
    site, ids = full
    for name in ("lead", "ig", "auditor", "checker1"):
        client = site.client(name)
        for rule in addresses(site, "GET"):
            for kind, other in {**ids, "pools": site.town.pool_id, "people": site.town.people[name]}.items():
                if "<subject_id>" in rule and kind != rule.split("/")[1]:
                    assert client.get(rule.replace("<subject_id>", other)).status_code == 404, (name, rule, kind)


def test_the_wrong_method_is_refused_in_words(full) -> None:
    site, ids = full
    client = site.client("lead")
    for rule in set(addresses(site, "POST")) - set(addresses(site, "GET")):
        answer = client.get(filled(rule, ids))
        assert (answer.status_code, answer.headers["Allow"]) == (405, "OPTIONS, POST"), rule
        assert "Go back and use the buttons" in answer.text
    answer = client.delete("/projects", data={"csrf_token": token_of(client)})
    assert answer.status_code == 405


def test_a_form_sent_twice_is_done_once(tmp_path) -> None:
    site = open_site(tmp_path)
    town, lead = site.town, site.client("lead")
    form = form_of(application())
    first, second = send(lead, "/projects/new", "o1", **form), send(lead, "/projects/new", "o1", **form)
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    assert rows(site, Project) == 1
    project = first.headers["Location"].rsplit("/", 1)[-1]
    for _ in range(2):
        assert send(lead, f"/projects/{project}/submit", "o2").status_code == 303
    assert send(lead, f"/projects/{project}/submit", "o3").status_code == 409
    member, vote = site.client("member1"), {"verdict": "APPROVE", "reason": "Clear."}
    answers = [send(member, f"/projects/{project}/vote", once, **vote) for once in ("v1", "v1", "v2", "")]
    assert [answer.status_code for answer in answers] == [303, 303, 409, 409]
    assert rows(site, Vote) == 1
    for _ in range(2):
        answer = send(lead, "/account/tokens", "t1", label="laptop", days="1")
    assert answer.headers["X-Refusal-Code"] == "form:sent_before"
    assert rows(site, ApiToken) == 1
    assert town.read(lambda work: work.need(Project, project).round) == 1


def test_a_form_that_was_refused_can_be_corrected_and_sent_again(tmp_path) -> None:
    site = open_site(tmp_path)
    lead, form = site.client("lead"), form_of(application(members=["nobody@example.org"]))
    wrong = send(lead, "/projects/new", "o1", **form)
    assert wrong.status_code == 422
    assert "Hypertension in London" in wrong.text
    assert rows(site, Project) == 0
    assert send(lead, "/projects/new", "o1", **{**form, "members": ""}).status_code == 303
    assert rows(site, Project) == 1


def form_of(said: dict[str, Any]) -> dict[str, Any]:
    """An application as its page sends it."""
    data = said.pop("data")
    year, month, day = said.pop("ends_on").split("-")
    return {
        **said,
        "members": "\n".join(said["members"]),
        "ends_on-day": day,
        "ends_on-month": month,
        "ends_on-year": year,
        "legal_basis_article_6": "(e) public task",
        "legal_basis_article_9": "(j) research",
        "common_law_route": "Not applicable",
        **{f"columns_{wanted['table']}": wanted["columns"] for wanted in data},
        **{f"reason_{wanted['table']}": wanted["reason"] for wanted in data},
    }
