"""Whatever is typed, and whatever a file holds: a line with code, sentence and next step, never a traceback."""

import json
import string
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.cli.main import main
from tests.factories.command_lines import tre
from tests.unit.cli.test_tree import OURS

REFUSED, WRONG_ARGUMENTS = 1, 2
FIXTURES = (HealthCheck.function_scoped_fixture,)
# `work` and `serve` wait for work; without settings they are refused like everything on the gateway's machine
LONG = {path for path in OURS if path[0] == "bench" or path == ("disclosure", "audit")}  # minutes at their full size
PATHS = st.sampled_from([path for path in OURS if path not in LONG]).map(list)
OPTIONS = ("--json", "--help", "--input", "--out", "--as", "--numbers", "--reason", "--days", "--head", "--port")
ODD = ("@", "@/", "-", "--", "/dev/null", "..", "0", "-1", "nan", "rel-0", "%00", "a/b", "?x=1", "#")
WORDS = st.one_of(
    st.text(max_size=20),
    st.text(st.characters(codec=None), max_size=5),
    st.sampled_from(OPTIONS),
    st.sampled_from(ODD),
)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written by accident is written here."""
    monkeypatch.chdir(tmp_path)


def told(arguments: list[str]) -> None:
    ran = CliRunner().invoke(main, arguments, env={"TRE_URL": "http://127.0.0.1:9", "TRE_AS": "a@b.c"}, input="{}")
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    assert ran.exit_code in (0, REFUSED, WRONG_ARGUMENTS, 4), ran.output
    if ran.exit_code and not ran.stderr.startswith("Usage: "):
        code, _, rest = ran.stderr.strip().partition(": ")
        assert set(code) <= set(string.ascii_letters + ":_"), ran.stderr
        assert rest.count(".") >= 1
        assert not code.startswith("defect")


@settings(max_examples=200, deadline=None, suppress_health_check=FIXTURES)
@example(["audit", "verify"], ["a\0b"])
@given(PATHS, st.lists(WORDS, max_size=5))
def test_whatever_is_typed(path: list[str], words: list[str]) -> None:
    told([*path, *words])


@settings(max_examples=50, deadline=None, suppress_health_check=FIXTURES)
@given(st.lists(WORDS, max_size=4))
def test_whatever_is_typed_instead_of_a_command(words: list[str]) -> None:
    told([word for word in words if word not in ("demo", "seeds")])


LINES = json.dumps({"seq": 1, "previous": "0" * 64, "hash": "x"}).encode()
PACKAGE = b"PK\x05\x06" + b"\0" * 18
FILES = st.one_of(
    st.binary(max_size=200),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=4),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=6,
    ).map(lambda value: json.dumps(value).encode()),
    st.sampled_from(
        [
            b"[" * 100_000,
            b'{"a":' * 5000,
            b"NaN",
            b"\xff",
            b'"\\ud800"',
            b"1" * 5000,
            b"SQLite format 3\0",
            LINES,
            PACKAGE,
        ]
    ),
)
READERS = [
    ["audit", "verify", "FILE"],
    ["audit", "verify", "FILE", "--json"],
    ["releases", "verify", "FILE"],
    ["releases", "verify", "FILE", "--register", "FILE"],
    ["releases", "price", "prj-1", "--input", "FILE"],
    ["projects", "draft", "pool-1", "--input", "FILE"],
    ["projects", "cast-vote", "prj-1", "--verdict", "APPROVE", "--input", "FILE"],
    ["workspaces", "bring-in", "wsp-1", "--name", "a.py", "--text", "@FILE"],
]


@settings(max_examples=150, deadline=None, suppress_health_check=FIXTURES)
@given(st.sampled_from(READERS), FILES)
def test_whatever_a_file_holds(reader: list[str], content: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        told([word.replace("FILE", file.name) for word in reader])


@pytest.mark.parametrize(
    ("arguments", "ends", "code"),
    [
        (["nonsense"], WRONG_ARGUMENTS, "arguments:wrong"),
        (["releases"], WRONG_ARGUMENTS, "Usage"),
        (["releases", "show"], WRONG_ARGUMENTS, "arguments:wrong"),
        (["releases", "show", "rel-1"], REFUSED, "client:unreachable"),
        (["migrate"], REFUSED, "settings:wrong"),
        (["audit", "verify", "/nowhere"], WRONG_ARGUMENTS, "arguments:wrong"),
        (["audit", "verify", "/dev/null"], 0, ""),
    ],
)
def test_the_exit_code_says_what_it_was(arguments: list[str], ends: int, code: str) -> None:
    ran = tre(*arguments)
    assert (ran.exit_code, ran.stderr.partition(": ")[0]) == (ends, code)


def test_a_defect_of_ours_tells_its_place_and_not_its_values(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("9990000018 is a value")

    monkeypatch.setattr("gateway.cli.client.get", broken)
    ran = CliRunner().invoke(main, ["me"])
    assert (ran.exit_code, ran.stderr.partition(": ")[0]) == (70, "defect:logged")
    assert "9990000018" not in ran.stderr
    assert "gateway/cli/client.py" in ran.stderr


@pytest.mark.parametrize("answer", [b"not JSON", b"[]", b'"text"', b"{}", b"null"])
def test_an_answer_of_something_else_than_a_gateway(monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    import requests

    def answered(*_: object, **__: object) -> requests.Response:
        response = requests.Response()
        response.status_code, response._content = 404, answer
        return response

    monkeypatch.setattr("requests.request", answered)
    ran = tre("me")
    assert (ran.exit_code, ran.stderr.partition(": ")[0]) == (REFUSED, "client:not_a_gateway")


def test_a_file_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("gateway.cli.client.get_bytes", lambda *_: b"zip")
    ran = tre("releases", "download", "rel-1", "--out", str(tmp_path / "no" / "package.zip"))
    assert (ran.exit_code, ran.stderr.partition(": ")[0]) == (REFUSED, "file:unusable")
