"""What each aggregate says of one person's rows, worked out by hand. Unknown values and unknown dates do not count."""

from datetime import date
from fractions import Fraction

import pytest

from tests.factories.worlds import Tables, exact, proven

BMI = 3038553
#  date, value: two on one day, one without a date, one without a value, one off the grid's ends
ROWS = [
    (date(2020, 1, 6), 31.0),
    (date(2020, 3, 2), 27.5),
    (date(2020, 3, 2), 26.1),
    (None, 40.0),
    (date(2021, 1, 4), None),
    (date(2021, 6, 7), 700.0),
    (date(1850, 1, 1), 20.0),
]
WORLD = {
    "measurement": [
        {"person_id": 1, "measurement_concept_id": BMI, "measurement_date": day, "value_as_number": value}
        for day, value in ROWS
    ]
}
VALUE, DAY = "value_as_number", "measurement_date"

SAYS = [
    ("count(*)", 7),
    (f"count({VALUE})", 5),
    (f"count({DAY})", 5),
    (f"count(DISTINCT {DAY})", 4),
    (f"min({VALUE})", Fraction("20.0")),
    (f"max({VALUE})", Fraction("40.0")),
    (f"sum({VALUE})", Fraction("144.6")),
    (f"avg({VALUE})", Fraction("28.9")),  # 28.92 to the step of the grid
    (f"avg({VALUE}) FILTER (WHERE {DAY} = DATE '2020-03-02' OR {VALUE} = 31)", Fraction("28.2")),
    (f"min({DAY})", date(2020, 1, 6)),
    (f"max({DAY})", date(2021, 6, 7)),
    (f"arg_max({VALUE}, {DAY})", Fraction("27.5")),  # the larger of the last day with a value
    (f"arg_min({VALUE}, {DAY})", Fraction("31.0")),
    (f"arg_min({VALUE}, {DAY}) FILTER (WHERE {DAY} > DATE '2020-02-01')", Fraction("26.1")),  # the smaller of the first
    (f"arg_max({DAY}, {VALUE})", date(2020, 1, 6)),  # 40 has no date
    (f"count_if({VALUE} > 27)", 3),
    (f"bool_or({VALUE} > 39)", True),
    (f"bool_and({VALUE} > 20)", False),
    (f"sum({VALUE}) FILTER (WHERE {DAY} = DATE '1999-01-04')", None),
    (f"coalesce(count(*) FILTER (WHERE {DAY} = DATE '1999-01-04'), 5)", 0),
]


@pytest.fixture(scope="module")
def tables():
    with Tables() as made:
        yield made


@pytest.mark.parametrize(("aggregate", "value"), SAYS, ids=[aggregate for aggregate, _ in SAYS])
@pytest.mark.parametrize("turn", [1, -1])
def test_an_aggregate_says(aggregate, value, turn, tables):
    where = f"measurement_concept_id = {BMI}"
    view = proven(sql=f"SELECT person_id, {aggregate} AS v FROM measurement WHERE {where} GROUP BY person_id")  # noqa: S608
    world = {"measurement": WORLD["measurement"][::turn]}
    assert exact(view, tables.rows(view, world)) == {1: {"v": value}}
