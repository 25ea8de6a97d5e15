"""Whether one person is in the records shows only through noise: not in a page, the API, the ledger or the queue.

Two gateways live through the same days. In the snapshot of one there is a person who makes the draw as dear as a
person can: very many rows, odd values, and nearly all the time that the plan allows. Noise is fixed here, so that
everything else can be compared letter for letter.
"""

import re
from datetime import date, timedelta
from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest

from disclosure import noise
from disclosure.release import draw
from gateway.jobs import run_release
from gateway.jobs.house import House
from gateway.jobs.worker import run_once
from gateway.models import AuditEvent, Budget, Incident, LedgerEntry, RegisterEntry, Release, Task
from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from gateway.vocabulary import Command, ReleaseState
from tests.factories.gateways import REQUEST, approved_project, cleared_snapshot, submitted_release
from tests.factories.sites import open_site, small_world
from tests.factories.worlds import write

PEOPLE = 60
PLANTED = PEOPLE + 1
PATHS = ("/releases/{release}", "/releases/{behind}", "/projects/{project}", "/register-entries", "/releases")
PAGES = (
    "/releases/{behind}",
    "/",
    "/tasks",
    "/releases",
    "/releases/{release}",
    "/projects/{project}",
    "/register",
    "/status",
)
SEEN_BY = ("lead", "researcher", "outsider", "checker1", "operator", "auditor")
ROWS = (AuditEvent, Budget, Incident, LedgerEntry, RegisterEntry, Release, Task)
FRESH = re.compile(r'name="(csrf_token|once)" value="[^"]*"')  # made for each page anew
SECRETS = re.compile(r"[0-9a-f]{32,}|[A-Za-z0-9_-]{40,}")


def planted_world():
    """The small world and one person with as many rows as nobody else, odd ones among them."""
    world = small_world(PEOPLE)
    person = {**world["person"][0], "person_id": PLANTED, "sex": "female"}
    codes = (320128, 320128, 201826, 2**31 - 1)
    days = (date(2024, 1, 1), date(1899, 12, 31), date(9999, 12, 31))
    rows = [
        {"person_id": PLANTED, "condition_concept_id": codes[n % 4], "condition_start_date": days[n % 3]}
        for n in range(30_000)
    ]
    return {"person": [*world["person"], person], "condition_occurrence": [*world["condition_occurrence"], *rows]}


def lived(folder, monkeypatch, world, *, share):
    """What can be seen at several moments, for a draw that takes this share of its deadline."""
    made = count()
    (folder / "site").mkdir(parents=True)
    monkeypatch.setattr("gateway.models.columns.token_hex", lambda size: f"{next(made):0{2 * size}x}", raising=False)
    site = open_site(folder / "site")
    town = site.town
    house = House(town.gateway, LocalObjects(folder / "objects"), Keys(folder / "keys", "k" * 32))
    project = approved_project(town)
    cleared_snapshot(town, project)
    release, behind = (
        submitted_release(town, project, {**REQUEST, "title": title}) for title in ("First", "Behind it")
    )
    for each in (release, behind):
        town.do("checker1", Command.CLEAR_PLAN, each, {"reason": "public keys, published code list"})
    names = {"release": release, "behind": behind, "project": project}
    tokens = {
        name: town.do(name, Command.CREATE_TOKEN, town.people[name], {"label": "test", "days": 7}).returned["token"]
        for name in ("researcher", "auditor")
    }
    files = write(world, folder / "snapshot")
    moments = []

    def look():
        moments.append(seen(site, names, tokens))

    def slow(*given, **named):
        artefact = draw(*given, **named)
        if moments:  # the one behind it
            return artefact
        look()
        begun = town.clock.now
        town.clock.now = begun + share * (deadline_of(town, release) - begun)
        return artefact

    monkeypatch.setattr(
        run_release,
        "open_snapshot",
        lambda *_: SimpleNamespace(room=files.room, drawn=files.room, sampling=files.sampling),
    )
    monkeypatch.setattr(run_release, "draw", slow)
    while run_once(house):
        pass
    ends = deadline_of(town, release)
    for town.clock.now in (ends - timedelta(seconds=0.01), ends, ends + timedelta(hours=1)):
        while run_once(house):
            pass
        look()
    state = town.read(lambda work: work.get(Release, release).state)
    town.gateway.unit.dispose()
    return state, moments


def deadline_of(town, release):
    return town.read(lambda work: work.get(Release, release).deadline_at)


def seen(site, names, tokens):
    """Every page by everybody, and every row that pages and API tell of; names of things by the order of appearance."""
    found = {}
    for who in SEEN_BY:
        client = site.client(who)
        for page in PAGES:
            answer = client.get(page.format(**names))
            found[who, page] = (answer.status_code, FRESH.sub("", answer.get_data(as_text=True)))
        for path in PATHS if who in tokens else ():
            headers = {"Authorization": f"Bearer {tokens[who]}"}
            answer = site.app.test_client().get(f"/api/v1{path.format(**names)}", headers=headers)
            found[who, f"api {path}"] = (answer.status_code, answer.get_data(as_text=True))
    for table in ROWS:
        rows = site.town.read(lambda work, table=table: [repr(row.model_dump()) for row in work.all(table)])
        found["database", table.__name__] = sorted(rows) if table is not AuditEvent else rows
    order = {}
    return {
        key: SECRETS.sub(lambda word: order.setdefault(word[0], f"<{len(order)}>"), str(text))
        for key, text in found.items()
    }


@pytest.mark.slow
def test_a_person_who_makes_a_draw_dear_shows_nowhere(tmp_path, monkeypatch):
    monkeypatch.setattr(noise, "add_noise", lambda parts: [np.full_like(part.vector, 60) for part in parts])
    without = lived(tmp_path / "without", monkeypatch, small_world(PEOPLE), share=0)
    with_ = lived(tmp_path / "with", monkeypatch, planted_world(), share=0.95)
    assert with_[0] == without[0] == ReleaseState.SEALED
    assert len(with_[1]) == len(without[1]) == 4
    for here, there in zip(with_[1], without[1], strict=True):
        assert [key for key in here if here[key] != there[key]] == []
