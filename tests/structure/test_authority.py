"""The running system is asked about itself: every command has a row, a verb and an event; only one place commits."""

import ast
from pathlib import Path

import pytest
from sqlmodel import SQLModel

import gateway.models  # noqa: F401 - fills the metadata
from gateway.commands.act import VERBS
from gateway.commands.perform import perform
from gateway.rules.transitions import STEPS
from gateway.store.queries.facts import TABLES
from gateway.vocabulary import Command, Event, Noun

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path for top in ("gateway", "workspaces", "disclosure", "infra") for path in (ROOT / top).rglob("*.py")
)


def imports_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


# what ours is measured against; nothing of it is part of a gateway that runs
BENCHMARKS = {"infra/bench/releases.py", "infra/bench/peers/bare.py", "infra/bench/peers/opendp.py"}


def importers_of(package: str) -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if any(name == package or name.startswith(package + ".") for name in imports_of(path))
    }


def test_every_command_has_a_row_and_a_verb() -> None:
    assert callable(perform)
    assert {row.command for row in STEPS} == set(Command)
    assert set(VERBS) == set(Command)


def test_every_event_is_recorded_by_a_row_or_the_door() -> None:
    assert {row.records for row in STEPS} | {Event.COMMAND_REFUSED} == set(Event)


def test_every_noun_has_a_table_with_a_state() -> None:
    assert set(TABLES) == set(Noun)
    assert all("state" in SQLModel.metadata.tables[table.__tablename__].columns for table in TABLES.values())


def test_event_names_are_subject_and_past_tense() -> None:
    assert all(event.value.count(":") == 1 and event.value.islower() for event in Event)


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("opendp", {"disclosure/noise.py", *BENCHMARKS}),
        ("boto3", {"gateway/store/s3.py"}),
        ("authlib", {"gateway/web/sign_in.py"}),
        ("opentelemetry", {"gateway/traces.py"}),
    ],
)
def test_one_module_imports(package: str, allowed: set[str]) -> None:
    assert importers_of(package) <= allowed


def test_flask_stays_where_http_is_spoken() -> None:
    spoken = ("gateway/web/", "gateway/api/", "gateway/app.py", "infra/bench/traffic/bare.py")
    assert all(path.startswith(spoken) for path in importers_of("flask"))


def test_only_the_unit_of_work_commits() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if path.is_relative_to(ROOT / "gateway")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "commit"
    }
    assert found == {"gateway/store/unit_of_work.py"}


def test_disclosure_has_no_randomness_of_its_own() -> None:
    for package in ("random", "numpy.random", "secrets"):
        assert not [path for path in importers_of(package) if path.startswith("disclosure/")]


def test_the_project_speaks_of_itself_alone() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in SOURCES)
    assert "../" + "shared" not in text
