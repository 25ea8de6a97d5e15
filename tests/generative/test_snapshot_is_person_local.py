"""Taking one person's rows out of the sources, or changing them, changes only that person in the snapshot (P2)."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories.records import (
    House,
    condition,
    council_row,
    gp_code,
    gp_condition,
    gp_person,
    key_of,
    number,
    patient,
    rows_by_key,
)

DAYS = st.sampled_from(["2024-03-04", "2024-03-05", "2025-12-31", "2027-01-01", "never", ""])
STATUSES = st.sampled_from(["01", "01", "01", "02"])
BORN = st.fixed_dictionaries({"year_of_birth": st.sampled_from(["1930", "1990", "2050", ""])})
PERSON = st.fixed_dictionaries(
    {
        "gp": st.lists(
            st.fixed_dictionaries({"year_of_birth": st.sampled_from(["1930", "1990", "2050", ""])}), max_size=2
        ),
        "codes": st.lists(st.tuples(st.sampled_from(["9Nu0", "9Nu1"]), DAYS), max_size=2),
        "gp_conditions": st.lists(DAYS, max_size=3),
        "hospital": st.lists(st.tuples(STATUSES, st.sampled_from(["N", "N", "N", "R"])), max_size=2),
        "conditions": st.lists(DAYS, max_size=2),
        "council": st.lists(DAYS, max_size=2),
        "opted_out": st.sampled_from([False, False, True]),
    }
)


def snapshot_of(people):
    """Everybody's rows in a snapshot built from what the sources say of these people ({index: what is said})."""
    with tempfile.TemporaryDirectory() as root:
        house = House(Path(root))
        said = [(str(index), number(index), each) for index, each in people.items()]
        house.gp(
            [gp_person("0", number(0)), *(gp_person(i, n, **row) for i, n, each in said for row in each["gp"])],
            codes=[gp_code(i, *code) for i, _, each in said for code in each["codes"]],
            conditions=[gp_condition(i, when) for i, _, each in said for when in each["gp_conditions"]],
        )
        house.hospital(
            [
                patient("0", number(0)),
                *(
                    patient(i, n, status=status, meta={"security": [{"code": label}]})
                    for i, n, each in said
                    for status, label in each["hospital"]
                ),
                *(condition(i, when=when) for i, _, each in said for when in each["conditions"]),
            ]
        )
        house.council([council_row(i, n, event_start_date=when) for i, n, each in said for when in each["council"]])
        house.build(house.opt_outs(*(n for _, n, each in said if each["opted_out"])))
        return rows_by_key(house.open())


@pytest.mark.slow
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PERSON, min_size=2, max_size=4), st.integers(0, 3), st.none() | PERSON)
def test_one_person_s_rows_change_only_that_person(people, index, instead):
    before = dict(enumerate(people, start=1))
    place = index % len(people) + 1
    after = {n: each for n, each in before.items() if n != place} | ({place: instead} if instead else {})
    one, other = snapshot_of(before), snapshot_of(after)
    for found in (one, other):
        found.pop(key_of(number(place)), None)
    assert one == other
    assert key_of(number(0)) in one
