"""Every regular expression of ours against long texts that almost match: none takes longer than the text is long."""

import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator

import pytest

import disclosure
import gateway
import workspaces

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


PATTERNS = dict(patterns())


def slowest(pattern: re.Pattern[str]) -> float:
    taken = 0.0
    for part in ALMOST:
        for text in (part * (LENGTH // len(part)) + "\x00", "\x00" + part * (LENGTH // len(part))):
            taken = max(taken, _taken(pattern.fullmatch, text), _taken(pattern.search, text))
    return taken


def _taken(look: Callable[[str], object], text: str) -> float:
    begun = time.perf_counter()
    look(text)
    return time.perf_counter() - begun


def test_there_are_some() -> None:
    assert len(PATTERNS) > 10


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_no_text_keeps_it_busy(name: str) -> None:
    assert slowest(PATTERNS[name]) < SECONDS


def test_one_that_backtracks_would_be_caught() -> None:
    assert _taken(re.compile(r"\s+$").search, " " * LENGTH + "\x00") > SECONDS
