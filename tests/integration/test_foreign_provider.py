"""Signing in by a provider that is not ours, in a process of its own: who comes, by how many factors, and out again."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from flask.testing import FlaskClient

from gateway.models import Appointment, AuditEvent, Person
from tests.factories.object_stores import free_port
from tests.factories.sites import Site, open_site

TWO = ["pwd", "otp"]


@dataclass
class Place:
    """The provider's address, and a site that trusts it."""

    issuer: str
    site: Site

    def knows(self, sub: str, **claims: Any) -> None:
        told = {"email": f"{sub}@elsewhere.example", "name": sub.title(), "amr": TWO, **claims}
        assert requests.put(f"{self.issuer}/users/{sub}", json=told, timeout=10).status_code == 204

    def consent(self, client: FlaskClient, **form: str) -> str:
        """From our sign-in over the provider's form to the way back: path and query."""
        sent = str(client.get("/sign-in").headers["Location"])
        assert sent.startswith(f"{self.issuer}/oauth2/authorize?")
        answer = requests.post(sent, data=form, allow_redirects=False, timeout=10)
        back = urlsplit(answer.headers["Location"])
        return f"{back.path}?{back.query}"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    port = free_port()
    issuer, folder = f"http://127.0.0.1:{port}", tmp_path_factory.mktemp("foreign")
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--host", "127.0.0.1", "--port", str(port)],
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port)
        site = open_site(folder, issuer=issuer)
        yield Place(issuer, site)
        site.town.gateway.unit.dispose()
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int) -> None:
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise RuntimeError("the provider did not start")


def test_somebody_new_comes_in_with_no_seat_and_goes_out(place: Place) -> None:
    place.knows("asha", organisation="University of Elsewhere")
    client = place.site.app.test_client()
    answer = client.get(place.consent(client, sub="asha"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/tasks")
    page = client.get("/account").text
    assert "Asha" in page
    town = place.site.town
    (person,) = town.read(lambda work: work.all(Person, Person.subject == "asha"))
    assert (person.issuer, person.email) == (place.issuer, "asha@elsewhere.example")
    assert town.read(lambda work: work.all(Appointment, Appointment.person_id == person.id)) == []
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    assert client.post("/sign-out", data={"csrf_token": token}).status_code == 303
    assert client.get("/tasks").status_code == 303


@pytest.mark.parametrize("amr", [["pwd"], [], None, "mfa", {"mfa": True}])
def test_one_factor_does_not_do_whatever_shape_it_has(place: Place, amr: Any) -> None:
    place.knows("ben", amr=amr)
    client = place.site.app.test_client()
    answer = client.get(place.consent(client, sub="ben"))
    malformed = amr is not None and not isinstance(amr, list)
    assert answer.headers["X-Refusal-Code"] == ("sign_in:not_accepted" if malformed else "sign_in:one_factor")
    assert client.get("/tasks").status_code == 303


def test_the_same_person_comes_back_as_the_same_with_a_new_name(place: Place) -> None:
    ids = set()
    for name in ("Chloe Old", "Chloe New"):
        place.knows("chloe", name=name)
        client = place.site.app.test_client()
        assert client.get(place.consent(client, sub="chloe")).status_code == 303
        assert name in client.get("/account").text
        found = place.site.town.read(lambda work: work.all(Person, Person.subject == "chloe"))
        ids |= {person.id for person in found}
    assert len(ids) == 1


def test_a_code_is_worth_nothing_twice_or_elsewhere(place: Place) -> None:
    place.knows("dev")
    client, other = place.site.app.test_client(), place.site.app.test_client()
    back = place.consent(client, sub="dev")
    other.get("/sign-in")
    assert other.get(back).headers["X-Refusal-Code"] == "sign_in:not_accepted"
    assert client.get(back).status_code == 303
    replayed = place.site.app.test_client()
    replayed.get("/sign-in")
    state = dict(parse_qsl(urlsplit(place.consent(replayed, sub="dev")).query))["state"]
    code = dict(parse_qsl(urlsplit(back).query))["code"]
    assert replayed.get(f"/sign-in/answer?code={code}&state={state}").headers["X-Refusal-Code"] == (
        "sign_in:not_accepted"
    )


def test_who_declines_is_not_in(place: Place) -> None:
    client = place.site.app.test_client()
    answer = client.get(place.consent(client, action="deny"))
    assert answer.headers["X-Refusal-Code"] == "sign_in:not_accepted"
    assert client.get("/tasks").status_code == 303


def test_sign_ins_are_in_the_log_and_their_codes_are_not(place: Place) -> None:
    place.knows("eve")
    client = place.site.app.test_client()
    back = place.consent(client, sub="eve")
    client.get(back)
    code = dict(parse_qsl(urlsplit(back).query))["code"]
    rows = place.site.town.read(lambda work: work.all(AuditEvent, AuditEvent.event == "person:signed_in"))
    assert "Eve" in {row.actor for row in rows}
    everything = " ".join(str(row.model_dump()) for row in place.site.town.read(lambda work: work.all(AuditEvent)))
    assert code not in everything
