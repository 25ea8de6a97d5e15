from datetime import date

from disclosure.engines.embedded import aggregate
from disclosure.engines.plan import Bins, CellPlan, CountAll, CountKnown, CountTrue, Sum
from tests.factories.worlds import proven, rows_of, write

SYSTOLIC = 3004249
WORLD = {
    "person": [
        {"person_id": 1, "sex": "female", "age_band": "40-44"},
        {"person_id": 2, "sex": "male", "age_band": "40-44"},
        {"person_id": 3, "sex": "male", "age_band": "90+"},
        {"person_id": 4, "sex": "robot", "age_band": "90+"},
    ],
    "condition_occurrence": [
        {"person_id": 2, "condition_concept_id": 320128, "condition_start_date": date(2021, 1, 4)},
        {"person_id": 3, "condition_concept_id": 320128, "condition_start_date": date(2011, 1, 3)},
    ],
    "measurement": [
        {"person_id": p, "measurement_concept_id": SYSTOLIC, "measurement_date": date(2020, 1, d), "value_as_number": v}
        for p, d, v in (
            (1, 6, 120.0),
            (1, 13, 130.0),
            (1, 13, 150.0),
            (2, 6, 140.4),
            (2, 13, float("nan")),
            (3, 6, 1e300),
        )
    ],
}
FORM = {
    "columns": [
        {"name": "sex", "person": "sex"},
        {
            "name": "hypertension",
            "exists": {
                "table": "condition_occurrence",
                "where": [
                    {"column": "condition_concept_id", "in_code_list": "hypertension/1"},
                    {"column": "condition_start_date", "from": "2020-01-01"},
                ],
            },
        },
        {"name": "readings", "count": {"table": "measurement"}},
        {
            "name": "systolic",
            "latest": {
                "table": "measurement",
                "value": "value_as_number",
                "date": "measurement_date",
                "where": [{"column": "measurement_concept_id", "is": SYSTOLIC}],
            },
        },
    ]
}
ROWS = {
    1: {"sex": "female", "hypertension": False, "readings": 3, "systolic": 150},
    2: {"sex": "male", "hypertension": True, "readings": 2, "systolic": 140},
    3: {"sex": "male", "hypertension": False, "readings": 1, "systolic": None},
    4: {"sex": "robot", "hypertension": False, "readings": 0, "systolic": None},
}


def test_a_form_gives_one_row_for_each_person(tmp_path):
    view = proven(form=FORM)
    assert rows_of(view, write(WORLD, tmp_path)) == ROWS
    assert view.tables == {"person", "condition_occurrence", "measurement"}
    assert {name: column.type for name, column in view.columns.items()} == {
        "sex": "TEXT",
        "hypertension": "BOOLEAN",
        "readings": "INTEGER",
        "systolic": "INTEGER",
    }


def test_the_aggregate_covers_the_public_cross_product(tmp_path):
    view = proven(form=FORM)
    by = (view.columns["sex"], view.columns["hypertension"])
    measures = (CountAll(), CountTrue("hypertension"), CountKnown("systolic"), Sum("systolic", 100, 145, 120))
    plans = [CellPlan("a", by, measures), CellPlan("b", (), (Bins("readings", (0, 1, 2, 3)), CountAll()))]
    first, second = aggregate(view, plans, write(WORLD, tmp_path))
    cells = {cell: tuple(row) for cell, row in zip(plans[0].cells(), first.tolist(), strict=True) if any(row)}
    assert cells == {("female", False): (1, 0, 1, 25), ("male", True): (1, 1, 1, 20), ("male", False): (1, 0, 0, 0)}
    assert first.shape == plans[0].shape == (8, 4)
    assert second.tolist() == [[1, 1, 2, 4]]
