"""Fixtures of the integration tests: each kind of object store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories.stores import OURS, store_of
from workspaces.snapshots.objects import ObjectStore

SLOW = {"buckets": [pytest.mark.slow]}


@pytest.fixture(params=[pytest.param(name, marks=SLOW.get(name, ())) for name in OURS])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ObjectStore]:
    with store_of(request.param, tmp_path) as opened:
        yield opened
