"""Refusals are told apart by codes: each is written once as a plain word, and the guides speak of codes that exist."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from disclosure.person_view.refusals import NEXT
from disclosure.requests import _NEXT

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"[a-z_]+:[a-z_0-9]+")
# made of a field's or clause's own name, from a closed list
MADE = {f"request:{field}" for field in _NEXT} | {f"view:{clause}" for clause in NEXT}
MADE |= {"request:unknown_field", "request:bounds", "request:edges"}
RAISED = {"Invalid", "Refusal"}


def sources() -> list[Path]:
    return sorted(path for name in ("disclosure", "workspaces", "gateway") for path in (ROOT / name).rglob("*.py"))


def named(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def calls() -> Iterator[tuple[Path, ast.Call]]:
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and named(node) in RAISED and node.args:
                yield path, node


@cache
def literal_codes() -> set[str]:
    """Every text in the code that has the shape of a code and stands where one is raised, or is handed on."""
    found = set()
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                found.add(node.value)
    return found


def test_a_code_is_a_plain_word_or_made_of_a_closed_list():
    odd = []
    for path, call in calls():
        first = call.args[0]
        if isinstance(first, ast.Constant):
            if not CODE.fullmatch(str(first.value)):
                odd.append((path.name, first.value))
        elif isinstance(first, ast.JoinedStr):
            start = first.values[0]
            if not (isinstance(start, ast.Constant) and re.fullmatch(r"[a-z_]+:", str(start.value))):
                odd.append((path.name, ast.unparse(first)))
    assert not odd


def test_most_refusals_are_found_by_this():
    assert len(literal_codes()) > 100


GUIDES = sorted((ROOT / "docs").rglob("*.md"))


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_codes_that_a_page_names_exist(page):
    known = literal_codes() | MADE
    head = {code.partition(":")[0] for code in known}
    named_here = {code for code in re.findall(r"`([a-z_]+:[a-z_0-9]+)`", page.read_text(encoding="utf-8"))}
    assert {code for code in named_here if code.partition(":")[0] in head} <= known
