"""Options of a test run."""

import gc
import os

import pytest
from hypothesis import settings

from tests.factories.databases import CHOICE
from tests.factories.gateways import OPENED, settle_town
from tests.factories.kept import keeps_rows
from tests.factories.tried import pytest_terminal_summary, tried

__all__ = ["pytest_terminal_summary", "tried"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite", help="Where gateways keep rows.")


def pytest_configure(config: pytest.Config) -> None:
    os.environ[CHOICE] = config.getoption("--database")


# examples take longer on a machine that does other things as well; how long is no property of ours
settings.register_profile("here", deadline=None)
# the same examples each time where a verdict is wanted (./run check); new ones everywhere else
settings.register_profile("repeatable", deadline=None, derandomize=True, database=None)
settings.load_profile("repeatable" if os.environ.get("TRE_REPEATABLE") else "here")


def pytest_report_header(config: pytest.Config) -> str:
    return f"database: {config.getoption('--database')}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what is worth a run on each database; the rest would do the same thing twice."""
    for item in items:
        if "town" in getattr(item, "fixturenames", ()) or keeps_rows(item.path):
            item.add_marker("database")


@pytest.fixture
def town(tmp_path):
    """A gateway with somebody in every seat, on the database of the run."""
    settled = settle_town(tmp_path)
    yield settled
    settled.gateway.unit.dispose()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """What a file left open is found at its own end, not in the middle of another."""
    if nextitem is None or nextitem.path != item.path:
        while OPENED:
            OPENED.pop().dispose()
        gc.collect()
