"""The bounded aggregate: capped rows are a person's own matter, whatever the order, threads, numbers or neighbours."""

# ruff: noqa: S608 (files and numbers of the test's own making)

from datetime import date

import duckdb
import numpy as np
import pytest

from disclosure.engines import embedded
from disclosure.engines.embedded import AggregateFailed, aggregate
from disclosure.engines.plan import CellPlan, CountAll, CountKnown, SnapshotFiles, Sum
from tests.factories.worlds import proven, write
from workspaces.catalogue.tables import TABLES

BMI, PEOPLE, ROWS, CAP = 3038553, 400, 800, 100
BANDS, BOROUGHS = (TABLES["person"].column(name).domain.values for name in ("age_band", "borough"))
VIEW = (
    "SELECT p.person_id, p.age_band, p.borough, count(*) AS n, sum(m.value_as_number) AS total, "
    "arg_max(m.value_as_number, m.measurement_date) AS last FROM person p JOIN measurement m "
    f"ON m.person_id = p.person_id WHERE m.measurement_concept_id = {BMI} GROUP BY p.person_id"
)


def large(folder, *, order=0, numbers="i", without=-1, group=2_048):
    """320,000 rows with many ties: few dates and values. Each person has a cell of their own."""
    room = folder / "room"
    room.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE who AS SELECT i, {numbers} AS person_id FROM range({PEOPLE}) t(i)")
        connection.execute("DELETE FROM who WHERE i = ?", [without])
        held = {
            "room/person": f"SELECT person_id, ({list(BANDS)})[i % {len(BANDS)} + 1] AS age_band, "
            f"({list(BOROUGHS)})[i // {len(BANDS)} + 1] AS borough FROM who",
            "room/measurement": f"SELECT person_id, {BMI} AS measurement_concept_id, "
            "DATE '2020-01-06' + 7 * (hash(i, j) % 5)::INT AS measurement_date, "
            f"20 + (hash(j, i) % 9) / 10 AS value_as_number FROM who, range({ROWS}) t(j)",
            "sampling": "SELECT person_id, hash(i, 'key') AS sample_key FROM who",
        }
        for name, query in held.items():
            connection.execute(
                f"COPY (SELECT * FROM ({query}) AS rows ORDER BY hash(rows, {order})) "
                f"TO '{folder / name}.parquet' (ROW_GROUP_SIZE {group})"
            )
    return SnapshotFiles(room, folder / "sampling.parquet")


def answered(files, threads=2):
    view = proven(sql=VIEW, rows_per_person=CAP)
    by = (view.columns["age_band"], view.columns["borough"])
    plan = CellPlan("a", by, (CountAll(), Sum("n", 0, ROWS), Sum("total", 0, 10**6), Sum("last", 0, 10**4)))
    return aggregate(view, [plan], files, threads=threads)[0]


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    found = answered(large(tmp_path_factory.mktemp("large")))
    assert (found[:, 0].sum(), found[:, 0].max()) == (PEOPLE, 1)
    assert set(found[:, 1]) == {0, CAP}
    assert len(set(found[:, 2])) > PEOPLE / 4
    return found


@pytest.mark.parametrize("threads", [1, 4])
def test_rows_that_stay_do_not_depend_on_order_row_groups_or_threads(answer, tmp_path, threads):
    files = large(tmp_path, order=threads, group=10_240 * threads)
    assert np.array_equal(answered(files, threads), answer)


def test_nor_on_the_numbers_that_people_have_in_a_snapshot(answer, tmp_path):
    assert np.array_equal(answered(large(tmp_path, numbers=f"(i * 7 + 3) % {PEOPLE} + 1000")), answer)


def test_nor_on_anybody_else(answer, tmp_path):
    changed = (answered(large(tmp_path, without=123, order=5)) - answer).any(axis=1)
    assert changed.sum() == 1


def test_a_persons_second_row_and_people_without_a_key_do_not_count(tmp_path):
    world = {
        "person": [
            {"person_id": 1, "sex": "female", "age_band": "40-44"},
            {"person_id": 1, "sex": "male", "age_band": "90+"},
            {"person_id": 2, "sex": "male"},
        ],
        "measurement": [
            {"person_id": person, "measurement_concept_id": BMI, "measurement_date": date(2020, 1, 6)}
            for person in (1, 3)
        ],
    }
    view = proven(
        sql="SELECT p.person_id, p.sex, count(m.measurement_date) AS n FROM person p "
        "LEFT JOIN measurement m ON m.person_id = p.person_id GROUP BY p.person_id"
    )
    plan = CellPlan("a", (view.columns["sex"],), (CountAll(), Sum("n", 0, 9)))
    found = [
        aggregate(view, [plan], write(world, tmp_path / str(seed), seed=seed, keys={1: 5}))[0].sum(axis=0).tolist()
        for seed in range(4)
    ]
    assert found == [[1, 1]] * 4


def test_a_snapshot_of_nobody_has_every_cell_and_nobody_in_it(tmp_path):
    view = proven(sql=VIEW)
    plan = CellPlan("a", (view.columns["age_band"],), (CountAll(), CountKnown("last"), Sum("total", 0, 9)))
    assert not aggregate(view, [plan], write({}, tmp_path))[0].any()


def test_nothing_but_the_views_files_can_be_read(tmp_path):
    view, files = proven(sql="SELECT person_id, sex FROM person"), write({}, tmp_path)
    other = files.room / "death.parquet"
    assert other.exists()
    with embedded._locked(view, files, 1, 256) as connection:
        connection.execute(f"SELECT * FROM read_parquet('{files.room}/person.parquet')")
        for text in (f"FROM read_parquet('{other}')", f"COPY (SELECT 1) TO '{tmp_path}/out'", "SET threads = 8"):
            with pytest.raises(duckdb.Error):
                connection.execute(text)


def test_a_failure_tells_nothing(tmp_path):
    view = proven(sql="SELECT person_id, sex FROM person")
    with pytest.raises(AggregateFailed) as caught:
        aggregate(view, [], SnapshotFiles(tmp_path, tmp_path / "secret_17.parquet"))
    assert (caught.value.args, caught.value.__cause__, caught.value.__context__) == ((), None, None)
