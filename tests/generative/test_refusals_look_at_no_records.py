"""The same request on two random datasets gets the same answer or the same refusal (privacy model P5).

The datasets hold whatever a type allows: nobody, people without a row, values outside every domain, NaN, infinity,
dates of year 1. A draw that fails because of them would be an answer without noise.
"""

import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from disclosure.release import DrawFailed, draw
from disclosure.requests import parse_request
from infra.audit import cases
from infra.audit.programs import chambers
from tests.factories.odd_worlds import worlds
from tests.factories.worlds import write
from workspaces.catalogue.errors import Invalid

KINDS = tuple(case.kind for case in cases.cases())
COUNT = {"name": "people", "kind": "count", "by": ["sex"]}
FAULTS = {
    "a column that is not there": [{**COUNT, "by": ["height"]}],
    "a key without a public domain": [{**COUNT, "by": ["bmi"]}],
    "a flag that is a number": [{"name": "share", "kind": "proportion", "of": "bmi"}],
    "bounds the wrong way round": [{"name": "total", "kind": "sum", "of": "bmi", "lower": "23", "upper": "20"}],
    "a bound off the grid": [{"name": "total", "kind": "sum", "of": "bmi", "lower": "20.05", "upper": "23"}],
    "groups that are the same": [
        {"name": "risk", "kind": "comparison", "of": "ill", "group": "treated", "groups": [True, True]}
    ],
    "too many cells": [{"name": "bins", "kind": "count", "by": ["sex", "age", "ill", "treated"]}] * 30,
}


def answer(statistics, world):
    """The code of the refusal, or that it was drawn, or that it failed."""
    asked = {"title": "Any", "view": cases.VIEW, "statistics": statistics, "epsilon": "1"}
    with tempfile.TemporaryDirectory() as folder:
        files = write(world, Path(folder))
        try:
            draw(parse_request(asked), cases.TERMS, files, chambers=chambers)
        except Invalid as refusal:
            return refusal.code
        except DrawFailed:
            return "failed"
    return "drawn"


@cache
def everything():
    return [cases.asked(kind) for kind in KINDS]


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds())
def test_every_statistic_is_answered_whatever_the_records_are(world):
    assert answer(everything(), world) == "drawn"


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds())
def test_every_statistic_is_answered_whatever_many_records_are(world):
    assert answer(everything(), world) == "drawn"


def test_every_statistic_is_answered_where_nobody_is():
    assert answer(everything(), {}) == "drawn"


@pytest.mark.parametrize("fault", sorted(FAULTS))
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds(), st.just({}))
def test_a_refusal_is_the_same_on_two_datasets(fault, one, other):
    found = {answer(FAULTS[fault], world) for world in (one, other)}
    assert len(found) == 1
    assert not found & {"drawn", "failed"}
