"""A gateway behind its pages: the town's people sign in, by the real code flow or with a session planted for them."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.serving import make_server

from disclosure.checks.on_releases import check_release
from disclosure.checks.presets import preset
from disclosure.release import draw
from disclosure.requests import parse_request
from gateway.app import create_app
from gateway.commands.perform import Gateway
from gateway.commands.terms import object_name, package_name, terms_of
from gateway.evidence.package import make_package
from gateway.models import Grant, Pool, Project, Release
from gateway.store.keys import Keys
from gateway.store.queries import sessions
from gateway.vocabulary import Command
from gateway.web.current import PERSON
from gateway.web.sessions import hash_of
from infra.identity.personas import Persona
from infra.identity.provider import Client, Provider
from tests.factories.gateways import SEATS, SECRET, Town, opened, settle_town
from tests.factories.worlds import write
from workspaces.catalogue.places import STP_DOMAIN
from workspaces.catalogue.tables import AGE_BANDS, ETHNIC_GROUPS
from workspaces.rooms.base import Promise
from workspaces.snapshots.objects import MissingObject

CLIENT_SECRET = "shared with the provider of tests"
PROMISES = (
    Promise("no network", True, "a network namespace of its own"),
    Promise("memory bounded", False, "no control groups here: each process alone is bounded"),
)


class Objects(dict[str, bytes]):
    """An object store in memory."""

    def get_bytes(self, name: str) -> bytes:
        if name not in self:
            raise MissingObject
        return self[name]

    def exists(self, name: str) -> bool:
        return name in self


@dataclass
class Site:
    """A town, its application, and what lies in its store."""

    town: Town
    app: Flask
    objects: Objects
    address: str

    def seal(self, release_id: str, folder: Path, *, checked: bool = False) -> None:
        """What the jobs do after a plan is cleared: reserve, begin, draw for real on made-up people, seal."""
        for command in (Command.RESERVE_BUDGET, Command.BEGIN_DRAW):
            self.town.do("system", command, release_id)
        artefact, package = drawn(self.town, release_id, folder, checked=checked)
        with self.town.gateway.unit.reading() as work:
            release = work.need(Release, release_id)
        self.objects[object_name(release)], self.objects[package_name(release)] = artefact, package
        given = {"artefact_digest": sha256(artefact).hexdigest(), "package_digest": sha256(package).hexdigest()}
        self.town.do("system", Command.SEAL_ARTEFACT, release_id, given)

    def client(self, name: str | None = None) -> FlaskClient:
        """A browser without JavaScript; for a name, signed in already."""
        client = self.app.test_client()
        if name is not None:
            cookie = f"a session of {name}"
            unit, now = self.town.gateway.unit, self.town.clock()
            if sessions.live(unit, hash_of(cookie), now, timedelta(hours=12)) is None:
                person_id = self.town.people[name]
                sessions.begin(
                    unit,
                    id_hash=hash_of(cookie),
                    data={PERSON: person_id},
                    person_id=person_id,
                    now=now,
                    ends=now + timedelta(hours=12),
                )
            client.set_cookie("session", cookie)
        return client


def open_site(
    folder: Path, *, issuer: str = "http://127.0.0.1:9", address: str = "http://127.0.0.1", on: str = "", **changes: Any
) -> Site:
    """The pages of a new town; `on` is the kind of its database, `changes` are settings."""
    town = settle_town(folder, on=on)
    town.gateway.unit.dispose()
    settings = town.gateway.settings.model_copy(
        update={"oidc_issuer": issuer, "oidc_client_secret": SecretStr(CLIENT_SECRET), "base_url": address, **changes}
    )
    town.gateway = Gateway(opened(settings.database), settings, town.clock)
    objects = Objects()
    rooms = SimpleNamespace(promises=lambda: PROMISES)
    keys = Keys(folder / "keys", SECRET)
    house = SimpleNamespace(gateway=town.gateway, objects=objects, keys=keys, rooms=lambda: rooms)
    return Site(town, create_app(settings, house=house), objects, address)


def drawn(town: Town, release_id: str, folder: Path, *, checked: bool = False) -> tuple[bytes, bytes]:
    """The artefact and package of a release over a small made-up world; with the output rules' findings if wanted."""
    with town.gateway.unit.reading() as work:
        release = work.need(Release, release_id)
        grant, project = work.find(Grant, Grant.project_id == release.project_id), work.get(Project, release.project_id)
        pool = work.find(Pool)
    assert grant
    assert pool
    assert project
    artefact = draw(parse_request(release.request), terms_of(grant, pool), write(small_world(), folder)).to_bytes()
    about = {"release_id": release.id, "project_title": project.title, "mark": release.mark.value}
    if checked:
        about["checks"] = check_release(
            json.loads(artefact), preset(grant.preset), floor_half_width=grant.floor_half_width
        ).shown()
    return artefact, make_package(json.loads(artefact), about)


def small_world(people: int = 4000) -> dict[str, list[dict[str, Any]]]:
    """People with a sex and, for some, hypertension."""
    stps = [value for value in STP_DOMAIN.values if value != "unknown"]
    persons = [
        {
            "person_id": n,
            "year_of_birth": 1930 + n % 80,
            "age_band": AGE_BANDS.values[n % 18],
            "sex": ("female", "male")[n % 2],
            "ethnic_group": ETHNIC_GROUPS.values[n % 6],
            "borough": "E09000007",
            "stp": stps[n % len(stps)],
            "imd_decile": n % 10 + 1,
        }
        for n in range(1, people + 1)
    ]
    conditions = [
        {"person_id": n, "condition_concept_id": 320128, "condition_start_date": date(2024, 1, 1)}
        for n in range(1, people + 1)
        if n % 7 < 2
    ]
    return {"person": persons, "condition_occurrence": conditions}


def personas() -> dict[str, Persona]:
    """One persona for each of the town's people."""
    return {
        name: Persona(name, name.title(), f"{name}@trust.example", "Example Trust", ", ".join(seats))
        for name, seats in SEATS.items()
    }


@contextmanager
def served(application: Any, port: int = 0) -> Iterator[str]:
    """A WSGI application on loopback; gives its address."""
    server = make_server("127.0.0.1", port, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def provider() -> Iterator[str]:
    """The development identity provider with the town's people; gives its issuer."""
    client = Client("tre-gateway", CLIENT_SECRET)
    behind: dict[str, Any] = {}
    with served(lambda environ, start: behind["app"](environ, start)) as issuer:
        behind["app"] = Provider(issuer=issuer, personas=personas(), client=client)
        yield issuer


@contextmanager
def living_site(folder: Path, **changes: Any) -> Iterator[Site]:
    """Pages and provider on loopback; the town's people are those whom the provider knows."""
    behind: dict[str, Any] = {}
    with provider() as issuer, served(lambda environ, start: behind["app"](environ, start)) as address:
        site = open_site(folder, issuer=issuer, address=address, **changes)
        behind["app"] = site.app
        for name, persona in personas().items():
            who = {"issuer": issuer, "subject": name, "name": persona.name, "email": persona.email}
            made = site.town.do("system", Command.WELCOME_PERSON, site.town.pool_id, who)
            site.town.people[name] = made.created_id
            for seat in SEATS[name]:
                site.town.do("system", Command.APPOINT_PERSON, made.created_id, {"role": seat.value})
        yield site
        site.town.gateway.unit.dispose()
