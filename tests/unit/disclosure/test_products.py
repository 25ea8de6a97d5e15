"""Products of a person's values: whoever has one unknown value adds nothing, a flag counts as 0 or 1."""

from datetime import date

import pytest

from disclosure.engines.embedded import aggregate
from disclosure.engines.plan import FAR, CellPlan, Product, Sum
from tests.factories.worlds import proven, rows_of, write
from tests.plain.cell_plan import answer

BMI = 3038553
VIEW = (
    "SELECT p.person_id, p.sex, p.year_of_birth AS born, count(m.measurement_date) AS n, "
    "max(m.value_as_number) AS bmi, count(m.measurement_date) > 1 AS often FROM person p "
    "LEFT JOIN measurement m ON m.person_id = p.person_id AND m.measurement_concept_id = 3038553 "
    "GROUP BY p.person_id, p.sex, p.year_of_birth"
)
WORLD = {
    "person": [
        {"person_id": number, "sex": sex, "year_of_birth": born}
        for number, (sex, born) in enumerate([("female", 1950), ("female", None), ("male", 1990), ("male", 2001)])
    ],
    "measurement": [
        {"person_id": n, "measurement_concept_id": BMI, "measurement_date": date(2020, 1, 6), "value_as_number": v}
        for n, v in [(0, 20.5), (0, 31.0), (1, 25.0), (2, None), (2, 44.0), (2, 18.0)]
    ],
}
BORN, SIZE, OFTEN = Sum("born", 1960, 2000, 1980), Sum("bmi", 180, 400, 290), Sum("often", 0, 1)


def test_products_are_those_of_the_plain_engine(tmp_path):
    view, files = proven(sql=VIEW), write(WORLD, tmp_path)
    known = ("born", "bmi", "often")
    measures = tuple(Product(each, known) for each in [(), (BORN,), (BORN, SIZE), (SIZE, SIZE), (OFTEN, SIZE)])
    plan = CellPlan("a", (view.columns["sex"],), measures)
    found = aggregate(view, [plan], files)[0]
    people = []
    for row in rows_of(view, files).values():  # numbers of a view are whole steps of its grids
        units = {"born": row["born"], "bmi": row["bmi"]}
        steps = {name: None if n is None else n * view.columns[name].grid.step for name, n in units.items()}
        people.append({**row, **steps})
    assert found.tolist() == answer(plan, people, view.columns).tolist()
    # female: born 1950 is brought to 1960, 20 below; bmi 31 is 20 steps above 29; twice. The other's birth is not known
    assert found[0].tolist() == [1, -20, -400, 400, 20]


def test_products_that_could_overflow_are_not_asked_for():
    wide = Sum("a", 0, FAR)
    with pytest.raises(ValueError, match="overflow"):
        Product((wide, wide), ("a",))
    with pytest.raises(ValueError, match="known"):
        Product((wide,), ("b",))
