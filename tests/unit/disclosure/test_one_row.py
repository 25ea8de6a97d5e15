"""The second look at written SQL: what it lets through has one row per person; what could have more it denies."""

import pytest
import sqlglot

from disclosure.engines.one_row import one_row_per_person
from tests.factories.view_shapes import SHAPES, world
from tests.factories.worlds import Tables, proven

# ruff: noqa: S608 (queries of the test's own making)

READS = "WITH read_person AS (SELECT * FROM person), read_death AS (SELECT * FROM death), " + ", ".join(
    f"{name} AS ({query})"
    for name, query in {
        "read_visit_occurrence": "SELECT * FROM visit_occurrence",
        "step_1": "SELECT v.person_id AS person_id, count(*) AS n FROM read_visit_occurrence AS v GROUP BY v.person_id",
        "step_2": "SELECT v.person_id AS person_id, v.visit_start_date AS d FROM read_visit_occurrence AS v",
    }.items()
)
ONE = {
    "a table of one row": "SELECT p.person_id AS person_id, p.sex AS sex FROM read_person AS p WHERE p.sex = 'male'",
    "grouped by the key": "SELECT v.person_id AS person_id FROM read_visit_occurrence AS v GROUP BY v.person_id",
    "joined on the key": "SELECT p.person_id AS person_id FROM read_person AS p JOIN step_1 AS s "
    "ON s.person_id = p.person_id AND s.n > 1 LEFT JOIN read_death AS d ON d.person_id = s.person_id",
}
MORE = {
    "a table of several rows": "SELECT v.person_id AS person_id FROM read_visit_occurrence AS v",
    "a step of several rows": "SELECT p.person_id AS person_id FROM read_person AS p LEFT JOIN step_2 AS s "
    "ON s.person_id = p.person_id",
    "grouped by more than the key": "SELECT v.person_id AS person_id FROM read_visit_occurrence AS v "
    "GROUP BY v.person_id, v.visit_start_date",
    "grouped by another": "SELECT max(v.person_id) AS person_id FROM read_visit_occurrence AS v "
    "GROUP BY v.visit_start_date",
    "grouping sets": "SELECT v.person_id AS person_id FROM read_visit_occurrence AS v "
    "GROUP BY GROUPING SETS ((v.person_id), (v.person_id, v.visit_start_date))",
    "joined on nothing": "SELECT p.person_id AS person_id FROM read_person AS p JOIN step_1 AS s ON s.n > 1",
    "joined to itself": "SELECT p.person_id AS person_id FROM read_person AS p JOIN step_1 AS s "
    "ON s.person_id = s.person_id",
    "joined by one of two": "SELECT p.person_id AS person_id FROM read_person AS p JOIN step_1 AS s "
    "ON s.person_id = p.person_id OR s.n > 1",
    "a cross join": "SELECT p.person_id AS person_id FROM read_person AS p, read_death AS d",
    "the key of one that may be missing": "SELECT s.person_id AS person_id FROM read_person AS p "
    "LEFT JOIN step_1 AS s ON s.person_id = p.person_id",
    "a full join": "SELECT p.person_id AS person_id FROM read_person AS p FULL JOIN step_1 AS s "
    "ON s.person_id = p.person_id",
    "another key": "SELECT p.year_of_birth AS person_id FROM read_person AS p",
    "no key": "SELECT p.sex AS sex FROM read_person AS p",
    "a list laid out": "SELECT p.person_id AS person_id, unnest([1, 2]) AS n FROM read_person AS p",
    "a name of no query": "SELECT p.person_id AS person_id FROM person AS p",
}


@pytest.mark.parametrize("text", ONE.values(), ids=ONE)
def test_one_row_is_seen(text):
    assert one_row_per_person(sqlglot.parse_one(f"{READS} {text}", dialect="duckdb"))


@pytest.mark.parametrize("text", MORE.values(), ids=MORE)
def test_more_rows_are_never_missed(text):
    assert not one_row_per_person(sqlglot.parse_one(f"{READS} {text}", dialect="duckdb"))


def test_what_is_let_through_holds_one_row_per_person():
    rows, seen = world(60, most=6, ties=True), []
    with Tables() as tables:
        for shape, sql in SHAPES.items():
            view = proven(sql=sql)
            if one_row_per_person(view.tree):
                seen.append(shape)
                tables.rows(view, rows)  # refuses a person's second row
    assert len(seen) > len(SHAPES) / 2
