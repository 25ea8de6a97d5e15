"""How much a test tried, attacks or faults, told at the end of a run: a loop that went round no more would show."""

from collections import Counter
from collections.abc import Iterator
from pathlib import PurePath

import pytest

NAME = "tried"


class Tried:
    """Counts what was tried; `at_least` fails the test that has become smaller than it was written."""

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
    """A line for attacks, one for faults: every file of them with what it tried; a test without a count is one."""
    skipped = {getattr(report, "nodeid", "") for report in terminalreporter.stats.get("skipped", ())}
    found: dict[str, Counter[str]] = {"attacks": Counter(), "faults": Counter()}
    for reports in terminalreporter.stats.values():
        for report in reports:
            path = PurePath(getattr(report, "nodeid", "").partition("::")[0])
            kind = next((part for part in path.parts if part in found), "")
            if kind and getattr(report, "when", "") == "teardown" and report.nodeid not in skipped:
                found[kind][path.stem.removeprefix("test_")] += dict(report.user_properties).get(NAME, 1)
    for kind, numbers in found.items():
        if numbers:
            told = ", ".join(f"{name} {number}" for name, number in sorted(numbers.items()))
            terminalreporter.write_line(f"{kind} tried: {sum(numbers.values())} ({told})")
