"""A gateway in which many people have work: projects in force, snapshots cleared, everybody signed in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from gateway.commands.perform import perform
from gateway.jobs.build_snapshot import build_snapshot
from gateway.jobs.house import House, open_house
from gateway.models import OptOutList, Person
from gateway.rules.facts import SYSTEM, Actor
from gateway.settings import Settings
from gateway.store.queries import sessions, tasks
from gateway.store.queries.facts import actor_of
from gateway.vocabulary import Command, Seat
from gateway.web.current import PERSON
from gateway.web.sessions import hash_of
from infra.bench.traffic.requests import application
from infra.demo import stages
from infra.demo.place import Place
from infra.seeds.population import write_population

DRAW_PACE = 0.02  # draws begin one after another, at deadlines: here of a fraction of a second
RECORDS, SEED = 200, 8


@dataclass(frozen=True)
class Size:
    """How many people of each kind, and over how many projects the researchers are spread."""

    researchers: int = 200
    checkers: int = 40
    committee: int = 20
    projects: int = 20


@dataclass(frozen=True)
class Somebody:
    """A person with a browser that is signed in, and a token for the API."""

    id: str
    email: str
    cookie: str
    token: str


@dataclass(frozen=True)
class Town:
    """The house, the environment of its processes, and who is there; `projects` has the members of each."""

    at: House
    environment: Mapping[str, str]
    projects: Mapping[str, tuple[Somebody, ...]]
    checkers: tuple[Somebody, ...]
    committee: tuple[Somebody, ...]
    lay: tuple[Somebody, ...]


def settle(folder: Path, database: str, port: int, size: Size) -> Town:
    """Everybody and everything that is there before the first request."""
    place = Place(folder, folder / "data", port)
    folder.chmod(0o755)
    environment = place.environment() | {"TRE_DATABASE_URL": database, "TRE_DRAW_PACE": str(DRAW_PACE)}
    at = open_house(_settings(environment))
    write_population(RECORDS, SEED, place.data)
    for stage in (stages.make_pool, stages.make_people, stages.load_everything, stages.exchange):
        stage(place, at)
    with at.gateway.unit.reading() as work:
        lists = [row.id for row in work.all(OptOutList)]
    _do(at, stages.acting(at, "ig-officer"), Command.ACTIVATE_OPT_OUTS, lists[0])
    checkers, committee, lay, researchers = (
        tuple(_somebody(at, f"{name}-{number}", seat) for number in range(many))
        for name, seat, many in (
            ("checker", Seat.OUTPUT_CHECKER, size.checkers),
            ("committee", Seat.COMMITTEE_MEMBER, size.committee - size.committee // 4),
            ("lay", Seat.LAY_MEMBER, size.committee // 4),
            ("researcher", Seat.RESEARCHER, size.researchers),
        )
    )
    groups = [researchers[number :: size.projects] for number in range(size.projects)]
    voters = (*committee[:2], lay[0])
    projects = {_project(at, number, group, voters): group for number, group in enumerate(groups)}
    return Town(at, environment, projects, checkers, committee, lay)


def _settings(environment: Mapping[str, str]) -> Settings:
    given = {name[4:].lower(): value for name, value in environment.items() if name.startswith("TRE_")}
    return Settings.model_validate(given)


def _do(at: House, actor: Actor, command: Command, subject_id: str, given: Any = None) -> Any:
    return perform(at.gateway, actor=actor, command=command, subject_id=subject_id, given=given)


def _somebody(at: House, sub: str, seat: Seat) -> Somebody:
    """Welcomed, appointed, with a session and a token, as after signing in."""
    who = {"issuer": "bench", "subject": sub, "name": sub.title(), "email": f"{sub}@bench.example"}
    person_id = _do(at, SYSTEM, Command.WELCOME_PERSON, at.pool_id(), who).created_id
    _do(at, SYSTEM, Command.APPOINT_PERSON, person_id, {"role": seat.value})
    given, cookie, now = {"label": "bench", "days": 1}, token_urlsafe(32), at.gateway.now()
    token = _do(at, _actor(at, person_id), Command.CREATE_TOKEN, person_id, given).returned["token"]
    data, ends = {PERSON: person_id, "csrf_token": token_urlsafe(20)}, now + timedelta(hours=12)
    sessions.begin(at.gateway.unit, id_hash=hash_of(cookie), data=data, person_id=person_id, now=now, ends=ends)
    return Somebody(person_id, who["email"], cookie, token)


def _actor(at: House, person_id: str) -> Actor:
    with at.gateway.unit.reading() as work:
        return actor_of(work, work.need(Person, person_id), at.gateway.now())


def _project(at: House, number: int, group: tuple[Somebody, ...], voters: tuple[Somebody, ...]) -> str:
    """An approved project of these people, the first of them its lead, with a cleared snapshot."""
    lead = _actor(at, group[0].id)
    asked = application(f"Project {number}", [each.email for each in group[1:]])
    project_id: str = _do(at, lead, Command.DRAFT_PROJECT, at.pool_id(), asked).created_id
    _do(at, lead, Command.SUBMIT_PROJECT, project_id)
    for voter in voters:
        given = {"verdict": "APPROVE", "reason": "clear benefit"}
        _do(at, _actor(at, voter.id), Command.CAST_VOTE, project_id, given)
    snapshot_id = _do(at, lead, Command.REQUEST_SNAPSHOT, project_id).created_id
    build_snapshot(at, snapshot_id)
    _done(at, snapshot_id)
    _do(at, stages.acting(at, "ig-officer"), Command.CLEAR_SNAPSHOT, snapshot_id)
    return project_id


def _done(at: House, subject_id: str) -> None:
    """The build that was made here is not made again by a worker."""
    while (held := tasks.lease(at.gateway.unit, at.gateway.now(), 60)) is not None:
        tasks.finish(at.gateway.unit, held, at.gateway.now(), "done")
        if held.subject_id == subject_id:
            return
