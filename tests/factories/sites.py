"""A gateway behind its pages: the town's people sign in, by the real code flow or with a session planted for them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from gateway.app import create_app
from gateway.commands.perform import Gateway
from gateway.store.queries import sessions
from gateway.store.unit_of_work import UnitOfWork
from gateway.vocabulary import Command
from gateway.web.current import PERSON
from gateway.web.sessions import hash_of
from infra.identity.personas import Persona
from infra.identity.provider import Client, Provider
from tests.factories.gateways import SEATS, Town, settle_town
from workspaces.rooms.base import Promise

CLIENT_SECRET = "shared with the provider of tests"
PROMISES = (
    Promise("no network", True, "a network namespace of its own"),
    Promise("memory bounded", False, "no control groups here: each process alone is bounded"),
)


class Objects(dict[str, bytes]):
    """An object store in memory."""

    def get_bytes(self, name: str) -> bytes:
        return self[name]


@dataclass
class Site:
    """A town, its application, and what lies in its store."""

    town: Town
    app: Flask
    objects: Objects
    address: str

    def client(self, name: str | None = None) -> FlaskClient:
        """A browser without JavaScript; for a name, signed in already."""
        client = self.app.test_client()
        if name is not None:
            cookie = f"a session of {name}"
            unit, now = self.town.gateway.unit, self.town.clock()
            with unit.reading() as work:
                from gateway.models import Session

                planted = work.get(Session, hash_of(cookie))
            if planted is None:
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
    folder: Path, *, issuer: str = "http://127.0.0.1:9", address: str = "http://127.0.0.1", **changes: Any
) -> Site:
    """The pages of a new town; `changes` are settings."""
    town = settle_town(folder)
    settings = town.gateway.settings.model_copy(
        update={"oidc_issuer": issuer, "oidc_client_secret": _secret(), "base_url": address, **changes}
    )
    town.gateway = Gateway(UnitOfWork(settings.database), settings, town.clock)
    objects = Objects()
    rooms = SimpleNamespace(promises=lambda: PROMISES)
    house = SimpleNamespace(gateway=town.gateway, objects=objects, rooms=lambda: rooms)
    return Site(town, create_app(settings, house=house), objects, address)


def _secret() -> Any:
    from pydantic import SecretStr

    return SecretStr(CLIENT_SECRET)


def personas() -> dict[str, Persona]:
    """One persona for each of the town's people."""
    return {
        name: Persona(name, name.title(), f"{name}@example.org", "Example Trust", ", ".join(seats))
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
