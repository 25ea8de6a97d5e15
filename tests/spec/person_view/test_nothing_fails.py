"""A row that is strange, or of another concept, fails nobody's view: what it raised would tell that it is there."""
# ruff: noqa: S608 (texts that become canonical SQL first)

import pytest

from tests.factories.worlds import Tables, proven
from workspaces.catalogue.concepts import concept

EGFR, BMI = 3049187, 3038553  # the coarsest and the finest grid: 150 and 700 steps
PRODUCT = " * ".join(["m.value_as_number"] * 7)  # 150^7 is added up exactly, 700^7 is beyond 64 bits
OTHER = f"bool_or(m.measurement_concept_id = {BMI} AND m.value_as_number > 60)"
ALSO = f"(SELECT m.person_id, {OTHER} AS w FROM measurement m GROUP BY m.person_id) d ON d.person_id"
FIXED = f"m.measurement_concept_id = {EGFR}"

VIEWS = {
    "and": f"SELECT m.person_id, bool_or({FIXED} AND {PRODUCT} > 5) AS v, {OTHER} AS w FROM measurement m "
    "GROUP BY m.person_id",
    "where": f"SELECT m.person_id, count(*) AS v, bool_or(d.w) AS w FROM measurement m JOIN {ALSO} = m.person_id "
    f"WHERE {PRODUCT} > 5 AND {FIXED} GROUP BY m.person_id",
    "on": "SELECT p.person_id, count(m.measurement_date) AS v, bool_or(d.w) AS w FROM person p "
    f"LEFT JOIN measurement m ON m.person_id = p.person_id AND {PRODUCT} > 5 AND {FIXED} "
    f"LEFT JOIN {ALSO} = p.person_id GROUP BY p.person_id",
    "filter": f"SELECT m.person_id, count(*) FILTER (WHERE {FIXED} AND {PRODUCT} > 5) AS v, {OTHER} AS w "
    "FROM measurement m GROUP BY m.person_id",
    "case": f"SELECT m.person_id, sum(CASE WHEN {FIXED} THEN 0 * {PRODUCT} ELSE 0 END) AS v, {OTHER} AS w "
    "FROM measurement m GROUP BY m.person_id",
}


@pytest.fixture(scope="module")
def tables():
    with Tables() as made:
        yield made


@pytest.mark.parametrize("where", VIEWS)
def test_the_numbers_of_another_concept_do_not_overflow_what_is_made_of_this_one(where, tables):
    view = proven(sql=VIEWS[where])
    rows = [
        {"person_id": person, "measurement_concept_id": which, "value_as_number": float(concept(which).grid.high)}
        for person in (1, 2)
        for which in (EGFR, BMI)
    ]
    found = tables.rows(view, {"person": [{"person_id": person} for person in (1, 2)], "measurement": rows})
    assert [row["w"] for row in found.values()] == [True, True]
    assert all(row["v"] in (0, 1) for row in found.values())


def test_a_narrower_condition_narrows_the_concepts():
    systolic = "SELECT person_id, max(value_as_number) FILTER (WHERE measurement_concept_id IN (3004249, 3038553)) AS v"
    view = proven(sql=f"{systolic} FROM measurement WHERE measurement_concept_id = 3004249 GROUP BY person_id")
    assert view.columns["v"].grid == concept(3004249).grid
