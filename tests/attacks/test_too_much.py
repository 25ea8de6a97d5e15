"""Too much of everything, too deep, and names that lead elsewhere: refused in bounded time, with nothing kept."""

# ruff: noqa: S608, E501 (a table of texts that are never run)

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from disclosure.checks.presets import preset
from disclosure.requests import parse_request
from gateway.models import Project, Release
from gateway.store.objects import LocalObjects
from gateway.vocabulary import Command
from tests.factories.gateways import REQUEST, application, approved_project, cleared_snapshot
from tests.factories.questions import questions
from tests.factories.records import House, number, patient, source, write_fhir
from tests.factories.sites import Site, open_site
from tests.factories.tried import Tried
from tests.factories.worlds import proven
from tests.functional.test_page_attacks import form_of, rows, token_of
from workspaces.catalogue.errors import Invalid
from workspaces.intake import Format
from workspaces.scanning.scripts import scan

MANY = 10_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = open_site(tmp_path_factory.mktemp("much"))
    cleared_snapshot(made.town, approved_project(made.town))
    yield made
    made.town.gateway.unit.dispose()


def nested(depth: int, kind: str = "[]") -> bytes:
    return kind[0].encode() * depth + kind[1].encode() * depth


def long_lists() -> dict[str, dict[str, Any]]:
    """Applications with too many of something."""
    one = {"table": "person", "columns": ["sex"], "reason": "x"}
    return {
        "members": {"members": [f"m{n}@example.org" for n in range(MANY)]},
        "tables": {"data": [one] * MANY},
        "columns": {"data": [{**one, "columns": ["sex"] * MANY}]},
        "title": {"title": "x" * 100_000},
        "summary": {"lay_summary": "x " * 100_000},
        "digits": {"epsilon": "9" * 4_000},
        "exponent": {"epsilon": "1e-999999999"},
        "power": {"epsilon": "1E+999999999"},
        "date": {"ends_on": "9" * 4_000 + "-01-01"},
        "preset": {"preset": "../" * 1_000},
    }


@pytest.mark.parametrize("name", list(long_lists()))
def test_an_application_with_too_much_is_refused_before_anybody_is_looked_up(site: Site, name: str) -> None:
    before = rows(site, Project)
    given = application(**long_lists()[name])
    with questions(site.town.gateway.unit) as asked, pytest.raises(Invalid):
        site.town.do("lead", Command.DRAFT_PROJECT, site.town.pool_id, given)
    assert rows(site, Project) == before
    assert len(asked) < 60


def big_requests() -> dict[str, Any]:
    """Requests with too many, too deep or too long a something."""
    one = REQUEST["statistics"][0]
    column = {"name": "sex", "person": "sex"}
    return {
        "statistics": {**REQUEST, "statistics": [one] * MANY},
        "keys": {**REQUEST, "statistics": [{**one, "by": ["sex"] * MANY}]},
        "edges": {**REQUEST, "statistics": [{"name": "h", "kind": "histogram", "of": "x", "edges": list(range(MANY))}]},
        "columns": {**REQUEST, "view": {"form": {"columns": [column] * MANY}}},
        "sql": {**REQUEST, "view": {"sql": "SELECT " + "x" * 1_000_000}},
        "fields": {**REQUEST, **{f"f{n}": n for n in range(MANY)}},
        "digits": {**REQUEST, "epsilon": "0." + "1" * 100_000},
        "number": {**REQUEST, "epsilon": 10**4000},
        "sites": {**REQUEST, "sites": ["local"] * MANY},
        "title": {**REQUEST, "title": "x" * 1_000_000},
        "depth": {**REQUEST, "view": json.loads(nested(900))},
        "object depth": {**REQUEST, "view": json.loads('{"a":' * 900 + "1" + "}" * 900)},
    }


@pytest.mark.parametrize("name", list(big_requests()))
def test_a_request_with_too_much_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        parse_request(big_requests()[name])


SQL: dict[str, Callable[[], str]] = {
    "brackets": lambda: f"SELECT person_id, {'(' * MANY}sex{')' * MANY} AS v FROM person",
    "sums": lambda: f"SELECT person_id, {'+'.join(['1'] * MANY)} AS v FROM person",
    "cases": lambda: f"SELECT person_id, {'CASE WHEN true THEN ' * 500}1{' END' * 500} AS v FROM person",
    "subqueries": lambda: "SELECT person_id, sex FROM (" * 400 + "SELECT person_id, sex FROM person" + ") AS d" * 400,
    "unions": lambda: "SELECT person_id, sex FROM (" + " UNION ALL ".join(["SELECT person_id, sex FROM person"] * 400) + ") AS d",
    "tables": lambda: "SELECT p.person_id, p.sex FROM person p " + " ".join(f"JOIN death d{n} USING (person_id)" for n in range(400)),
    "names": lambda: "WITH " + ", ".join(f"a{n} AS (SELECT person_id, sex FROM person)" for n in range(400)) + " SELECT person_id, sex FROM a0",
    "columns": lambda: "SELECT person_id, " + ", ".join(f"sex AS c{n}" for n in range(1_500)) + " FROM person",
    "values": lambda: f"SELECT person_id, year_of_birth IN ({','.join(map(str, range(4_000)))}) AS v FROM person",
    "quotes": lambda: "SELECT person_id, '" + "''" * 9_000 + "' AS v FROM person",
    "comments": lambda: "SELECT person_id, sex FROM person " + "/*" * 9_000,
    "nots": lambda: f"SELECT person_id, {'NOT ' * 4_000}true AS v FROM person",
    "signs": lambda: f"SELECT person_id, {'-' * 4_001}1 AS v FROM person",
    "dots": lambda: "SELECT person_id, " + "a." * 8_000 + "b AS v FROM person",
    "casts": lambda: "SELECT person_id, sex" + "::VARCHAR" * 1_900 + " AS v FROM person",
}  # fmt: skip


@pytest.mark.parametrize("name", list(SQL))
def test_sql_with_too_much_is_refused(name: str) -> None:
    with pytest.raises((Invalid, ValidationError)):  # the second where a request would not get so far
        proven(sql=SQL[name]())


def sent(site: Site) -> dict[str, Callable[[], Any]]:
    """Requests of pages and API that are too much by their form."""
    lead, form = site.client("lead"), form_of(application())
    token = token_of(lead)
    api, key = site.app.test_client(), {"Authorization": "Bearer " + "x" * 100_000}
    fields = {f"f{n}": "x" for n in range(MANY)}
    tables = {f"columns_{n}": ["sex"] * 10 for n in range(900)}
    return {
        "a form of ten thousand fields": lambda: lead.post("/projects/new", data={**fields, "csrf_token": token}),
        "ten thousand parts": lambda: lead.post("/projects/new", data={**fields, "csrf_token": token}, content_type="multipart/form-data"),
        "a table that is none, nine hundred times": lambda: lead.post("/projects/new", data={**form, **tables, "csrf_token": token, "title": ""}),
        "one field of three megabytes": lambda: lead.post("/projects/new", data={**form, "title": "x" * 3_000_000, "csrf_token": token}),
        "a name of three megabytes": lambda: lead.post("/projects/new", data={"x" * 3_000_000: "x", "csrf_token": token}),
        "ten thousand questions": lambda: lead.get("/releases", query_string=fields),
        "an address of a megabyte": lambda: lead.get("/projects/" + "x" * 1_000_000),
        "ten thousand parts of an address": lambda: lead.get("/x" * MANY),
        "a cookie of a megabyte": lambda: site.app.test_client().get("/tasks", headers={"Cookie": "session=" + "x" * 1_000_000}),
        "ten thousand cookies": lambda: site.app.test_client().get("/tasks", headers={"Cookie": "; ".join(f"c{n}=x" for n in range(MANY))}),
        "ten thousand headers": lambda: lead.get("/register", headers=[(f"X-{n}", "x") for n in range(MANY)]),
        "a token of a hundred thousand": lambda: api.get("/api/v1/me", headers=key),
        "five megabytes of JSON": lambda: api.post("/api/v1/projects/prj-0/price", data=b" " * 5_000_000, headers=key),
        "a range of ten thousand parts": lambda: lead.get("/static/boot.js", headers={"Range": "bytes=" + ",".join(f"{n}-{n}" for n in range(MANY))}),
        "languages without an end": lambda: lead.get("/", headers={"Accept-Language": ",".join(["en"] * MANY)}),
        "a next of a megabyte": lambda: site.app.test_client().get("/sign-in", query_string={"next": "/" + "x" * 1_000_000}),
        "a once of a megabyte": lambda: lead.post("/sign-out", data={"once": "x" * 1_000_000, "csrf_token": "y"}),
        "a boundary without an end": lambda: lead.post("/projects/new", data=b"--" + b"b" * MANY, content_type="multipart/form-data; boundary=" + "b" * MANY),
    }  # fmt: skip


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a refused form's draft on disk
def test_what_is_too_much_by_its_form_is_no_defect(site: Site, tried: Tried) -> None:
    before = rows(site, Project), rows(site, Release)
    for name, send in sent(site).items():
        assert send().status_code in {200, 206, 303, 400, 401, 404, 409, 413, 416, 422, 429, 431}, name
        tried()
    assert (rows(site, Project), rows(site, Release)) == before


@pytest.mark.parametrize("line", [nested(50_000), nested(50_000, "{}"), b'{"a":' * 30_000 + b"1" + b"}" * 30_000], ids=["lists", "braces", "objects"])  # fmt: skip
@pytest.mark.parametrize("kind", ["Patient", "Observation"])
def test_a_line_without_a_bottom_is_counted_and_left(tmp_path: Path, kind: str, line: bytes) -> None:
    house, folder = House(tmp_path), tmp_path / "in"
    folder.mkdir()
    write_fhir(folder, [patient("a", number(2))])
    (folder / "deep.ndjson").write_bytes(line + b"\n")
    output = [{"type": "Patient", "url": "Patient.ndjson"}, {"type": kind, "url": "deep.ndjson"}]
    manifest = {
        "transactionTime": "2026-06-30T00:00:00Z",
        "request": "x",
        "requiresAccessToken": False,
        "output": output,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    report = house.load(source(Format.FHIR, "RRV"), folder)
    assert report.rows["person"] == 1


NAMES = ["..", ".", "../x", "/etc/passwd", "x/../../y", "..\\x", "C:\\x", "x\0y", "x\ny", "%2e%2e%2fx", "x/", "//x", "./x", "~/x", "x" * 5_000, "", " ", "\u2025/x", "\uff0e\uff0e/x", "x/..", "-rf", "|x", "$(x)", "con:", "file:///x"]  # fmt: skip


def test_no_name_leads_out_of_its_place(tmp_path: Path, tried: Tried) -> None:
    """Of objects, scripts and presets; files of deliveries, rooms and packages have tests of their own."""
    (tmp_path / "inside").mkdir()
    (tmp_path / "x").write_text("outside")
    store = LocalObjects(tmp_path / "inside")
    plain = {"-rf"}  # for an object's name a dash is a sign like others
    for name in NAMES:
        for use in (store.get_bytes, store.exists, store.delete, lambda each: store.put_bytes(each, b"x")):
            tried()
            if name not in plain:
                with pytest.raises((Invalid, ValueError)):
                    use(name)
        for use in (lambda each: scan(each, b"x"), lambda each: scan(f"{each}.py", b"x"), preset):
            tried()
            with pytest.raises(Invalid):
                use(name)
    assert (tmp_path / "x").read_text() == "outside"
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.name not in {"x", *plain}]
