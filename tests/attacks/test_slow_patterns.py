"""Every regular expression of ours against long texts that almost match: none takes longer than the text is long."""

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import disclosure
import gateway
import workspaces
from tests.factories.tried import Tried

LENGTH = 20_000
SECONDS = 0.5  # a quadratic one takes longer than this by far
ALMOST = [
    "a",
    "A",
    "0",
    "9",
    " ",
    "-",
    ".",
    "/",
    "_",
    "a ",
    "0.",
    "a.",
    "a-",
    "/a",
    "0 ",
    '"',
    "<a ",
    "\\",
    "a=",
    "é",
    "\n",
    "\t",
]


def patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    for package in (gateway, workspaces, disclosure):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" in found.name or found.name.endswith("__main__"):
                continue
            module = importlib.import_module(found.name)
            for name, value in vars(module).items():
                if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                    yield f"{found.name}.{name}", value
            yield from written(found.name, Path(str(module.__file__)).read_text(encoding="utf-8"))


def written(module: str, source: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Those that stand where they are used, and have no name."""
    for node in ast.walk(ast.parse(source)):
        named = isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re.") and node.args
        if named and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
            yield f"{module}:{node.lineno}", re.compile(node.args[0].value)


PATTERNS = {name: pattern for pattern, name in {found: name for name, found in patterns()}.items()}


def slowest(pattern: re.Pattern[str]) -> float:
    """The longest time for one text; the first that takes too long ends it."""
    taken = 0.0
    for part in ALMOST:
        for text in (part * (LENGTH // len(part)) + "\x00", "\x00" + part * (LENGTH // len(part))):
            for look in (pattern.fullmatch, pattern.search):
                taken = max(taken, _taken(look, text))
                if taken > SECONDS:
                    return taken
    return taken


def _taken(look: Callable[[str], object], text: str) -> float:
    begun = time.thread_time()
    look(text)
    return time.thread_time() - begun


def test_there_are_some() -> None:
    assert len(PATTERNS) > 15
    assert any(":" in name for name in PATTERNS)


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_no_text_keeps_it_busy(name: str, tried: Tried) -> None:
    assert slowest(PATTERNS[name]) < SECONDS
    tried(4 * len(ALMOST))


def test_one_that_backtracks_would_be_caught() -> None:
    assert _taken(re.compile(r"\s+$").search, " " * LENGTH + "\x00") > SECONDS
