"""The demonstration's recount of each statistic is, arranged by what an artefact says, the vector before its noise."""

import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disclosure.explain import GAUSSIAN, check_cell
from disclosure.recounts import coordinates
from disclosure.statistics.registry import OVER_PEOPLE
from infra.demo.check import _checked
from infra.demo.recount_kinds import recounted
from tests.factories.statistics import COLUMNS
from tests.factories.statistics import bound as statistic_of
from tests.plain.cell_plan import answer
from tests.unit.disclosure.test_statistics import PEOPLE


def described(statistic):
    """The statistic's entry of an artefact, through JSON, which keeps names in the order of the alphabet."""
    by = [column.name for column in statistic.plan.by]
    about = {**statistic.about(), "kind": statistic.kind, "by": by, "mechanism": GAUSSIAN, "scale": "6"}
    return json.loads(json.dumps(about, sort_keys=True))


def entries(statistic, vector):
    """Cells as an artefact has them, of these drawn numbers."""
    for values, row in zip(statistic.plan.cells(), statistic.rows(vector, Fraction(6)), strict=True):
        keys = dict(zip((column.name for column in statistic.plan.by), values, strict=True))
        for entry, estimate in zip(statistic.entries(), row, strict=True):
            within = {each.column: each.value for each in entry}
            yield {"keys": {**keys, **within}, "drawn": list(estimate.drawn)}


@pytest.mark.parametrize("kind", sorted(OVER_PEOPLE))
@settings(deadline=None, max_examples=60)
@given(people=st.lists(PEOPLE, max_size=25))
def test_a_recount_is_the_vector(kind, people):
    statistic = statistic_of(kind)
    vector = statistic.vector(answer(statistic.plan, people, COLUMNS)).reshape(-1, statistic.coordinates)
    about = described(statistic)
    found = [
        number
        for cell, exact in _checked(about, list(entries(statistic, vector)), people)
        for number in zip(cell["drawn"], coordinates(about, exact), strict=True)
    ]
    assert len(found) == vector.size
    assert all(drawn == exact for drawn, exact in found)


@pytest.mark.parametrize("kind", sorted(OVER_PEOPLE))
def test_a_number_beyond_its_bound_is_noticed(kind):
    statistic = statistic_of(kind)
    about = described(statistic)
    vector = np.zeros((statistic.plan.shape[0], statistic.coordinates), dtype=np.int64)
    vector[-1, -1] = 100
    wrong = [
        not check_cell(about, cell, exact, cells=vector.size)
        for cell, exact in _checked(about, list(entries(statistic, vector)), [])
    ]
    assert sum(wrong) == 1


def test_a_cell_whose_numbers_are_missing_is_noticed():
    statistic = statistic_of("rate")
    about = described(statistic)
    assert not check_cell(about, {"drawn": []}, recounted(about, {}, [], {}), cells=2)


def test_a_recount_over_events_counts_people_once_a_cell_and_knows_where_it_cannot():
    statistic = {"name": "years", "kind": "periods", "within": ["period"], "at_most": 2}
    rows = [{"touched": {"years": touched}} for touched in ({("2024",), ("2025",)}, {("2025",)}, set())]
    assert recounted(statistic, {"period": "2025"}, rows, {}) == {"people": 2}
    with pytest.raises(ValueError, match="more cells"):
        recounted({**statistic, "at_most": 1}, {"period": "2025"}, rows, {})
