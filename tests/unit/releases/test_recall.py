"""A recall reaches everybody who holds a copy: their tasks, the register, and whoever verifies a package."""

from pathlib import Path
from typing import Any

import pytest

from gateway.evidence.package import make_package
from gateway.evidence.verification import verify_package
from gateway.models import RegisterEntry
from gateway.store.queries.history import recalled_copies
from gateway.vocabulary import Command
from tests.factories.gateways import Town, approved_project, cleared_snapshot, sealed_release
from tests.factories.sites import open_site
from tests.unit.evidence.test_crate import WHOLE
from tests.unit.evidence.test_package import ARTEFACT


@pytest.fixture
def released(town: Town) -> str:
    project_id = approved_project(town)
    cleared_snapshot(town, project_id)
    release_id = sealed_release(town, project_id)
    for name in ("checker1", "checker2"):
        town.do(name, Command.REVIEW_RELEASE, release_id, {"verdict": "APPROVE", "reason": "fine"})
    return release_id


def copies(town: Town, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = town.read(lambda work: recalled_copies(work, town.actor(name)))
    return found


def row(town: Town, release_id: str) -> dict[str, Any]:
    rows = town.read(lambda work: work.find(RegisterEntry)).fields["releases"]
    found: dict[str, Any] = next(each for each in rows if each["id"] == release_id)
    return found


def test_who_downloaded_is_told_and_nobody_else(town: Town, released: str) -> None:
    town.do("researcher", Command.DOWNLOAD_OUTPUT, released)
    assert copies(town, "researcher") == []
    town.do("ig", Command.RECALL_RELEASE, released, {"reason": "A wrong code list."})
    assert [(each["id"], each["reason"]) for each in copies(town, "researcher")] == [(released, "A wrong code list.")]
    assert copies(town, "lead") == []


def test_the_register_and_whoever_verifies_say_so(town: Town, released: str) -> None:
    version = town.read(lambda work: work.find(RegisterEntry)).version
    assert "recalled_on" not in row(town, released)
    town.do("ig", Command.RECALL_RELEASE, released, {"reason": "A wrong code list."})
    told = row(town, released)
    assert (told["recalled_on"], town.read(lambda work: work.find(RegisterEntry)).version) == (
        "2026-07-01",
        version + 1,
    )
    assert "A wrong code list." not in str(told)  # why is for the project
    package = make_package(ARTEFACT, {**WHOLE, "release_id": released})
    register = [{"releases": [{**told, "artefact_digest": WHOLE["artefact_digest"]}]}]
    found = verify_package(package, register)
    assert (found.broken, found.registered, found.recalled_on) == ("", True, "2026-07-01")


@pytest.mark.usefixtures("released")
def test_the_register_names_checkers_by_ids_of_one_release(town: Town) -> None:
    other = sealed_release(town, approved_project_again(town))
    for name in ("checker1", "checker2"):
        town.do(name, Command.REVIEW_RELEASE, other, {"verdict": "APPROVE", "reason": "fine"})
    entries = town.read(lambda work: work.all(RegisterEntry))
    named = [set(each["checkers"]) for entry in entries for each in entry.fields["releases"]]
    assert [len(each) for each in named] == [2, 2]
    assert not named[0] & named[1]
    assert not any(person in str(named) for person in town.people.values())


def approved_project_again(town: Town) -> str:
    project_id = approved_project(town)
    cleared_snapshot(town, project_id, "L2")
    return project_id


def test_their_tasks_say_it(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    town = site.town
    project_id = approved_project(town)
    cleared_snapshot(town, project_id)
    release_id = sealed_release(town, project_id)
    for name in ("checker1", "checker2"):
        town.do(name, Command.REVIEW_RELEASE, release_id, {"verdict": "APPROVE", "reason": "fine"})
    town.do("researcher", Command.DOWNLOAD_OUTPUT, release_id)
    town.do("ig", Command.RECALL_RELEASE, release_id, {"reason": "A wrong <b>code</b> list."})
    told = site.client("researcher").get("/tasks").get_data(as_text=True)
    assert "Recalled: destroy your copies" in told
    assert "A wrong &lt;b&gt;code&lt;/b&gt; list." in told
    assert "Recalled" not in site.client("lead").get("/tasks").get_data(as_text=True)
