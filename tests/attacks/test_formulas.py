"""Words that a spreadsheet takes for a formula, in every table that leaves, wherever somebody can put a word."""

# ruff: noqa: E501 (a statistic with all its fields)

import csv
import io
import re
from pathlib import Path

import pytest

from gateway.evidence.package import safe, table, table_name
from tests.factories.tried import Tried

GATEWAY = Path(__file__).parents[2] / "gateway"
FORMULAS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example","x")',
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "|calc",
    "%0A=1",
    "\u00a0=1+1",
    "\ufeff=1+1",
    "\u200b=1+1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(1)",
    "\u2212\u00031",
    "\x00=1",
    "\x1d=1",
    ";=1+1",
    ",=1+1",
    '"=1+1',
    "'=1+1",
]
BEGINS = re.compile(r"^[\s\x00-\x1f\u200b\ufeff\u00a0\",;]*[=+\-@|%\uff1d\uff0b\uff0d\uff20\u2212]")
STATISTIC = {"name": "n", "kind": "count", "by": ["k"], "unit": "people", "meaning": "m", "mechanism": "g", "scale": "1", "micro_rho": 1, "sensitivity": {"l1": 1, "l2_squared": 1}, "half_width_95": "2", "half_width_assumes": None, "noise_floor": None, "interval": {"confidence": "0.95", "covers": "c"}}  # fmt: skip


def artefact(word: str) -> dict[str, object]:
    """A release whose key, label, unit and name are that word."""
    cell = {"statistic": word, "keys": {word: word}, "labels": {word: word}, "value": -5, "low": -9, "high": -1, "too_noisy": False, "drawn": [1]}  # fmt: skip
    return {"statistics": [{**STATISTIC, "name": word, "by": [word], "unit": word}], "cells": [cell]}


@pytest.mark.parametrize("word", FORMULAS, ids=[repr(word) for word in FORMULAS])
def test_no_cell_of_a_table_is_a_formula(word: str, tried: Tried) -> None:
    """But for numbers of ours."""
    text = table(artefact(word), artefact(word)["statistics"][0])  # type: ignore[index]
    for row in csv.reader(io.StringIO(text, newline="")):
        for cell in row:
            tried()
            assert re.fullmatch(r"-?\d+(\.\d+)?", cell) or not BEGINS.match(cell), cell
    tried.at_least(10)
    assert safe(word) == f"'{word}" or not BEGINS.match(word)


def test_words_that_are_none_stay_as_they_are() -> None:
    assert [safe(word) for word in ("Female", "15 to under 25", "<5", "a=b", "x-y", "")] == [
        "Female",
        "15 to under 25",
        "<5",
        "a=b",
        "x-y",
        "",
    ]


def test_the_name_of_a_table_is_a_plain_one(tried: Tried) -> None:
    for word in (*FORMULAS, "../../x", "a/b", "\\x", "con", "x" * 900):
        assert re.fullmatch(r"table-[a-z0-9_]{0,60}", table_name({"name": word}))
        tried()


def test_tables_leave_from_one_place() -> None:
    """Whoever writes another one holds it to the above."""
    texts = {str(path.relative_to(GATEWAY)): path.read_text() for path in GATEWAY.rglob("*.py")}
    writers = {name for name, text in texts.items() if re.search(r"\bcsv\.(writer|DictWriter)|\.to_csv\b", text)}
    senders = {name for name, text in texts.items() if "text/csv" in text}
    assert writers == {"evidence/package.py", "evidence/data_uses.py"}
    assert senders == {
        "evidence/crate.py",
        "web/register.py",
    }  # which names the type of each file of a package, and writes none
