"""How good records are: in bands for everybody signed in, exactly for IG officers and auditors who ask, on record."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest

from gateway.models import AuditEvent, Load
from gateway.vocabulary import Command
from tests.factories.loads import figures
from tests.factories.sites import open_site

EXACT = ("54,321", "54321", "1,234", "50,123", "2021-03", "92.3 %", "invalid NHS number", "Not met")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = open_site(tmp_path_factory.mktemp("site"))
    load = {"digest": "x", "organisation": "RRV", "format": "fhir", "standing": "SHARED_CARE_PROCESSOR"}
    load |= {"organisation_name": "University College London Hospitals", "rows": {"person": 54_321}}
    old = {**load, "digest": "w", "quality": {}}
    site.town.do("operator", Command.LOAD_RECORDS, site.town.pool_id, old)
    site.town.clock.now += timedelta(minutes=1)
    site.town.do("operator", Command.LOAD_RECORDS, site.town.pool_id, {**load, "quality": figures()})
    yield site
    site.town.gateway.unit.dispose()


@pytest.fixture
def newest(site):
    return site.town.read(lambda work: work.find(Load, Load.digest == "x").id)


def words(page):
    return unescape(re.sub(r"<[^>]+>", "", page))


@pytest.mark.parametrize("name", ["researcher", "operator", "checker1", "ig"])
def test_everybody_sees_bands_and_no_exact_figure(site, newest, name):
    page = words(site.client(name).get(f"/sources/loads/{newest}").text)
    assert "10,000 to 100,000" in page
    assert "1 to 5 %" in page
    assert "sex: 80 to 95 %" in page
    assert "under 1,000" in page
    assert not [figure for figure in EXACT if figure in page]
    assert ("Show exact figures" in page) == (name == "ig")


def looks(site):
    return site.town.read(lambda work: work.all(AuditEvent, AuditEvent.event == "quality:viewed"))


def post(client, path):
    token = unescape(re.search(r'name="csrf_token" value="([^"]+)"', client.get("/account").text)[1])
    return client.post(path, data={"csrf_token": token})


def test_an_ig_officer_sees_exact_figures_and_that_is_recorded(site, newest):
    before = len(looks(site))
    answer = post(site.client("ig"), f"/sources/loads/{newest}/figures")
    page = words(answer.text)
    assert answer.status_code == 200
    assert [figure for figure in EXACT if figure not in page and figure not in ("54321", "92.3 %")] == []
    assert "50,123" in page
    assert "92.3%" in page
    assert "broken line: 5" in page
    assert len(looks(site)) == before + 1


@pytest.mark.parametrize("name", ["researcher", "operator", "checker1"])
def test_nobody_else_may_ask_for_exact_figures(site, newest, name):
    answer = post(site.client(name), f"/sources/loads/{newest}/figures")
    assert answer.status_code in (403, 404)
    assert not [figure for figure in EXACT if figure in words(answer.text)]


def test_a_load_that_is_not_there_is_none(site):
    assert site.client("researcher").get("/sources/loads/load-0123456789abcdef").status_code == 404
    assert post(site.client("ig"), "/sources/loads/load-0123456789abcdef/figures").status_code == 404


def test_a_load_of_before_says_that_nothing_was_measured(site):
    old = site.town.read(lambda work: work.find(Load, Load.digest == "w").id)
    assert "before quality was measured" in site.client("researcher").get(f"/sources/loads/{old}").text
    assert "before quality was measured" in post(site.client("ig"), f"/sources/loads/{old}/figures").text


def test_the_list_leads_there_and_says_which_load_is_superseded(site, newest):
    page = site.client("researcher").get("/sources").text
    assert f"/sources/loads/{newest}" in page
    assert page.count("(superseded)") == 1


def test_the_api_tells_bands_of_loads_in_use_to_whoever_has_a_token(site, newest):
    made = site.town.do("researcher", Command.CREATE_TOKEN, site.town.people["researcher"], {"label": "t", "days": 7})
    client = site.app.test_client()
    told = client.get("/api/v1/quality", headers={"Authorization": f"Bearer {made.returned['token']}"})
    found = json.loads(told.data)
    assert [(each["id"], each["cut"]) for each in found] == [(newest, "2026-06-30")]
    assert found[0]["tables"]["visit_occurrence"] == {"rows": "under 1,000", "quarantined": None, "complete": {}}
    assert not [figure for figure in EXACT if figure in told.text]
    assert client.get("/api/v1/quality").status_code == 401
