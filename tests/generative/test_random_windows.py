"""Random queries with windows, unions, groups, EXISTS and ASOF do nobody else harm, over worlds full of ties."""

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories.harm import harm
from tests.factories.view_shapes import world
from tests.factories.window_queries import texts
from tests.factories.worlds import Tables, proven
from workspaces.catalogue.errors import Invalid

EXAMPLES = int(os.environ.get("TRE_VIEW_EXAMPLES", "60"))


@pytest.fixture(scope="module")
def tables():
    with Tables() as made:
        yield made


def test_nobody_else_is_harmed(tables):
    seen = Counter()

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(text=texts(), seed=st.integers(0, 50))
    def holds(text, seed):
        try:
            view = proven(sql=text)
        except Invalid as refusal:
            seen[refusal.code] += 1
            if refusal.code not in ("view:range", "view:window", "view:domain"):
                raise
            return
        seen["accepted"] += 1
        assert harm(view, world(4, seed, most=5, ties=True), tables) is None, view.sql

    holds()
    assert seen["accepted"] > EXAMPLES // 2, seen
