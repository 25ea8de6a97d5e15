"""Every exact figure of loads, lists and builds is looked for in all that leaves: it is for IG officers and auditors.

The figures here are primes that nothing else is; they are looked for as they would be written by anybody.
"""

import json
import logging
from collections.abc import Iterator

import pytest
from prometheus_client import generate_latest

from gateway.models import RegisterEntry
from gateway.store import audit_chain
from gateway.vocabulary import Command
from tests.factories.gateways import approved_project, submitted_release
from tests.factories.risks import risk
from tests.factories.sites import Site, open_site
from tests.factories.tried import Tried
from tests.functional.test_page_attacks import addresses

C = Command
PRIMES = [7340033, 6291469, 5242883, 4194319, 3145739, 2097169, 1048583, 8388617, 9437189, 10485767]
PEOPLE, REMOVED, ASKED, ALLOWED, ROWS, QUARANTINED, UNSUPPORTED, REFUSED, SECOND, UNIQUE = PRIMES
INSIDERS = ("ig", "auditor")
OTHERS = ("lead", "outsider", "member1", "checker1", "operator")
API = "/api/v1"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A project over a snapshot whose every figure is planted, with a workspace and a release under way."""
    made = open_site(tmp_path_factory.mktemp("exact"))
    town = made.town
    loaded = {"digest": "d" * 64, "organisation": "RRV", "format": "fhir", "standing": "SHARED_CARE_PROCESSOR"}
    counts = {
        "rows": {"person": ROWS},
        "quarantined": {"no_nhs_number": QUARANTINED},
        "unsupported": {"X": UNSUPPORTED},
    }
    town.do("operator", C.LOAD_RECORDS, town.pool_id, {**loaded, **counts, "alarms": [f"{REFUSED} rows were refused."]})
    receipt = {"asked": ASKED, "allowed": ALLOWED, "removed": REMOVED}
    said = {"list_date": town.clock().isoformat(), "digest": "d", "commitment": "c", "nonce": "n", "receipt": receipt}
    listed = town.do("operator", C.RECEIVE_OPT_OUTS, town.pool_id, {"local_id": "L1", **said}).created_id
    town.do("ig", C.ACTIVATE_OPT_OUTS, listed)
    project = approved_project(town)
    snapshot = town.do("lead", C.REQUEST_SNAPSHOT, project).created_id
    town.do("system", C.BEGIN_SNAPSHOT, snapshot)
    built = {"cut_date": "2026-06-30", "manifest_digest": "m", "commitment": "c", "nonce": "n"}
    figures = {"people": PEOPLE, "removed": {"opt_out": REMOVED, "withheld": SECOND}, "risk": risk(UNIQUE)}
    town.do("system", C.COMPLETE_SNAPSHOT, snapshot, {**built, **figures})
    town.do("ig", C.CLEAR_SNAPSHOT, snapshot)
    town.do("lead", C.OPEN_WORKSPACE, project)
    submitted_release(town, project)
    entry = town.read(lambda work: work.find(RegisterEntry)).id
    town.do("ig", C.PUBLISH_ENTRY, entry)
    yield made
    town.gateway.unit.dispose()


def spellings(number: int) -> list[str]:
    """As it stands, with commas, blanks, points, rounded to thousands, in hexadecimal."""
    text = f"{number:,}"
    rounded = [f"{number // 1000}k", f"{number / 1e6:.2f} m", f"{number / 1e6:.3f}", f"{number:x}", f"{number:e}"[:8]]
    return [str(number), text, *(text.replace(",", sign) for sign in (" ", ".", "\u202f", "_", "'")), *rounded]


def held(text: str) -> set[int]:
    return {number for number in PRIMES if any(each in text for each in spellings(number))}


def seen(site: Site, name: str) -> Iterator[tuple[str, str]]:
    """Every page and every object that somebody can open, with what it says."""
    client = site.client(name)
    given = {"label": "x", "days": 1}
    token = site.town.do(name, C.CREATE_TOKEN, site.town.people[name], given).returned["token"]
    headers = {"Authorization": f"Bearer {token}"}
    nouns = sorted({rule.rule.split("/")[3] for rule in site.app.url_map.iter_rules() if rule.rule.startswith(API)})
    ids = set()
    for noun in nouns:
        answer = site.app.test_client().get(f"{API}/{noun}", headers=headers)
        yield f"{API}/{noun}", answer.text
        if answer.status_code == 200 and isinstance(answer.json, list):
            ids |= {(noun, row["id"]) for row in answer.json if "id" in row}  # others are no objects of their own
    for noun, each in sorted(ids):
        yield f"{API}/{noun}/{each}", site.app.test_client().get(f"{API}/{noun}/{each}", headers=headers).text
    for rule in addresses(site, "GET"):
        fitting = [rule.replace("<subject_id>", each) for noun, each in ids if noun == _noun(rule)]
        for path in fitting if "<" in rule else [rule]:
            yield path, client.get(path).text


def _noun(rule: str) -> str:
    return {"opt-outs": "opt-out-lists", "register": "register-entries"}.get(rule.split("/")[1], rule.split("/")[1])


def test_nobody_else_sees_an_exact_figure(site: Site, caplog: pytest.LogCaptureFixture, tried: Tried) -> None:
    with caplog.at_level(logging.DEBUG):
        for name in OTHERS:
            for where, text in seen(site, name):
                assert not held(text), (name, where)
                tried()
    assert not held(caplog.text)
    told = [line for line in generate_latest().decode().splitlines() if not line.startswith("#")]
    counted = [line for line in told if line.startswith("tre_") and "_sum" not in line and "_created" not in line]
    assert counted  # the others are seconds and bytes of this process, which have all digits at times
    assert not held("\n".join(counted))
    tried.at_least(100)


def test_who_may_see_them_does(site: Site, tried: Tried) -> None:
    """So that the search above would find them."""
    for name in INSIDERS:
        found = {number for where, text in seen(site, name) for number in held(text)}
        assert found >= {PEOPLE, REMOVED, ASKED, UNIQUE}, name
        tried()


def test_what_is_public_or_handed_out_holds_none(site: Site, tried: Tried) -> None:
    """The register, the checkpoints, and the log as auditors export it."""
    client = site.app.test_client()
    texts = [
        client.get(path).text for path in ("/", "/register", f"{API}/register", f"{API}/checkpoints", f"{API}/health")
    ]
    texts += [json.dumps(site.town.read(audit_chain.export)), client.get("/api/openapi.json").text]
    for text in texts:
        assert not held(text)
        tried()
