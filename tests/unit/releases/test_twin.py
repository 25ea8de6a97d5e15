"""The public twin: fixed marginals drawn once and reviewed like every release; people made up from them alone."""

import io
import json
import re
import zipfile

import duckdb
import pytest

from disclosure.requests import parse_request
from gateway.models import Grant, Release
from gateway.rules.refusals import Refusal
from gateway.vocabulary import Command, ReleaseState
from gateway.web.release_form import ROWS, StatisticForm, _statistic, filled_from
from tests.factories.gateways import REQUEST, approved_project, cleared_snapshot, submitted_release
from tests.factories.sites import open_site
from tests.factories.worlds import EVERYTHING
from workspaces.catalogue.errors import Invalid
from workspaces.catalogue.tables import TABLES
from workspaces.twin.files import write
from workspaces.twin.marginals import TITLE, request_for
from workspaces.twin.people import made_up


def artefact_of(request, numbers=lambda *_: 40.0):
    """Released marginals: for each cell of a request what `numbers` says."""
    body = parse_request(request)
    cells = []
    for statistic in body.statistics:
        for keys in _cells(statistic):
            cells.append({"statistic": statistic.name, "keys": keys, "value": numbers(statistic.name, keys)})
    return {"cells": cells}


def _cells(statistic):
    domains = {column.name: column.domain for column in TABLES["person"].columns}
    found = [{}]
    for key in statistic.by:
        values = domains[key].values if key in domains else (True, False)
        found = [{**each, key: value} for each in found for value in values]
    if statistic.kind == "histogram":
        bins = range(len(statistic.edges) - 1)
        found = [{**each, statistic.of: str(number)} for each in found for number in bins]
    return found


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A site whose twin was asked for, drawn, reviewed and released."""
    folder = tmp_path_factory.mktemp("twin")
    site = open_site(folder / "site")
    project = approved_project(site.town)
    cleared_snapshot(site.town, project)
    tables = site.town.read(lambda work: work.find(Grant, Grant.project_id == project)).tables
    site.twin = submitted_release(site.town, project, request_for(tables))
    site.project = project
    site.town.do("checker1", Command.CLEAR_PLAN, site.twin, {"reason": "the twin's own marginals"})
    site.seal(site.twin, folder / "drawn")
    for checker in ("checker1", "checker2"):
        site.town.do(checker, Command.REVIEW_RELEASE, site.twin, {"verdict": "APPROVE", "reason": "as planned"})
    return site


def test_the_request_is_one_for_everybody_and_survives_the_form():
    asked = request_for(EVERYTHING)
    assert asked == request_for({name: list(columns)[::-1] for name, columns in EVERYTHING.items()})
    rows = filled_from(asked)
    assert rows["mode"] == "form"
    assert max(len(rows["columns"]), len(rows["statistics"])) <= ROWS
    sent = {**asked, "statistics": [_statistic(StatisticForm(data=row)) for row in rows["statistics"]]}
    assert parse_request(sent).digest() == parse_request(asked).digest()


def test_people_follow_the_released_counts_and_nothing_else():
    def numbers(statistic, keys):
        if statistic == "by_sex_and_age_band":
            return 3_000.0 if keys == {"sex": "female", "age_band": "30-34"} else -25.0
        if statistic.startswith("by_condition_320128"):
            return 100.0 if keys["condition_320128"] else 300.0
        return 10.0

    twin = made_up(artefact_of(request_for(EVERYTHING), numbers))
    person = twin.tables["person"]
    assert twin.people == len(person["sex"]) == 3_000
    assert (set(person["sex"]), set(person["age_band"])) == ({"female"}, {"30-34"})
    assert set(person["year_of_birth"]) <= set(range(1991, 1997))
    has = twin.tables["condition_occurrence"]
    ill = [who for who, what in zip(has["person_id"], has["condition_concept_id"], strict=True) if what == 320128]
    assert 650 <= len(ill) <= 850
    assert len(set(ill)) == len(ill)


def test_the_same_release_gives_the_same_twin(tmp_path):
    artefact = artefact_of(request_for(EVERYTHING))
    for name in ("one", "two"):
        write(made_up(artefact), tmp_path / name)
    for path in (tmp_path / "one").rglob("*.parquet"):
        assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()


def test_it_has_every_table_and_column_of_the_catalogue(tmp_path):
    write(made_up(artefact_of(request_for(EVERYTHING))), tmp_path / "twin")
    for name, table in TABLES.items():
        with duckdb.connect() as connection:
            found = connection.execute(f"DESCRIBE SELECT * FROM '{tmp_path}/twin/room/{name}.parquet'").fetchall()  # noqa: S608
        kinds = {"TEXT": "VARCHAR"}
        assert [(each[0], each[1]) for each in found] == [
            (column.name, kinds.get(column.type.value, column.type.value)) for column in table.columns
        ]


def test_a_release_of_nothing_is_a_twin_of_nobody(tmp_path):
    twin = made_up(artefact_of(request_for(EVERYTHING), lambda *_: -3.0))
    assert twin.people == 0
    write(twin, tmp_path / "twin")


def test_it_is_drawn_once_and_its_title_is_its_own(town):
    released = town.town.read(lambda work: work.need(Release, town.twin))
    assert released.state is ReleaseState.RELEASED
    tables = town.town.read(lambda work: work.find(Grant, Grant.project_id == town.project)).tables
    again = {**request_for(tables), "epsilon": "0.5"}
    for request, code in ((again, "twin:another"), ({**REQUEST, "title": TITLE}, "twin:another")):
        with pytest.raises(Invalid) as why:
            submitted_release(town.town, town.project, request)
        assert why.value.code == code
    other = approved_project(town.town, title="Another twin")
    cleared_snapshot(town.town, other, "L2")
    with pytest.raises(Invalid) as why:
        submitted_release(town.town, other, request_for(tables))
    assert why.value.code == "twin:once"


def test_it_cannot_be_recalled_and_that_is_said(town):
    with pytest.raises(Refusal) as why:
        town.town.do("ig", Command.RECALL_RELEASE, town.twin, {"reason": "a mistake"})
    assert why.value.code == "twin:public"
    assert "cannot be called back" in town.client().get("/twin").get_data(as_text=True)


def test_anybody_downloads_it_with_the_counts_it_was_made_from(town):
    answer = town.client().get("/twin/people.zip")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert {f"{name}.parquet" for name in TABLES} | {"README.txt", "artefact.json"} == set(archive.namelist())
        artefact = json.loads(archive.read("artefact.json"))
    assert artefact["title"] == TITLE
    with duckdb.connect() as connection:
        people = town.town.gateway.settings.folder / "twins"
        (path,) = people.glob("*/room/person.parquet")
        (count,) = connection.execute(f"SELECT count(*) FROM '{path}'").fetchall()[0]  # noqa: S608
    assert abs(count - 4_000) < 800  # what was released, not who is there


def tried(town, **changes):
    client = town.client("researcher")
    path = f"/projects/{town.project}/releases/new"
    first = client.get(path).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', first)
    body = {"title": "People by sex", "mode": "sql", "sql": "SELECT person_id, sex FROM person", "epsilon": "0.5"}
    body |= {"statistics-0-name": "people", "statistics-0-kind": "count", "statistics-0-by": "sex", "try": "1"}
    return first, client.post(path, data={"csrf_token": token[1], **body, **changes}).get_data(as_text=True)


def test_a_request_is_tried_on_it_for_nothing(town):
    before = town.town.read(lambda work: len(work.all(Release)))
    first, page = tried(town)
    assert "Try it on made-up people" in first
    assert "On made-up people" in page
    assert len(re.findall(r'<th scope="row">(?:Female|Male)</th>', page)) == 2
    assert town.town.read(lambda work: len(work.all(Release))) == before


def test_what_cannot_be_tried_is_refused_on_the_page(town):
    _, page = tried(town, sql="SELECT person_id, random() AS sex FROM person")
    assert "On made-up people" not in page
    assert "nhsuk-error-summary" in page


def test_without_a_twin_nothing_is_offered(tmp_path):
    site = open_site(tmp_path)
    project = approved_project(site.town)
    assert site.client().get("/twin/people.zip").status_code == 404
    assert "No twin has been published yet" in site.client().get("/twin").get_data(as_text=True)
    assert "Try it on" not in site.client("researcher").get(f"/projects/{project}/releases/new").get_data(as_text=True)
