"""Code lists from a file to a price: imported by an IG officer, cited by id in forms and SQL, never changed again."""

import json
import re
from html import unescape
from io import BytesIO

import pytest

from disclosure.checks.offline import terms_in
from gateway.commands.perform import permit
from gateway.commands.requests import priced
from gateway.commands.terms import terms_of
from gateway.models import AuditEvent, CodeList, Grant, Pool
from gateway.rules.refusals import Refusal
from gateway.store.queries import code_lists as queries
from gateway.store.queries import views
from gateway.vocabulary import Command
from tests.factories.gateways import approved_project, cleared_snapshot
from tests.factories.sites import open_site
from workspaces.catalogue.errors import Invalid

FIRST = "code,term\n59621000,Essential hypertension\n38341003,Hypertensive disorder\n1201005,Benign hypertension\n"
SECOND = "code,term\n59621000,Essential hypertension\n44054006,Diabetes mellitus type 2\n"
LIST = {"slug": "raised-pressure", "name": "Raised pressure", "vocabulary": "SNOMED", "publisher": "A register, v1"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = open_site(tmp_path_factory.mktemp("site"))
    town = site.town
    town.do("ig", Command.IMPORT_CODE_LIST, town.pool_id, {**LIST, "text": FIRST})
    town.do("ig", Command.IMPORT_CODE_LIST, town.pool_id, {**LIST, "text": SECOND})
    yield site
    town.gateway.unit.dispose()


@pytest.fixture(scope="module")
def project(site):
    project = approved_project(site.town)
    cleared_snapshot(site.town, project)
    return project


def test_each_import_is_a_version_and_the_same_codes_again_are_none(site):
    town = site.town
    rows = town.read(lambda work: work.all(CodeList, order=CodeList.version))
    assert [(row.id, row.concept_ids) for row in rows] == [
        ("raised-pressure/1", [320128]),
        ("raised-pressure/2", [201826, 320128]),
    ]
    again = town.do("ig", Command.IMPORT_CODE_LIST, town.pool_id, {**LIST, "text": SECOND})
    assert again.created_id == "raised-pressure/2"
    assert len(town.read(lambda work: work.all(CodeList))) == 2
    logged = town.read(lambda work: work.all(AuditEvent, AuditEvent.event == "code_list:imported"))
    assert [row.reason for row in logged][:2] == [row.id for row in rows]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"slug": "hypertension"}, "code_list:taken"),
        ({"vocabulary": "ICD10", "text": "code\nI10\n"}, "code_list:taken"),
        ({"slug": "other", "text": "code\n123\n"}, "code_list:unreadable"),
        ({"slug": "../etc"}, "input:invalid"),
        ({"slug": "other", "vocabulary": "READ2"}, "input:invalid"),
    ],
)
def test_what_cannot_be_a_list_is_refused(site, changed, code):
    with pytest.raises(Invalid) as refused:
        site.town.do("ig", Command.IMPORT_CODE_LIST, site.town.pool_id, {**LIST, "text": FIRST, **changed})
    assert refused.value.code == code


@pytest.mark.parametrize("name", ["lead", "researcher", "checker1", "operator", "auditor"])
def test_only_ig_officers_import(site, name):
    with pytest.raises(Refusal):
        site.town.do(name, Command.IMPORT_CODE_LIST, site.town.pool_id, {**LIST, "slug": "mine", "text": FIRST})


def request(view):
    counted = [{"name": "people", "kind": "count", "by": ["high"]}]
    return {"title": "Counts", "view": view, "statistics": counted, "epsilon": "0.5", "sites": ["local"]}


def form(cited):
    where = [{"column": "condition_concept_id", "in_code_list": cited}]
    return {"form": {"columns": [{"name": "high", "exists": {"table": "condition_occurrence", "where": where}}]}}


def sql(cited):
    listed = f"BOOL_OR(in_code_list(condition_concept_id, '{cited}'))"
    return {"sql": f"SELECT person_id, {listed} AS high FROM condition_occurrence GROUP BY person_id"}  # noqa: S608


@pytest.mark.parametrize("view", [form, sql])
def test_views_cite_a_version_and_the_price_says_which_digest(site, project, view):
    town = site.town
    facts = permit(town.gateway, actor=town.actor("lead"), command=Command.DRAFT_RELEASE, subject_id=project)
    for version, concepts in (("1", {320128}), ("2", {320128, 201826})):
        told = priced(town.actor("lead"), facts, request(view(f"raised-pressure/{version}"))).told
        digest = town.read(lambda work, v=version: work.get(CodeList, f"raised-pressure/{v}").digest)
        assert f"code list raised-pressure/{version}, sha256 {digest}" in told["notes"]
        assert set(map(int, re.findall(r"\b(320128|201826)\b", told["view_sql"]))) == concepts
        assert told["literals"] == []
    with pytest.raises(Invalid) as refused:
        priced(town.actor("lead"), facts, request(view("raised-pressure/3")))
    assert refused.value.code == "view:code_list"


def test_the_room_checks_with_the_same_lists(site, project):
    town = site.town
    grant, pool = town.read(lambda work: (work.find(Grant, Grant.project_id == project), work.find(Pool)))
    shown = town.read(lambda work: views.one(work, town.actor("lead"), project, town.clock(), 7))["grant"]
    assert terms_in(json.loads(json.dumps(shown))) == terms_of(grant, pool)
    assert terms_of(grant, pool).code_lists["raised-pressure/2"].concept_ids == (201826, 320128)


def test_versions_are_compared(site):
    found = site.town.read(lambda work: queries.compared(work, "raised-pressure/1", "raised-pressure/2"))
    assert [code for code, _ in found["added"]] == ["44054006"]
    assert [code for code, _ in found["removed"]] == ["1201005", "38341003"]
    assert (found["concepts_added"], found["concepts_removed"]) == (["Type 2 diabetes mellitus"], [])


def test_everybody_reads_the_pages_and_only_ig_officers_are_offered_the_form(site):
    for name in ("researcher", "checker1", "ig"):
        page = site.client(name).get("/code-lists").text
        assert "raised-pressure/2" in page
        assert "hypertension/1" in page
        assert ("Import a code list" in page) == (name == "ig")
    page = site.client("researcher").get("/code-lists/raised-pressure/2").text
    assert "Since raised-pressure/1" in page
    assert "Diabetes mellitus type 2" in page
    assert site.client("researcher").get("/code-lists/raised-pressure/9").status_code == 404
    assert site.client("researcher").get("/code-lists/hypertension/1").status_code == 200


def test_an_ig_officer_imports_by_the_form(site):
    client, path = site.client("ig"), f"/pools/{site.town.pool_id}/code-lists"
    token = unescape(re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)[1])
    given = {**LIST, "slug": "by-form", "csrf_token": token, "file": (BytesIO(FIRST.encode()), "list.csv")}
    answer = client.post(path, data=given, content_type="multipart/form-data")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/code-lists/by-form/1")
    wrong = {**given, "file": (BytesIO(b"\xff\xfe"), "list.csv")}
    assert "not UTF-8 text" in client.post(path, data=wrong, content_type="multipart/form-data").text


def test_the_form_of_requests_offers_imported_lists(site, project):
    assert 'value="list:raised-pressure/2"' in site.client("lead").get(f"/projects/{project}/releases/new").text


def test_the_api_tells_of_them(site):
    made = site.town.do("researcher", Command.CREATE_TOKEN, site.town.people["researcher"], {"label": "t", "days": 7})
    sent = {"Authorization": f"Bearer {made.returned['token']}"}
    client = site.app.test_client()
    assert "raised-pressure/1" in client.get("/api/v1/code-lists", headers=sent).text
    one = json.loads(client.get("/api/v1/code-lists/raised-pressure/1", headers=sent).data)
    assert [code for code, _ in one["codes"]] == ["1201005", "38341003", "59621000"]
    path = "/api/v1/code-lists/raised-pressure/1/compared/raised-pressure/2"
    assert json.loads(client.get(path, headers=sent).data)["added"] == [["44054006", "Diabetes mellitus type 2"]]
    assert client.get("/api/v1/code-lists/none/1", headers=sent).status_code == 404
    assert client.get("/api/v1/code-lists").status_code == 401
