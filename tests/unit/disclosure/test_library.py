"""The library works as its own introduction says, and takes two lines."""

import subprocess
import sys
from textwrap import dedent

import pytest

import disclosure
from disclosure.requests import parse_request
from tests.factories.snapshots import snapshot
from workspaces.catalogue.errors import Invalid

PEOPLE = [{"sex": sex, "sbp": None, "hypertension": False} for sex in ["female"] * 3_000 + ["male"] * 1_000]


@pytest.fixture
def folder(tmp_path):
    files = snapshot(tmp_path / "made", PEOPLE)
    files.room.rename(tmp_path / "room")
    (tmp_path / "draw").mkdir()
    files.sampling.rename(tmp_path / "draw" / "sampling.parquet")
    return tmp_path


def test_the_example_runs(folder, capsys):
    call, given, reading = (
        dedent(part.lstrip("\n").split("\n\n")[0]) + "\n" for part in disclosure.__doc__.split("::\n")[1:]
    )
    assert len(call.splitlines()) == 2
    exec(given + call + reading, {"folder": folder})  # noqa: S102
    printed = [line.rsplit(maxsplit=3) for line in capsys.readouterr().out.splitlines()]
    found = {label: tuple(map(int, numbers)) for label, *numbers in printed}
    assert len(found) == 4
    for label, true in {"Female": 3_000, "Male": 1_000}.items():
        value, low, high = found[label]
        assert low < value < high
        assert abs(value - true) < 200  # about twenty standard deviations


def test_what_is_refused_is_refused_before_anything_is_read(tmp_path):
    asked = {"title": "x", "view": {"sql": "SELECT person_id, sex FROM person"}, "statistics": [], "epsilon": "0.5"}
    with pytest.raises(Invalid):
        disclosure.answer(asked, disclosure.Terms(tables={}, delta_e15=1, public_population=9), tmp_path / "nowhere")


@pytest.mark.parametrize("lost", ["room/person.parquet", "draw/sampling.parquet"])
def test_a_table_that_is_not_there_is_named(folder, lost):
    asked = {
        "title": "x",
        "view": {"sql": "SELECT person_id, sex FROM person"},
        "statistics": [{"name": "people", "kind": "count", "by": ["sex"]}],
        "epsilon": "0.5",
    }
    terms = disclosure.Terms(tables={"person": ("sex",)}, delta_e15=500_000_000, public_population=20_000)
    (folder / lost).unlink()
    with pytest.raises(FileNotFoundError, match=lost):
        disclosure.answer(asked, terms, folder)


@pytest.mark.parametrize("name", disclosure.__all__)
def test_everything_that_is_offered_is_there(name):
    assert callable(getattr(disclosure, name))
    assert disclosure.parse_request is parse_request


def test_what_is_not_offered_is_not_there():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        disclosure.nothing  # noqa: B018


def test_importing_it_loads_neither_sampler_nor_database():
    loaded = "import sys, disclosure; print(*sorted({'opendp', 'duckdb', 'numpy', 'sqlglot'} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == ""
