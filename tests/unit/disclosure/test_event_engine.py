"""Event rows: each person counts in so many cells and no more, whichever rows, order, numbers or ranges hold them."""

from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from disclosure.engines import embedded_events
from disclosure.engines.embedded import aggregate
from disclosure.engines.event_plan import CodePlan, EventPlan, Periods
from disclosure.engines.kept import PRIME, order
from disclosure.person_view.events import prove_events
from disclosure.person_view.form import Events
from tests.factories.worlds import proven, schema, write
from tests.plain import events as plain
from workspaces.catalogue.concepts import CONDITIONS
from workspaces.catalogue.errors import Invalid

CODES = CONDITIONS.values[:4]
CODE, DATE = "condition_concept_id", "condition_start_date"
QUARTERS = Periods(DATE, 3, 12 * 2020 + 3, 5)


def rows_of(**events):
    return prove_events(
        Events.model_validate({"table": "condition_occurrence", **events}), (CODE, DATE), schema(rows_per_person=40)
    )


def plans(at_most, *, by=("sex",)):
    view, events = proven(sql="SELECT person_id, sex FROM person", rows_per_person=40), rows_of()
    keys = tuple(view.columns[name] for name in by)
    code = events.columns[CODE]
    return view, [
        EventPlan("both", events, keys, at_most, code, QUARTERS),
        EventPlan("quarters", events, keys, at_most, None, QUARTERS),
        EventPlan("codes", events, keys, at_most, code, None),
        CodePlan("found", events, keys, at_most, code),
    ]


def answered(world, folder, at_most=2, keys=None, **more):
    view, asked = plans(at_most, **more)
    return aggregate(view, asked, write(world, folder, keys=keys))


def recounted(world, at_most, keys, by=("sex",)):
    people = [
        {
            **person,
            "sample_key": keys[person["person_id"]],
            "events": [row for row in world["condition_occurrence"] if row["person_id"] == person["person_id"]],
        }
        for person in world["person"]
    ]
    _, asked = plans(at_most, by=by)
    return [
        plain.answer_codes(plan, people) if isinstance(plan, CodePlan) else plain.answer_events(plan, people)
        for plan in asked
    ]


EVENT = st.fixed_dictionaries(
    {
        "person_id": st.integers(1, 6),
        CODE: st.sampled_from([*CODES, *CODES, 7, None]),
        DATE: st.none() | st.dates(date(2020, 2, 1), date(2021, 8, 31)),
    }
)
PERSON = st.fixed_dictionaries({"sex": st.sampled_from(["female", "male", "unlisted", None])})


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    people=st.lists(PERSON, min_size=5, max_size=5),
    events=st.lists(EVENT, max_size=40),
    keys=st.lists(st.integers(0, 2**64 - 1), min_size=6, max_size=6),
    at_most=st.integers(1, 4),
    by=st.sampled_from([(), ("sex",)]),
)
def test_it_is_the_plain_recount_of_each_person(tmp_path_factory, people, events, keys, at_most, by):
    world = {
        "person": [{"person_id": number, **person} for number, person in enumerate(people, start=1)],
        "condition_occurrence": events,
    }
    secret = dict(enumerate(keys, start=1))
    found = answered(world, tmp_path_factory.mktemp("world"), at_most, secret, by=by)
    for one, other in zip(found, recounted(world, at_most, secret, by), strict=True):
        assert np.array_equal(one, other)


def busy(people=30):
    """Everybody touches every cell: four codes in five quarters."""
    return {
        "person": [{"person_id": number, "sex": "male"} for number in range(1, people + 1)],
        "condition_occurrence": [
            {"person_id": number, CODE: code, DATE: date(2020 + month // 12, 1 + month % 12, 6)}
            for number in range(1, people + 1)
            for code in CODES
            for month in range(3, 18, 3)
        ],
    }


@pytest.mark.parametrize("at_most", [1, 3, 12])
def test_each_person_changes_so_many_cells_by_one_and_no_more(tmp_path, at_most):
    world = busy(4)
    whole = answered(world, tmp_path / "all", at_most)
    for person in range(1, 5):
        fewer = {name: [row for row in rows if row["person_id"] != person] for name, rows in world.items()}
        left = answered(fewer, tmp_path / str(person), at_most)
        for all_, without, touched in zip(whole[:3], left, (20, 5, 4), strict=False):
            change = all_ - without
            assert (change.min(), change.max()) == (0, 1)
            assert change.sum() == min(at_most, touched)


def renumbered(world, number):
    return {name: [{**row, "person_id": number(row["person_id"])} for row in rows] for name, rows in world.items()}


def test_neither_numbers_nor_ranges_decide_which_cells_count(tmp_path, monkeypatch):
    world, keys = busy(), {number: 977 * number**3 for number in range(1, 31)}
    whole = answered(world, tmp_path / "a", 3, keys)
    assert whole[0].sum() == 90
    other = renumbered(world, lambda number: 10_000 - 37 * number)
    moved = {10_000 - 37 * number: key for number, key in keys.items()}
    monkeypatch.setattr(embedded_events, "PEOPLE_AT_ONCE", 50)
    for one, two in zip(whole, answered(other, tmp_path / "b", 3, moved), strict=True):
        assert np.array_equal(one, two)


def test_the_secret_key_decides_which_cells_count(tmp_path):
    one, two = (
        answered(busy(), tmp_path / str(power), 3, {number: number**power for number in range(1, 31)})[0]
        for power in (3, 5)
    )
    assert not np.array_equal(one, two)


def test_rows_over_the_cap_are_cut_in_their_range(tmp_path, monkeypatch):
    monkeypatch.setattr(embedded_events, "PEOPLE_AT_ONCE", 2)
    world = busy(5)
    world["condition_occurrence"] += [
        {"person_id": 2, CODE: CODES[0], DATE: date(2020, 1, 1 + number % 28)} for number in range(60)
    ]
    found = answered(world, tmp_path, 12)
    assert found[0].sum() < 60
    assert answered(busy(5), tmp_path / "fewer", 12)[0].sum() == 60


def test_people_outside_the_view_or_not_sampled_count_nowhere(tmp_path):
    world = busy(3)
    world["person"] = world["person"][:2]
    found = answered(world, tmp_path, 1, {1: 5, 3: 6})
    assert [found[0].sum(), found[3][:, 2].sum()] == [1, 1]


def test_nobody_is_an_answer(tmp_path):
    found = answered({}, tmp_path)
    assert [not part.any() for part in found] == [True] * 4
    assert found[3].shape == (0, 3)


def test_conditions_hold_for_events(tmp_path):
    view, _ = plans(1)
    events = rows_of(where=[{"column": CODE, "is": CODES[1]}, {"column": DATE, "from": "2020-07-01"}])
    plan = EventPlan("one", events, (), 12, events.columns[CODE], QUARTERS)
    (found,) = aggregate(view, [plan], write(busy(3), tmp_path))
    assert found.sum(axis=1).tolist()[: len(CODES)] == [0, 12, 0, 0]
    assert found.sum(axis=0).tolist() == [0, 3, 3, 3, 3]
    assert [literal.text for literal in events.literals] == [str(CODES[1]), "2020-07-01"]


def test_the_person_key_is_no_key_of_events():
    with pytest.raises(Invalid, match="person_id is asked for"):
        prove_events(Events(table="condition_occurrence"), ("person_id",), schema())


def test_the_order_is_a_permutation_that_favours_no_cell():
    assert order(2**63 + 5, 11) == plain.order(2**63 + 5, 11)
    assert len({order(123_456_789_012_345, key)[0] for key in range(2_000)}) == 2_000
    first = np.zeros(12)
    for sample in range(6_000):
        key = (sample * 0x9E3779B97F4A7C15 + 0xD1B54A32D192ED03) % 2**64
        first[min(range(12), key=lambda cell, key=key: order(key, cell))] += 1
    assert all(400 < times < 600 for times in first)
    assert pow(5, -1, PRIME - 1)
    assert any(a != b for a, b in pairwise(first))
