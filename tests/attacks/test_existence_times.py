"""How long an answer takes tells nothing of what is there: hidden and missing by turns, compared by rank.

The questions to the database are compared in `test_access.py`; this looks at the clock, which a busy machine disturbs,
so that it runs in `./run prove` alone. One that looks first and asks less where nothing is found would be seen.
"""

import os
import time

import pytest
from scipy.stats import mannwhitneyu

from gateway.vocabulary import Command
from tests.factories.gateways import application
from tests.factories.sites import Site, open_site
from tests.factories.tried import Tried

TURNS = int(os.environ.get("TRE_EXISTENCE_TURNS", "0"))
pytestmark = pytest.mark.skipif(not TURNS, reason="the clock is looked at by ./run prove: TRE_EXISTENCE_TURNS=1000")


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return open_site(tmp_path_factory.mktemp("times"))


def taken(site: Site, path: str, token: str, method: str) -> float:
    client, headers = site.app.test_client(), {"Authorization": f"Bearer {token}"}
    begun = time.perf_counter()
    assert client.open(path, method=method, headers=headers, json={} if method == "POST" else None).status_code == 404
    return time.perf_counter() - begun


@pytest.mark.parametrize(("method", "verb"), [("GET", ""), ("POST", "/submit-project")])
def test_hidden_and_missing_are_not_told_apart_by_the_clock(site: Site, tried: Tried, method: str, verb: str) -> None:
    """The chance that hidden is the slower one lies near one half, by more than five of its deviations."""
    town = site.town
    hidden = town.do("lead", Command.DRAFT_PROJECT, town.pool_id, application()).created_id
    missing = hidden[:-6] + "000000"
    given = {"label": "x", "days": 7}
    token = town.do("outsider", Command.CREATE_TOKEN, town.people["outsider"], given).returned["token"]
    times: dict[str, list[float]] = {hidden: [], missing: []}
    for turn in range(TURNS):
        for each in (hidden, missing) if turn % 2 else (missing, hidden):
            times[each].append(taken(site, f"/api/v1/projects/{each}{verb}", token, method))
            tried()
    share = mannwhitneyu(times[hidden], times[missing]).statistic / TURNS**2
    print(f"{method}: hidden is the slower one in {share:.3f} of all pairs of {TURNS} and {TURNS}")
    assert abs(share - 0.5) < 5 * (1 / (6 * TURNS)) ** 0.5
