"""Every shape of query on 300,000 rows and more of each event table: only the rows of those who left are gone.

Ties that do no harm among a few rows do it here: several threads, row groups and sort runs. Five people leave, everybody
is numbered anew, the rows stand in another order; each other person's row must be the same, bit for bit.
"""

# ruff: noqa: E501, S608 (SQL of this test)

import duckdb
import pytest

from tests.factories.view_shapes import DIABETES, EMERGENCY, HYPERTENSION, INPATIENT, SHAPES, SYSTOLIC
from tests.factories.worlds import TYPES, proven
from workspaces.catalogue.tables import TABLES

PEOPLE, EVENTS = 60_000, 320_000
LEAVERS = (7, 4_242, 30_000, 59_999, 60_000)
WHO = f"1 + pick(i, 0) % {PEOPLE} AS person_id"
WEEK = "DATE '2020-01-06' + CAST(7 * (pick(i, {0}) % 6) AS INTEGER) AS {1}"
MADE = {
    "person": f"SELECT i AS person_id, 1930 + pick(i, 1) % 70 AS year_of_birth, ['male', 'female'][1 + pick(i, 2) % 2] AS sex, "
    f"'E09000007' AS borough FROM range(1, {PEOPLE + 1}) t(i)",
    "death": f"SELECT i AS person_id, DATE '2020-03-01' AS death_date FROM range(1, {PEOPLE + 1}, 3) t(i)",
    "condition_occurrence": f"SELECT {WHO}, [{HYPERTENSION}, {DIABETES}, 201254][1 + pick(i, 3) % 3] AS condition_concept_id, "
    f"{WEEK.format(4, 'condition_start_date')} FROM range({EVENTS}) t(i)",
    "visit_occurrence": f"SELECT {WHO}, [{INPATIENT}, {EMERGENCY}][1 + pick(i, 5) % 2] AS visit_concept_id, "
    f"{WEEK.format(6, 'visit_start_date')}, visit_start_date + CAST(7 * (pick(i, 7) % 3) AS INTEGER) AS visit_end_date "
    f"FROM range({EVENTS}) t(i)",
    "drug_exposure": f"SELECT {WHO}, [1332418, 1334456][1 + pick(i, 8) % 2] AS drug_concept_id, 28 * (pick(i, 9) % 3) AS days_supply, "
    f"{WEEK.format(10, 'drug_exposure_start_date')} FROM range({EVENTS}) t(i)",
    "measurement": f"SELECT {WHO}, {SYSTOLIC} AS measurement_concept_id, CAST(90 + pick(i, 11) % 90 AS DOUBLE) AS value_as_number, "
    f"{WEEK.format(12, 'measurement_date')} FROM range({EVENTS}) t(i)",
}  # fmt: skip


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect(config={"threads": 4}) as made:
        made.execute("CREATE MACRO pick(i, salt) AS CAST(hash(i, salt) >> 2 AS BIGINT)")
        gone = ", ".join(map(str, LEAVERS))
        made.execute(f"CREATE TABLE turned AS SELECT i AS person_id, row_number() OVER (ORDER BY hash(i, 99)) AS number "
                     f"FROM range(1, {PEOPLE + 1}) t(i) WHERE i NOT IN ({gone})")  # fmt: skip
        for schema in ("present", "left_over"):
            made.execute(f"CREATE SCHEMA {schema}")
        for name, query in MADE.items():
            columns = ", ".join(
                f"CAST({c.name} AS {TYPES[c.type]}) AS {c.name}" for c in TABLES[name].columns if f" {c.name}" in query
            )
            made.execute(f"CREATE TABLE present.{name} AS SELECT {columns} FROM ({query}) ORDER BY person_id")
            made.execute(f"CREATE TABLE left_over.{name} AS SELECT t.number AS person_id, p.* EXCLUDE (person_id) "
                         f"FROM present.{name} p JOIN turned t USING (person_id) ORDER BY hash(p)")  # fmt: skip
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("name", SHAPES)
def test_only_the_leavers_rows_leave_among_many(name, connection):
    view = proven(sql=SHAPES[name])
    for schema in ("present", "left_over"):
        connection.execute(f"SET search_path = '{schema}'")
        connection.execute(f"CREATE OR REPLACE TABLE main.of_{schema} AS {view.sql}")
    connection.execute("SET search_path = 'main'")
    before, after = (f"SELECT person_id, {', '.join(view.columns)} FROM ({source})" for source in (
        "SELECT o.* EXCLUDE (person_id), t.number AS person_id FROM of_present o JOIN turned t USING (person_id)", "FROM of_left_over"))  # fmt: skip
    assert connection.execute(f"SELECT count(*) FROM ({before} EXCEPT ALL {after})").fetchone() == (0,)
    assert connection.execute(f"SELECT count(*) FROM ({after} EXCEPT ALL {before})").fetchone() == (0,)
    assert connection.execute("SELECT count(*), count(DISTINCT person_id) FROM of_left_over").fetchone()[0] > 200
