"""The pool's budget by project and by day: what the ledger says, for those who watch over it alone."""

import pytest

from gateway.rules.refusals import Refusal
from gateway.store.queries import holdings
from gateway.vocabulary import Command
from tests.factories.gateways import REQUEST, approved_project, cleared_snapshot, sealed_release
from tests.factories.sites import open_site


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    made = open_site(tmp_path_factory.mktemp("budgets"))
    town = made.town
    project = approved_project(town)
    cleared_snapshot(town, project)
    sealed_release(town, project)
    town.clock.pass_(days=1)
    town.do("ig", Command.ACTIVATE_OPT_OUTS, listed(town))
    sealed_release(town, project, {**REQUEST, "title": "Another", "epsilon": "0.25"})
    yield made
    town.gateway.unit.dispose()


def listed(town):
    given = {"local_id": "L9", "list_date": town.clock().isoformat(), "digest": "d", "commitment": "c", "nonce": "n"}
    return town.do("operator", Command.RECEIVE_OPT_OUTS, town.pool_id, {**given, "receipt": {}}).created_id


def test_each_day_takes_what_was_drawn_on_it(site):
    first, second = site.town.read(holdings.burn_down)
    (held,) = site.town.read(holdings.holdings)
    assert (first["day"], second["day"]) == ("2026-07-01", "2026-07-02")
    assert first["spent_micro_rho"] > second["spent_micro_rho"] > 0
    assert first["left_micro_rho"] - second["left_micro_rho"] == second["spent_micro_rho"]
    assert held["spent_micro_rho"] == first["spent_micro_rho"] + second["spent_micro_rho"]
    assert held["left_micro_rho"] == held["granted_micro_rho"] - held["spent_micro_rho"]


def test_the_chart_has_a_step_for_each_day_and_its_table(site):
    page = site.client("ig").get("/budgets").text
    points = page.split('points="')[1].split('"')[0].split()
    assert len(points) == 6  # all of it, then two days; each a corner on either side
    assert "1 July 2026" in page


@pytest.mark.parametrize("name", ["lead", "operator", "member1", "checker1"])
def test_nobody_else_sees_who_holds_what(site, name):
    assert site.client(name).get("/budgets").status_code == 404
    with pytest.raises(Refusal, match="subject:unknown"):
        site.town.read(lambda work: holdings.need_insider(work, site.town.actor(name), site.town.clock(), 7))
