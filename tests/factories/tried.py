"""How many attacks a test tried, told at the end of a run: a loop that quietly went round no more would show."""

from collections import Counter
from collections.abc import Iterator
from pathlib import PurePath

import pytest

NAME = "tried"


class Tried:
    """Counts attacks; `at_least` fails the test that has become smaller than it was written."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, number: int = 1) -> None:
        self.number += number

    def at_least(self, number: int) -> None:
        assert self.number >= number, f"only {self.number} were tried"


@pytest.fixture
def tried(request: pytest.FixtureRequest) -> Iterator[Tried]:
    """The count of this test."""
    count = Tried()
    yield count
    request.node.user_properties.append((NAME, count.number))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line: every file of attacks with what it tried; a test without a count is one."""
    found: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            path = PurePath(getattr(report, "nodeid", "").partition("::")[0])
            if "attacks" in path.parts and getattr(report, "when", "") == "teardown":
                found[path.stem.removeprefix("test_")] += dict(report.user_properties).get(NAME, 1)
    if found:
        told = ", ".join(f"{name} {number}" for name, number in sorted(found.items()))
        terminalreporter.write_line(f"attacks tried: {sum(found.values())} ({told})")
