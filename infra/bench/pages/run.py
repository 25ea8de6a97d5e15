"""What pages cost: processor time of 200 requests each, beside an empty Flask page, with few projects and with many.

In process, through the whole application: session, database (SQLite in a file), templates. Time of the processor and
not of the clock, so that what else the machine does counts for nothing.
"""

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from werkzeug.test import Client

from gateway.app import create_app
from gateway.commands.perform import perform
from gateway.commands.terms import object_name
from gateway.jobs.worker import run_once
from gateway.models import RegisterEntry, Release
from gateway.store.migrate import upgrade
from gateway.store.unit_of_work import only_writer
from gateway.vocabulary import Command, RegisterState, ReleaseState
from gateway.web.warm import warm
from infra.bench.pages.growing import more_projects, more_releases
from infra.bench.report import Measure, measure
from infra.bench.traffic import bare
from infra.bench.traffic.asking import Answer, Ask
from infra.bench.traffic.journeys import Journeys
from infra.bench.traffic.town import Size, Somebody, Town, settle
from infra.demo import stages
from workspaces.catalogue.errors import Invalid

EMPTY_BAR, GROWTH_BAR = 10.0, 1.2
BASE = Size(researchers=20, checkers=4, committee=4, projects=10)
WALK_SECONDS, WARM, SEED = 120, 5, 1


@dataclass(frozen=True)
class Page:
    """One kind of page as one kind of visitor asks for it."""

    what: str
    path: str
    who: Somebody | None


def measures(projects: int, releases: int, requests: int, say: Callable[[str], None]) -> Iterator[Measure]:
    """Each page with few projects beside an empty page, and with many beside itself with few."""
    with tempfile.TemporaryDirectory(prefix="tre-pages-") as name:
        folder = Path(name)
        database = f"sqlite:///{folder / 'gateway.db'}"
        upgrade(database)
        say("A house with ten projects")
        town = settle(folder, database, 8499, BASE)
        try:
            app = create_app(town.at.gateway.settings)
            warm(app)
            client = Client(app, use_cookies=False)
            _walk(town, client)
            with only_writer(town.at.gateway.unit.engine) as connection:
                for project_id in town.projects:
                    more_releases(connection, project_id, releases)
            _seal_copies(town)
            pages = list(_pages(town))
            empty = _cost(Client(bare.application), Page("", "/", None), requests)
            few = {page.what: _cost(client, page, requests) for page in pages}
            with only_writer(town.at.gateway.unit.engine) as connection:
                for there in more_projects(connection, next(iter(town.projects)), projects - len(town.projects)):
                    say(f"{there} projects written")
            many = {page.what: _cost(client, page, requests) for page in pages}
        finally:
            town.at.gateway.unit.dispose()
    yield measure(
        "bar", "pages with ten projects, their median", median(few.values()), "an empty page", empty, EMPTY_BAR
    )
    growths = [many[what] / few[what] for what in few]
    yield measure("bar", f"the page that grows most, {projects} projects", max(growths), "ten", 1.0, GROWTH_BAR)
    for what in few:
        yield measure("info", what, many[what], "with ten projects", few[what])


def _pages(town: Town) -> Iterator[Page]:
    project_id, (lead, *_) = next(iter(town.projects.items()))
    with town.at.gateway.unit.reading() as work:
        released = work.find(Release, Release.project_id == project_id, Release.state == ReleaseState.RELEASED)
        entry = work.find(RegisterEntry, RegisterEntry.project_id == project_id)
    release_id, entry_id = released.id if released else "", entry.id if entry else ""
    for path in ("/", "/register", f"/register/{entry_id}", "/status"):
        yield Page(f"public {path.replace(entry_id, '*')}", path, None)
    for kind, who, paths in (
        ("researcher", lead, ("/tasks", "/projects", "/projects/*", "/releases", "/releases/*", "/account")),
        ("checker", town.checkers[0], ("/tasks", "/releases", "/releases/*")),
        ("committee", town.committee[0], ("/tasks", "/projects", "/projects/*")),
    ):
        for path in paths:
            filled = path.replace("/projects/*", f"/projects/{project_id}").replace(
                "/releases/*", f"/releases/{release_id}"
            )
            yield Page(f"{kind} {path}", filled, who)


def _walk(town: Town, client: Client) -> None:
    """A release in each project to its end, by real commands and draws; every entry published."""
    for project_id, group in town.projects.items():
        journeys = Journeys(replace(town, projects={project_id: group}), random.Random(SEED))  # noqa: S311 no secret
        ends = time.monotonic() + WALK_SECONDS
        while not (journeys.ended and journeys.seen_by) and time.monotonic() < ends:
            journeys.draining = bool(journeys.seen_by)
            asked = journeys.next()
            if asked is not None:
                asked.then(_answer(client, asked))
            if not run_once(town.at):
                time.sleep(0.01)
    officer = stages.acting(town.at, "ig-officer")
    with town.at.gateway.unit.reading() as work:
        drafts = [row.id for row in work.all(RegisterEntry, RegisterEntry.state == RegisterState.DRAFT)]
    for entry_id in drafts:
        perform(town.at.gateway, actor=officer, command=Command.PUBLISH_ENTRY, subject_id=entry_id)


def _seal_copies(town: Town) -> None:
    """What a copy of a release says lies sealed does so: a page puts earlier releases beside each other."""
    with town.at.gateway.unit.reading() as work:
        rows = sorted(work.all(Release, Release.artefact_digest != ""), key=lambda row: len(row.id))
    sealed: dict[str, bytes] = {}
    for row in rows:
        if row.artefact_digest in sealed:
            town.at.objects.put_bytes(object_name(row), sealed[row.artefact_digest])
        else:
            sealed[row.artefact_digest] = town.at.objects.get_bytes(object_name(row))


def _answer(client: Client, asked: Ask) -> Answer:
    method = "GET" if asked.body is None else "POST"
    answer = client.open(
        asked.path, method=method, headers=asked.headers, data=asked.body, content_type="application/json"
    )
    return Answer(asked.kind, answer.status_code, 0.0, answer.data)


def _cost(client: Client, page: Page, requests: int) -> float:
    """Seconds of the processor for a request, the median of so many."""
    headers = (("Cookie", f"session={page.who.cookie}"),) if page.who else ()
    costs = []
    for _ in range(WARM + requests):
        began = time.process_time()
        answer = client.get(page.path, headers=headers)
        costs.append(time.process_time() - began)
        if answer.status_code != 200:
            raise Invalid("bench:no_page", f"{page.what} answers {answer.status_code}.", "Mend the page.")
    return median(costs[WARM:])
