"""330,000 event rows in many row groups: order, threads, numbers and neighbours do not decide whose cells count."""

# ruff: noqa: S608 (files and numbers of the test's own making)

import duckdb
import numpy as np
import pytest

from disclosure.engines.embedded import aggregate
from disclosure.engines.event_plan import CodePlan, EventPlan, Periods
from disclosure.engines.plan import SnapshotFiles
from disclosure.person_view.events import prove_events
from disclosure.person_view.form import Events
from tests.factories.worlds import proven, schema
from workspaces.catalogue.concepts import CONDITIONS

PEOPLE, ROWS, MOST = 30_000, 11, 3
CODES = list(CONDITIONS.values[:8])
CODE, DATE = "condition_concept_id", "condition_start_date"


def large(folder, *, order="hash(rows, 1)", numbers="i", without=-1, group=20_480):
    """Everybody has eleven events in 8 codes and 24 months; the secret key is of the person, not of the number."""
    room = folder / "room"
    room.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE who AS SELECT i, {numbers} AS person_id FROM range({PEOPLE}) t(i)")
        connection.execute("DELETE FROM who WHERE i = ?", [without])
        held = {
            "room/person": "SELECT person_id, ['female', 'male'][i % 2 + 1] AS sex FROM who",
            "room/condition_occurrence": f"SELECT person_id, ({CODES})[(hash(i, j) % {len(CODES)})::INT + 1] AS {CODE},"
            f" DATE '2021-01-04' + 7 * (hash(j, i, 3) % 104)::INT AS {DATE} FROM who, range({ROWS}) t(j)",
            "sampling": "SELECT person_id, hash(i, 'key') AS sample_key FROM who",
        }
        for name, query in held.items():
            connection.execute(
                f"COPY (SELECT * FROM ({query}) AS rows ORDER BY {order}) TO '{folder / name}.parquet' "
                f"(ROW_GROUP_SIZE {group})"
            )
    return SnapshotFiles(room, folder / "sampling.parquet")


def answered(files, threads=2):
    events = prove_events(Events(table="condition_occurrence"), (CODE, DATE), schema())
    view = proven(sql="SELECT person_id, sex FROM person")
    code, by = events.columns[CODE], (view.columns["sex"],)
    months = EventPlan("months", events, by, MOST, code, Periods(DATE, 1, 12 * 2021, 24))
    return aggregate(view, [months, CodePlan("codes", events, by, MOST, code)], files, threads=threads)


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    found = answered(large(tmp_path_factory.mktemp("large")))
    assert found[0].sum() == PEOPLE * MOST  # nobody has fewer cells than count
    assert found[1][:, 2].sum() == PEOPLE * MOST
    return found


@pytest.mark.parametrize(
    ("threads", "changes"),
    [
        (1, {"order": "person_id", "group": 122_880}),
        (4, {"order": "hash(rows, 2)", "group": 2_048}),
        (2, {"numbers": f"(i * 7 + 3) % {PEOPLE} + 1000", "order": "person_id"}),
    ],
    ids=["clustered", "scattered", "renumbered"],
)
def test_the_same_cells_count_however_they_are_stored(answer, tmp_path, threads, changes):
    for one, other in zip(answer, answered(large(tmp_path, **changes), threads), strict=True):
        assert np.array_equal(one, other)


def test_without_one_person_no_more_changes_than_that_person_touched(answer, tmp_path):
    months, codes = answered(large(tmp_path, without=12_345, numbers=f"{PEOPLE} - i", order="person_id"))
    change = answer[0] - months
    assert (change.min(), change.max(), change.sum()) == (0, 1, MOST)
    assert np.array_equal(answer[1][:, :2], codes[:, :2])
    change = answer[1][:, 2] - codes[:, 2]
    assert (change.min(), change.max(), change.sum()) == (0, 1, MOST)
