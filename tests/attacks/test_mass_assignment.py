"""More fields than a form or body has: whatever a table's columns are called, nobody sets them from outside."""

import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError
from sqlmodel import SQLModel

from gateway.commands.act import VERBS
from gateway.models import Appointment, Person, Project, Release
from gateway.vocabulary import Command, ProjectState, Seat
from gateway.web.sign_in import verified_email
from tests.factories.gateways import application, approved_project, cleared_snapshot, submitted_release
from tests.factories.sites import Site, open_site
from tests.factories.tried import Tried
from tests.functional.test_page_attacks import form_of, rows, send

COLUMNS = sorted({column.name for table in SQLModel.metadata.tables.values() for column in table.columns})
ODD = ["__class__", "__proto__", "constructor", "model_config", "_sa_instance_state", "actor", "subject", "act", "work"]
VALUES = {"state": "APPROVED", "leads": True, "is_system": True, "micro_rho": 0, "role": "OPERATOR"}


def inputs(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """An input and every model inside it."""
    yield model
    for field in model.model_fields.values():
        for part in (field.annotation, *get_args(field.annotation)):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from inputs(part)


EVERY = sorted(
    {model for verb in VERBS.values() for model in inputs(verb.given)},
    key=lambda each: f"{each.__module__}.{each.__qualname__}",
)


@pytest.mark.parametrize("model", EVERY, ids=lambda each: f"{each.__module__}.{each.__qualname__}")
def test_no_input_takes_a_field_that_it_does_not_name(model: type[BaseModel], tried: Tried) -> None:
    """Whether the rest of it is right or not: the strange field itself is named among the faults."""
    for name in {*COLUMNS, *ODD} - set(model.model_fields):
        tried()
        with pytest.raises(ValidationError) as why:
            model.model_validate_json(json.dumps({name: VALUES.get(name, "x")}))
        faults = {(error["loc"], error["type"]) for error in why.value.errors()}
        assert ((name,), "extra_forbidden") in faults, name
    tried.at_least(100)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = open_site(tmp_path_factory.mktemp("mass"))
    yield made
    made.town.gateway.unit.dispose()


def test_a_form_sets_what_it_shows_and_nothing_else(site: Site, tried: Tried) -> None:
    """Every column there is, in the form of an application: it is a draft of who sent it, as ever."""
    shown, asked = form_of(application()), set(VERBS[Command.DRAFT_PROJECT].given.model_fields)
    extra = {name: str(VALUES.get(name, "x")) for name in COLUMNS if name not in {*shown, *asked}}
    answer = send(site.client("lead"), "/projects/new", **shown, **extra)
    assert answer.status_code == 303
    made = site.town.read(lambda work: work.need(Project, answer.headers["Location"].rsplit("/", 1)[1]))
    assert (made.state, made.round, made.draws_frozen) == (ProjectState.DRAFT, 1, False)
    assert set(made.application) <= asked
    tried(len(extra))


def test_a_button_carries_no_fields(site: Site, tried: Tried) -> None:
    town = site.town
    project = approved_project(town)
    cleared_snapshot(town, project)
    release = submitted_release(town, project)
    before = town.read(lambda work: work.need(Release, release)).model_dump()
    extra = {name: str(VALUES.get(name, "x")) for name in COLUMNS}
    assert send(site.client("researcher"), f"/releases/{release}/withdraw", **extra).status_code == 303
    after = town.read(lambda work: work.need(Release, release)).model_dump()
    assert {name for name in before if before[name] != after[name]} == {"state"}
    tried(len(extra))


def test_the_address_of_a_command_sets_nothing(site: Site, tried: Tried) -> None:
    """Neither the query of an address nor headers stand in for fields of the body."""
    town = site.town
    given = {"label": "x", "days": 7}
    token = town.do("lead", Command.CREATE_TOKEN, town.people["lead"], given).returned["token"]
    headers = {"Authorization": f"Bearer {token}", "X-Person-Id": town.people["ig"], "X-HTTP-Method-Override": "DELETE"}
    path = f"/api/v1/people/{town.people['lead']}/create-token"
    for query in ({"label": "y", "days": "9"}, {"person_id": town.people["ig"]}, {"_method": "PUT"}):
        tried()
        answer = site.app.test_client().post(path, query_string=query, headers=headers)
        assert answer.status_code == 422  # without a body nothing is named
    assert site.app.test_client().get("/api/v1/me", headers=headers).json["id"] == town.people["lead"]


def test_the_identity_provider_gives_no_seats(site: Site, monkeypatch: pytest.MonkeyPatch, tried: Tried) -> None:
    """Claims that look like roles of ours are no roles; identity comes from there and nothing else."""
    claims: dict[str, Any] = {"iss": "test", "sub": "newcomer", "email": "new@example.org", "amr": ["pwd", "otp"]}
    claims |= {name: [seat.value for seat in Seat] for name in ("roles", "role", "appointments", "groups", "seats")}
    claims |= {"id": "per-0000000000000000", "state": "ACTIVE", "is_system": True, "person_id": "system"}
    monkeypatch.setattr("gateway.web.sign_in._claims", lambda: claims)
    assert site.app.test_client().get("/sign-in/answer").status_code == 303
    person = site.town.read(lambda work: work.find(Person, Person.subject == "newcomer"))
    assert person.id != claims["id"]
    assert verified_email(claims) == person.email
    assert rows(site, Appointment, Appointment.person_id == person.id) == 0
    tried(len(claims))
