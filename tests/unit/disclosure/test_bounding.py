"""The cells that count, found in arrays, are those that `kept.order` puts first for each person alone."""

from datetime import date

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from disclosure.engines import bounding
from disclosure.engines.bounding import counting, people_at_once, ranks, secrets, stretches, touched
from disclosure.engines.embedded import aggregate
from disclosure.engines.event_plan import EventPlan
from disclosure.engines.kept import PRIME, order
from disclosure.person_view.events import prove_events
from disclosure.person_view.form import Events
from tests.factories.worlds import proven, schema, write

SECRETS = st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=6)
TOUCHES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40)), max_size=80)


def arrays(numbers, dtype=np.int64):
    return np.array(numbers, dtype=dtype)


@given(SECRETS, st.lists(st.one_of(st.integers(0, 2**31), st.sampled_from([PRIME - 1, PRIME, PRIME + 1])), min_size=1))
def test_the_rank_of_an_array_is_the_order_of_each_key(keys, cells):
    pairs = [(person, cell) for person in range(len(keys)) for cell in cells]
    found = ranks(secrets(arrays(keys, np.uint64)), *(arrays(each) for each in zip(*pairs, strict=True)))
    assert found.tolist() == [order(keys[person], cell)[0] for person, cell in pairs]


@given(TOUCHES, st.lists(st.integers(0, 2**64 - 1), min_size=6, max_size=6), st.integers(1, 12))
def test_of_each_person_the_least_count(rows, keys, at_most):
    people, cells = (arrays([row[at] for row in rows]) for at in (0, 1))
    person, cell = touched(people, cells, 41)
    assert sorted(zip(person.tolist(), cell.tolist(), strict=True)) == sorted(set(rows))
    kept = counting(person, cell, 3 * cell, secrets(arrays(keys, np.uint64)), at_most)
    expected = [
        (one, each)
        for one in range(6)
        for each in sorted({c for p, c in rows if p == one}, key=lambda c: order(keys[one], 3 * c))[:at_most]
    ]
    assert sorted(zip(*(each.tolist() for each in kept), strict=True)) == sorted(expected)


@given(st.lists(st.integers(0, 9), max_size=60).map(sorted), st.integers(1, 9))
def test_stretches_cover_every_row_and_cut_nobody(people, size):
    rows, whole = arrays(people), bounding.STRETCH
    try:
        bounding.STRETCH = size
        parts = [rows[part].tolist() for part in stretches(rows)]
    finally:
        bounding.STRETCH = whole
    assert [person for part in parts for person in part] == people
    assert all(set(one).isdisjoint(other) for at, one in enumerate(parts) for other in parts[at + 1 :])


def test_person_rank_and_cell_fit_in_one_number():
    for cells in (1, 2, 150, 40_000, 2**20):
        assert (people_at_once(cells) - 1).bit_length() + 31 + (cells - 1).bit_length() <= 63


def test_words_that_are_not_of_the_domain_are_in_no_cell(tmp_path):
    rows = [("service", 1), ("review", 1), ("unheard of", 2), (None, 2), ("request", 2), ("request", 2)]
    world = {
        "person": [{"person_id": person, "sex": "male"} for person in (1, 2)],
        "social_care_event": [
            {"person_id": person, "event_type": kind, "event_start_date": date(2021, 3, 1)} for kind, person in rows
        ],
    }
    events = prove_events(Events.model_validate({"table": "social_care_event"}), ("event_type",), schema())
    view = proven(sql="SELECT person_id, sex FROM person")
    plan = EventPlan("a", events, (), 3, events.columns["event_type"])
    assert aggregate(view, [plan], write(world, tmp_path))[0].ravel().tolist() == [1, 0, 1, 1]
