"""A gateway in a temporary folder with people in their seats; everything is walked there by real commands."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gateway.commands.perform import Gateway, Outcome, perform
from gateway.models import Person, Pool
from gateway.rules.facts import SYSTEM, Actor
from gateway.settings import Settings
from gateway.store.queries.facts import actor_of
from gateway.store.unit_of_work import UnitOfWork
from gateway.vocabulary import Command, Seat
from tests.factories.databases import new_database

SECRET = "a secret that is long enough for tests"
SEATS: dict[str, tuple[Seat, ...]] = {
    "lead": (Seat.RESEARCHER,),
    "researcher": (Seat.RESEARCHER,),
    "outsider": (Seat.RESEARCHER,),
    "member1": (Seat.COMMITTEE_MEMBER,),
    "member2": (Seat.COMMITTEE_MEMBER,),
    "lay": (Seat.LAY_MEMBER,),
    "checker1": (Seat.OUTPUT_CHECKER,),
    "checker2": (Seat.OUTPUT_CHECKER,),
    "checker3": (Seat.OUTPUT_CHECKER,),
    "ig": (Seat.IG_OFFICER,),
    "operator": (Seat.OPERATOR,),
    "auditor": (Seat.AUDITOR,),
}


@dataclass
class Clock:
    """A clock that tests set."""

    now: datetime = datetime(2026, 7, 1, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **span: float) -> None:
        """Let time go by."""
        self.now += timedelta(**span)


@dataclass
class Town:
    """A gateway, its clock, and somebody in every seat."""

    gateway: Gateway
    clock: Clock
    pool_id: str
    people: dict[str, str] = field(default_factory=dict)

    def actor(self, name: str) -> Actor:
        """A person with their seats, or the system."""
        if name == "system":
            return SYSTEM
        with self.gateway.unit.reading() as work:
            return actor_of(work, work.need(Person, self.people[name]), self.clock())

    def do(self, name: str, command: Command, subject_id: str, given: Any = None) -> Outcome:
        """One command by one person."""
        return perform(self.gateway, actor=self.actor(name), command=command, subject_id=subject_id, given=given)

    def read(self, question: Callable[[Any], Any]) -> Any:
        """An answer from the database."""
        with self.gateway.unit.reading() as work:
            return question(work)


OPENED: list[UnitOfWork] = []


def opened(database: str) -> UnitOfWork:
    """A unit of work whose connections are closed at the end of the test file, whoever forgot them."""
    OPENED.append(UnitOfWork(database))
    return OPENED[-1]


def settle_town(folder: Path, *, epsilon_micro: int = 10_000_000, on: str = "") -> Town:
    """A migrated gateway with its pool and its people; `on` is "sqlite" where its file is what the test looks at."""
    settings = Settings(folder=folder, secret_key=SECRET, demo=True, database_url=new_database(folder, on))
    clock = Clock()
    gateway = Gateway(opened(settings.database), settings, clock)
    with gateway.unit.writing() as work:
        pool = work.add(
            Pool(name="London", public_population=20_000, epsilon_micro=epsilon_micro, delta_e15=500_000_000)
        )
    town = Town(gateway, clock, pool.id)
    town.do("system", Command.OPEN_POOL, pool.id)
    for name, seats in SEATS.items():
        who = {"issuer": "test", "subject": name, "name": name.title(), "email": f"{name}@example.org"}
        town.people[name] = town.do("system", Command.WELCOME_PERSON, pool.id, who).created_id
        for seat in seats:
            town.do("system", Command.APPOINT_PERSON, town.people[name], {"role": seat.value})
    return town


def application(**changes: Any) -> dict[str, Any]:
    """A complete application."""
    return {
        "title": "Hypertension in London",
        "lay_summary": "How common high blood pressure is in each part of London.",
        "public_benefit": "Clinics where they are needed.",
        "safe_people": "Two accredited researchers.",
        "safe_project": "Counts and means only.",
        "safe_settings": "Jobs in the gateway.",
        "safe_outputs": "Differentially private tables.",
        "organisation": "University of Example",
        "data": [
            {"table": "person", "columns": ["sex", "age_band", "stp"], "reason": "groups"},
            {"table": "condition_occurrence", "columns": ["condition_concept_id"], "reason": "hypertension"},
        ],
        "members": ["researcher@example.org"],
        "epsilon": "2",
        "ends_on": "2027-06-30",
        **changes,
    }


def approved_project(town: Town, **changes: Any) -> str:
    """A project that the committee approved."""
    project_id = town.do("lead", Command.DRAFT_PROJECT, town.pool_id, application(**changes)).created_id
    town.do("lead", Command.SUBMIT_PROJECT, project_id)
    for name in ("member1", "member2", "lay"):
        town.do(name, Command.CAST_VOTE, project_id, {"verdict": "APPROVE", "reason": "clear benefit"})
    return project_id


def active_list(town: Town, local_id: str = "L1") -> str:
    """An opt-out list in force; its file is not needed where nothing is built."""
    received = {
        "local_id": local_id,
        "list_date": town.clock().isoformat(),
        "digest": "d",
        "commitment": "c",
        "nonce": "n",
        "receipt": {},
    }
    list_id = town.do("operator", Command.RECEIVE_OPT_OUTS, town.pool_id, received).created_id
    town.do("ig", Command.ACTIVATE_OPT_OUTS, list_id)
    return list_id


def cleared_snapshot(town: Town, project_id: str, local_id: str = "L1") -> str:
    """A snapshot that was cleared; its files are not there."""
    active_list(town, local_id)
    snapshot_id = town.do("lead", Command.REQUEST_SNAPSHOT, project_id).created_id
    town.do("system", Command.BEGIN_SNAPSHOT, snapshot_id)
    built = {"cut_date": "2026-06-30", "manifest_digest": "m", "commitment": "c", "nonce": "n", "people": 9}
    town.do("system", Command.COMPLETE_SNAPSHOT, snapshot_id, built)
    town.do("ig", Command.CLEAR_SNAPSHOT, snapshot_id)
    return snapshot_id


EXEMPTION: dict[str, Any] = {
    "ground": "SPECIFIC_EXEMPTION",
    "decided_by": "Confidentiality Advisory Group",
    "reference": "26/CAG/0001",
    "decided_on": "2026-06-01",
    "expires_on": "2026-12-31",
    "why": "The audit must hold every child with epilepsy.",
}

REQUEST: dict[str, Any] = {
    "title": "Hypertension by sex",
    "view": {
        "form": {
            "columns": [
                {"name": "sex", "person": "sex"},
                {
                    "name": "hypertension",
                    "exists": {
                        "table": "condition_occurrence",
                        "where": [{"column": "condition_concept_id", "in_code_list": "hypertension/1"}],
                    },
                },
            ]
        }
    },
    "statistics": [{"name": "hypertension", "kind": "proportion", "of": "hypertension", "by": ["sex"]}],
    "epsilon": "0.5",
}


def submitted_release(town: Town, project_id: str, request: dict[str, Any] = REQUEST, by: str = "researcher") -> str:
    """A release request on its way."""
    release_id = town.do(by, Command.DRAFT_RELEASE, project_id, {"request": request}).created_id
    town.do(by, Command.SUBMIT_RELEASE, release_id)
    return release_id


def sealed_release(town: Town, project_id: str, request: dict[str, Any] = REQUEST) -> str:
    """A release whose artefact is named; the bytes are not there."""
    release_id = submitted_release(town, project_id, request)
    town.do("checker1", Command.CLEAR_PLAN, release_id, {"reason": "public keys, published code list"})
    for command in (Command.RESERVE_BUDGET, Command.BEGIN_DRAW):
        town.do("system", command, release_id)
    town.do("system", Command.SEAL_ARTEFACT, release_id, {"artefact_digest": "a" * 64, "package_digest": "b" * 64})
    return release_id
