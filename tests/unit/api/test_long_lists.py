"""Lists longer than a page: on the pages a link to what is older, in the API a Link header, in the client all of it."""

import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from werkzeug.serving import make_server

from gateway.api import paging
from gateway.cli.main import main
from gateway.store.queries import lists
from gateway.vocabulary import Command
from tests.factories.gateways import application
from tests.factories.sites import Site, open_site

MANY = lists.PAGE + 3


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = open_site(tmp_path_factory.mktemp("site"))
    for number in range(MANY):
        site.town.do("lead", Command.DRAFT_PROJECT, site.town.pool_id, application(title=f"Project {number}."))
        site.town.clock.pass_(seconds=number % 2)  # some begin in the same moment
    yield site
    site.town.gateway.unit.dispose()


@pytest.fixture(scope="module")
def bearer(site: Site) -> str:
    made = site.town.do("lead", Command.CREATE_TOKEN, site.town.people["lead"], {"label": "test", "days": 7})
    return str(made.returned["token"])


def test_a_page_leads_to_what_is_older(site: Site) -> None:
    browser = site.client("lead")
    first = browser.get("/projects").get_data(as_text=True)
    shown = [number for number in range(MANY) if f">Project {number}.<" in first]
    assert len(shown) == lists.PAGE
    (link,) = [part.split('"')[0] for part in first.split('href="') if part.startswith("/projects?before=")]
    second = browser.get(link.replace("&amp;", "&")).get_data(as_text=True)
    rest = [number for number in range(MANY) if f">Project {number}.<" in second]
    assert sorted(shown + rest) == list(range(MANY))
    assert "before=" not in second


@pytest.mark.parametrize("address", ["/projects", "/releases", "/register"])
def test_a_place_that_is_none_is_refused_and_not_echoed(site: Site, address: str) -> None:
    answer = site.client("lead").get(f"{address}?before=<script>")
    assert answer.status_code == 422
    assert b"<script>" not in answer.data
    assert b"no such place" in answer.data


def test_the_api_links_to_the_next_page(site: Site, bearer: str) -> None:
    http, found, address = site.app.test_client(), [], "/api/v1/projects?limit=20"
    headers = {"Authorization": f"Bearer {bearer}"}
    while address:
        answer = http.get(address, headers=headers)
        found += [row["id"] for row in answer.json]
        assert answer.status_code == 200
        address = answer.headers.get("Link", "").partition(">")[0].lstrip("<")
        assert not address or urlsplit(address).path == "/api/v1/projects"
    assert len(found) == len(set(found)) == MANY


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "limit=", "limit=1e1", "before=x", "limit=٣"])
def test_a_page_that_is_none_is_refused(site: Site, bearer: str, query: str) -> None:
    answer = site.app.test_client().get(f"/api/v1/projects?{query}", headers={"Authorization": f"Bearer {bearer}"})
    assert answer.status_code == 422
    assert answer.json["code"] in {"list:limit", "list:unknown_place"}


def test_the_client_prints_the_whole_list(site: Site, bearer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "LONGEST", 25)  # what is asked for when no limit is given
    server = make_server("127.0.0.1", 0, site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        where = {"TRE_URL": f"http://127.0.0.1:{server.server_port}", "TRE_TOKEN": bearer}
        said = CliRunner().invoke(main, ["projects", "list"], env=where)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert said.exit_code == 0
    assert len(set(said.output.splitlines())) == MANY
