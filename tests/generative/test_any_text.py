"""Every parser, given anything: what it cannot read it refuses in its own words; nothing else ever comes out of it.

Each is given noise, and honest input with one thing changed: the second gets further. Deliveries and bodies of the API
have files of their own; every reader of the command line is tried as a whole in `unit/cli/test_never_a_traceback.py`.
"""

# ruff: noqa: E501 (tables of words)

import copy
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from disclosure.checks.offline import check_values, check_with, without_grant
from disclosure.checks.presets import DEFAULT, preset
from disclosure.requests import parse_request
from gateway.cli.log_files import read_log, read_published
from gateway.evidence.chain import verify
from gateway.evidence.package import canonical
from gateway.evidence.row_proofs import read_proof
from gateway.evidence.verification import verify_package
from gateway.settings import Settings
from tests.factories.gateways import REQUEST
from tests.factories.records import House, council_row, number, source
from tests.factories.worlds import proven
from workspaces.catalogue.errors import Invalid
from workspaces.engine import one, open_engine
from workspaces.intake import Format
from workspaces.intake.sources import read_sources
from workspaces.opt_outs.file import read_control, read_numbers

PACE = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    2**70,
    1e308,
    "",
    "x",
    "\ud800",
    "\x00",
    "٣",
    "9" * 5_000,
    [],
    {},
    [[]],
    [None],
    {"": {}},
]
ANYTHING = st.recursive(
    st.sampled_from(ODD) | st.text(max_size=4) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container of a value with each of its keys."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [found for key in keys for found in places(value[key])]


@st.composite
def changed(draw: Callable[..., Any], honest: Any) -> Any:
    """The honest value with one or two things in it put aside, doubled or replaced."""
    value = copy.deepcopy(honest)
    for _ in range(draw(st.integers(1, 2))):
        found = places(value)
        if found:
            container, key = draw(st.sampled_from(found))
            how = draw(st.sampled_from(["replace", "replace", "remove", "nest"]))
            if how == "remove":
                del container[key]
            else:
                container[key] = copy.deepcopy(draw(ANYTHING) if how == "replace" else [container[key]] * 3)
    return value


def written(value: Any) -> bytes:
    return json.dumps(value).encode()


def in_file(use: Callable[[Path], Any]) -> Callable[[bytes], Any]:
    """A parser of files, of bytes."""

    def parse(content: bytes) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "file").write_bytes(content)
            return use(Path(folder) / "file")

    return parse


FULL = {
    **REQUEST,
    "statistics": [
        {"name": "n", "kind": "count", "by": ["sex"]},
        {"name": "h", "kind": "histogram", "of": "x", "edges": [0, 1, 2]},
        {"name": "q", "kind": "quantiles", "of": "x", "lower": 0, "upper": 9, "quantiles": ["0.5"], "half_width": "3"},
    ],
}
ROW = {
    "seq": 1,
    "at": "2026-07-01T09:00:00+00:00",
    "event": "x:y",
    "roles": ["A"],
    "previous": "0" * 64,
    "hash": "1" * 64,
}
SIGNED = {
    "size": 1,
    "root": "0" * 64,
    "at": "2026-07-01T09:00:00+00:00",
    "public_key": "0" * 64,
    "signature": "0" * 128,
}
PROOF = {"row": ROW, "path": ["0" * 64], "checkpoint": SIGNED}
CELL = {
    "statistic": "n",
    "keys": {"sex": "male"},
    "labels": {"sex": "Male"},
    "value": 1,
    "low": 0,
    "high": 2,
    "too_noisy": False,
    "drawn": [1],
}
STATISTIC = {
    "name": "n",
    "kind": "count",
    "by": ["sex"],
    "meaning": "m",
    "unit": "people",
    "mechanism": "g",
    "scale": "1.5",
    "micro_rho": 1,
    "sensitivity": {"l1": 1, "l2_squared": 1},
    "half_width_95": "2",
    "half_width_assumes": None,
    "noise_floor": None,
    "interval": {"confidence": "0.95", "covers": "c"},
}
ARTEFACT = {"format": "tre-release/1", "title": "t", "request_digest": "0" * 64, "view_sql": "SELECT 1", "view_notes": [], "literals": [], "micro_rho": 1, "delta_e15": 1, "epsilon_micro": 1, "epsilon_asked_micro": 1, "neighbours": "n", "statistics": [STATISTIC], "cells": [CELL]}  # fmt: skip


def packed(value: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("artefact.json", written(value))
        archive.writestr("about.json", canonical({"mark": "BLIND", "release_id": "R", "artefact_digest": "0" * 64}))
    return out.getvalue()


PARSERS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "a request": (parse_request, FULL),
    "a request against rules": (lambda each: check_with(each, without_grant(), DEFAULT), FULL),
    "a grant": (lambda each: check_with(FULL, each, DEFAULT), {"tables": {"person": ["sex"]}, "epsilon_micro": 1}),
    "released values": (lambda each: check_values(each, without_grant(), DEFAULT), ARTEFACT),
    "the name of rules": (lambda each: preset(str(each)), DEFAULT),
    "a package": (lambda each: verify_package(packed(each)), ARTEFACT),
    "a log": (in_file(lambda path: verify(read_log(path).rows)), [ROW, {"checkpoint": SIGNED}]),
    "checkpoints": (in_file(read_published), {"public_key": "0" * 64, "checkpoints": [SIGNED]}),
    "a proof": (read_proof, PROOF),
    "an answer's control file": (in_file(read_control), {"workflow_id": "x", "local_id": "y"}),
}
OF_VALUES = {
    "a request",
    "a request against rules",
    "a grant",
    "released values",
    "the name of rules",
    "a package",
    "a proof",
}
REFUSES = {"a proof": (Invalid, ValueError)}


@pytest.mark.parametrize("name", list(PARSERS))
@PACE
@given(data=st.data())
def test_any_value(name: str, data: st.DataObject) -> None:
    parse, honest = PARSERS[name]
    value = data.draw(changed(honest) | ANYTHING)
    with suppress(*REFUSES.get(name, (Invalid,))):
        parse(value if name in OF_VALUES else written(value))


@pytest.mark.parametrize("name", sorted(set(PARSERS) - OF_VALUES))
@PACE
@given(content=st.binary(max_size=60))
@example(b"[" * 100_000)
@example(b'{"a":' * 20_000)
@example(b"\xff\xfe{}")
@example(b"9" * 5_000)
def test_any_bytes(name: str, content: bytes) -> None:
    with suppress(Invalid):
        PARSERS[name][0](content)


@PACE
@given(st.binary(max_size=80))
@example(b"PK\x05\x06" + b"\0" * 18)
@example(packed(ARTEFACT)[:-1])
def test_any_bytes_as_a_package(content: bytes) -> None:
    assert verify_package(content).broken
    assert verify_package(packed(ARTEFACT)[: len(content)] + content).broken


TOML = ['population = 1\nsynthetic = true\n[[source]]\norganisation = "RRV"\nname = "n"\nformat = "fhir"\nstanding = "SHARED_CARE_PROCESSOR"\n']  # fmt: skip
WORDS = [
    "population = ",
    "synthetic = ",
    "[[source]]\n",
    "[source]\n",
    "organisation = ",
    "format = ",
    "standing = ",
    "extract_date = ",
    "receipt = ",
]
SAID = ["1", "true", "nan", '"RRV"', '["fhir"]', "{a = 1}", "2026-06-30", "2026-06-30T00:00:00Z", '"fhir"', '"../x"', "[[1]]", "-inf", "[" * 3_000, "''' '''"]  # fmt: skip


@PACE
@given(st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(SAID)).map(lambda pair: "".join(pair) + "\n") | st.sampled_from(TOML) | st.text(max_size=9), max_size=8).map("".join))  # fmt: skip
@example("a = " + "[" * 20_000)
@example(TOML[0] + "extract_date = 2026-06-30T00:00:00\n")
@example(TOML[0].replace('"fhir"', '["fhir"]'))
@example(TOML[0].replace('"SHARED_CARE_PROCESSOR"', "{a = 1}"))
def test_any_declaration_of_sources(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder, suppress(Invalid):
        path = Path(folder) / "sources.toml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        (Path(folder) / "fhir" / "RRV").mkdir(parents=True)
        read_sources(path)


@PACE
@given(st.dictionaries(st.sampled_from(sorted(Settings.model_fields)), st.text(max_size=6) | st.sampled_from(["1", "true", "9" * 400, "-1", "nan", "[" * 900])))  # fmt: skip
def test_any_settings(said: dict[str, str]) -> None:
    """They are refused by their names; the secret one is not in the refusal."""
    before = dict(os.environ)
    named = {f"TRE_{name.upper()}": value.replace("\0", "") for name, value in said.items()}
    secret = "a secret that is too short?"
    try:
        os.environ.update({"TRE_FOLDER": "/tmp/x", **named, "TRE_SECRET_KEY": secret})  # noqa: S108
        with pytest.raises(ValidationError) as why:
            Settings()
    finally:
        os.environ.clear()
        os.environ.update(before)
    assert secret not in str(why.value)


SQL = ["SELECT ", "person_id", "sex", "FROM ", "person", " p", "JOIN ", "USING (person_id)", "ON ", "WHERE ", "GROUP BY ", "HAVING ", "ORDER BY ", "WITH ", "a AS (", "(", ")", ",", "*", "count(*)", "max(", "OVER (", "PARTITION BY ", "CASE ", "WHEN ", "THEN ", "END", "'x", "'", '"', "--", "/*", "*/", ";", "1", "1e999", "DATE '2020-02-30'", "NULL", "IN ", "EXISTS ", "UNION ALL ", "QUALIFY ", "::", "[1]", "$1", "?", "@", "{", "}", "\\", "measurement", "LATERAL ", "x -> x", "INTERVAL "]  # fmt: skip
HONEST = ["SELECT", "p.person_id,", "p.sex,", "count(*)", "AS", "n", "FROM", "person", "p", "JOIN", "measurement", "m", "USING", "(person_id)", "WHERE", "year(m.measurement_date)", ">", "2020", "GROUP", "BY", "p.person_id,", "p.sex"]  # fmt: skip


@st.composite
def spoilt(draw: Callable[..., Any]) -> str:
    """An honest view with words put in, taken out and exchanged."""
    words = list(HONEST)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(words) - 1))
        words[place : place + draw(st.integers(0, 2))] = draw(st.lists(st.sampled_from(SQL), max_size=2))
        words = words or ["x"]
    return " ".join(words)


@settings(PACE, max_examples=150)
@given(spoilt() | st.lists(st.sampled_from(SQL), min_size=1, max_size=14).map(" ".join))
def test_any_sql(text: str) -> None:
    with suppress(Invalid):
        proven(sql=text)


@PACE
@given(answer=st.binary(max_size=40) | st.lists(st.sampled_from([number(1), number(2), ",", "\n", " ", "x", "\r\n"]), max_size=9).map(lambda parts: "".join(parts).encode()))  # fmt: skip
def test_any_answer_about_opt_outs(answer: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.dat"
        path.write_bytes(answer)
        with open_engine(scratch=Path(folder)) as engine, suppress(Invalid):
            read_numbers(engine, path)
            assert one(engine, "SELECT count(*) FROM answered") > 0


HEAD = ",".join(council_row("1", number(1))).encode() + b"\n"


@settings(PACE, max_examples=12)
@given(st.booleans(), st.lists(st.sampled_from([b",", b'"', b"\n", b"\r", b"service", number(1).encode(), b"2024-02-30", b"\xff", b"\x00", b"1"]) | st.binary(max_size=3), max_size=40).map(b"".join))  # fmt: skip
def test_any_client_level_data(with_head: bool, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as root:
        house, folder = House(Path(root)), Path(root) / "in"
        folder.mkdir()
        (folder / "data.csv").write_bytes((HEAD if with_head else b"") + content)
        with suppress(Invalid):
            house.load(source(Format.CLIENT_LEVEL_DATA, "E09000007"), folder)
