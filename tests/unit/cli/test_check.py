"""`tre check`: with files alone, and the verdict of the price page and the checker's desk."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from disclosure.checks.offline import check_with, terms_in, without_grant
from gateway.commands.terms import terms_of
from gateway.evidence.package import make_package
from gateway.models import Grant, Pool
from gateway.rules.marks import mark_of
from gateway.store.queries import views
from gateway.vocabulary import Command
from tests.factories.command_lines import tre
from tests.factories.gateways import REQUEST, Town, approved_project, cleared_snapshot, settle_town, submitted_release

MIXED = {
    **REQUEST,
    "title": "Hypertension",
    "statistics": [
        {"name": "people", "kind": "count", "by": ["sex", "hypertension"], "half_width": "30"},
        {"name": "share", "kind": "proportion", "of": "hypertension"},
    ],
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return settle_town(tmp_path_factory.mktemp("town"))


def seen(town: Town, name: str, subject_id: str) -> dict[str, Any]:
    return town.read(lambda work: views.one(work, town.actor(name), subject_id, town.gateway.now(), 90))


def written(path: Path, held: object) -> str:
    path.write_text(json.dumps(held, default=str), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("preset", ["nhs-england-sde", "opensafely", "uk-llc", "acro"])
def test_author_checker_and_command_line_see_the_same_verdict(preset: str, tmp_path: Path) -> None:
    town = settle_town(tmp_path)
    project_id = approved_project(town, preset=preset)
    cleared_snapshot(town, project_id)
    release_id = submitted_release(town, project_id, MIXED)
    project = seen(town, "researcher", project_id)
    assert project["grant"]["preset"] == preset
    at_the_page, at_the_desk = (seen(town, who, release_id)["price"]["checks"] for who in ("researcher", "checker1"))
    ran = tre(
        "check",
        written(tmp_path / "request.json", MIXED),
        "--grant",
        written(tmp_path / "project.json", project),
        "--json",
    )
    assert ran.exit_code == 0
    (offline,) = json.loads(ran.stdout)
    assert offline == at_the_page == at_the_desk
    assert offline["preset"] == preset
    assert offline["overall"] == ("nothing found" if preset == "acro" else "a person should look at what was found")


@pytest.mark.parametrize("tier", ["JOBS", "NOTEBOOK", "ROWS"])
def test_the_shown_grant_stands_for_the_terms_that_the_gateway_prices_with(town: Town, tier: str) -> None:
    project_id = approved_project(town)
    with town.gateway.unit.writing() as work:
        work.find(Grant, Grant.project_id == project_id).tier = tier
    grant, pool = town.read(lambda work: (work.find(Grant, Grant.project_id == project_id), work.find(Pool)))
    assert terms_in(seen(town, "researcher", project_id)["grant"]) == terms_of(
        grant, pool, mark_of(grant, informed=False)
    )


def test_without_a_grant_it_says_what_it_assumes(tmp_path: Path) -> None:
    ran = tre("check", written(tmp_path / "request.json", {"request": REQUEST}))
    assert ran.exit_code == 0
    assert "NHS England SDE, the request: nothing found (no grant given" in ran.stdout
    assert "low_counts: not decidable after DP: covered by the noise floor: Whether" in ran.stdout


def test_other_rules_can_be_tried(tmp_path: Path) -> None:
    path = written(tmp_path / "request.json", REQUEST)
    assert tre("check", path, "--rules", "uk-llc").stdout.startswith("UK LLC")
    ran = tre("check", path, "--rules", "mine")
    assert ran.exit_code == 1
    assert ran.stderr.startswith("preset:unknown")


def package(value: int) -> tuple[dict[str, Any], dict[str, Any]]:
    statistic = {
        "name": "people",
        "kind": "count",
        "unit": "people",
        "by": ["sex"],
        "meaning": "People.",
        "mechanism": "discrete Gaussian",
        "scale": "6",
        "micro_rho": 1,
        "interval": {"covers": "noise"},
        "half_width_95": "12",
        "half_width_assumes": None,
        "noise_floor": None,
        "sensitivity": {"l1": 1, "l2_squared": 1},
    }
    cell = {
        "statistic": "people",
        "keys": {"sex": "female"},
        "labels": {"sex": "Female"},
        "value": value,
        "low": value - 12,
        "high": value + 12,
        "too_noisy": value < 12,
        "drawn": [value],
    }
    artefact = {
        "title": "People",
        "statistics": [statistic],
        "cells": [cell],
        "epsilon_micro": 1,
        "delta_e15": 1,
        "micro_rho": 1,
        "view_sql": "SELECT 1",
        "view_notes": [],
        "literals": [],
        "request_digest": "x",
        "epsilon_asked_micro": 1,
        "neighbours": "one person",
        "format": "tre-release/1",
    }
    return artefact, {"mark": "BLIND", "release_id": "rel-1"}


def test_released_values_are_checked_from_a_package_or_its_artefact(tmp_path: Path) -> None:
    request = written(tmp_path / "request.json", REQUEST)
    artefact, about = package(4)
    (tmp_path / "package.zip").write_bytes(make_package(artefact, about))
    alone = written(tmp_path / "artefact.json", artefact)
    for released in (str(tmp_path / "package.zip"), alone):
        ran = tre("check", request, "--released", released)
        assert ran.exit_code == 0
        assert "1 of 1 figures show or rest on fewer than 10 people, on released values." in ran.stdout
        assert "    people  Female" in ran.stdout
    strict = tre("check", request, "--released", alone, "--rules", "uk-llc")
    assert strict.exit_code == 1
    assert strict.stderr.startswith("check:change")


BAD = [
    ("request:object", "[]", "", ""),
    ("request:object", "not json", "", ""),
    ("request:title", '{"view": {}}', "", ""),
    ("grant:unreadable", None, "[1]", ""),
    ("grant:unreadable", None, '{"tables": 5}', ""),
    ("grant:none", None, '{"grant": null}', ""),
    ("artefact:unreadable", None, "", "{}"),
    ("artefact:unreadable", None, "", "PK\x03\x04"),
    ("view:not_granted", None, "person only", ""),
]


@pytest.mark.parametrize(("code", "request_", "grant", "released"), BAD)
def test_bad_files_are_refused_by_code(
    code: str, request_: str | None, grant: str, released: str, tmp_path: Path
) -> None:
    arguments = ["check", written(tmp_path / "request.json", REQUEST)]
    if request_ is not None:
        Path(arguments[1]).write_text(request_, encoding="utf-8")
    if grant == "person only":
        grant = json.dumps({**without_grant(), "tables": {"person": ["sex"]}})
    for option, text in (("--grant", grant), ("--released", released)):
        if text:
            path = tmp_path / f"{option.strip('-')}.json"
            path.write_text(text, encoding="utf-8")
            arguments += [option, str(path)]
    ran = tre(*arguments)
    assert ran.exit_code == 1
    assert ran.stderr.startswith(f"{code}: "), ran.stderr


def test_the_default_grant_is_one_that_can_be_priced() -> None:
    assert check_with(REQUEST, without_grant()).preset == "nhs-england-sde"


def test_an_application_with_rules_that_nobody_knows_is_refused(town: Town) -> None:
    with pytest.raises(Exception, match="No preset has that name"):
        approved_project(town, preset="ours")


def test_changing_the_draft_brings_its_checks_up_to_date(tmp_path: Path) -> None:
    town = settle_town(tmp_path)
    project_id = approved_project(town)
    cleared_snapshot(town, project_id)
    release_id = town.do("researcher", Command.DRAFT_RELEASE, project_id, {"request": MIXED}).created_id
    assert "look at this" in str(seen(town, "researcher", release_id)["price"]["checks"])
    town.do("researcher", Command.EDIT_RELEASE, release_id, {"request": REQUEST})
    assert "look at this" not in str(seen(town, "researcher", release_id)["price"]["checks"])


def test_it_runs_without_web_database_sampler_or_engine() -> None:
    program = (
        "import sys\n"
        "import gateway.cli.main as cli\n"
        "cli.main.get_command(None, 'check')\n"
        "heavy = {'flask', 'sqlmodel', 'sqlalchemy', 'boto3', 'requests', 'opendp', 'duckdb', 'authlib', 'pyspark'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"
