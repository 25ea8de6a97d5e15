"""Of a person with too many rows every engine reads the same few: those that the plain engine keeps."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given

from disclosure.engines import engine
from disclosure.engines.plan import CellPlan, CountAll, Sum
from tests.contract.test_engines import interpreted, some, sparked  # noqa: F401 fixtures
from tests.factories.crowds import crowds, secret
from tests.factories.view_shapes import world
from tests.factories.worlds import proven, write
from tests.plain.kept_rows import kept

ENGINES = [
    pytest.param("duckdb", 2, id="duckdb, briefly"),
    pytest.param("duckdb", 4, id="duckdb", marks=pytest.mark.slow),
    pytest.param("spark", 1, id="spark", marks=pytest.mark.slow),
]
pytestmark = pytest.mark.usefixtures("sparked")


@pytest.mark.parametrize(("name", "examples"), ENGINES)
def test_odd_values_are_told_apart_alike(name, examples, tmp_path_factory):
    """A measured value that is no number, infinite, or far outside; texts outside their list; dates of another age."""
    texts = {
        "measurement": "SELECT person_id, min(value_as_number) AS low, max(measurement_date) AS d FROM measurement "
        "WHERE measurement_concept_id = 3004249 GROUP BY person_id",
        "social_care_event": "SELECT person_id, min(event_type) AS t, max(event_end_date) AS d FROM social_care_event "
        "GROUP BY person_id",
        "person": "SELECT person_id, sex, borough, year_of_birth FROM person",
    }
    views = {table: proven(sql=text, rows_per_person=1) for table, text in texts.items()}
    plans = {
        "measurement": CellPlan("low", (), (CountAll(), Sum("low", 0, 300))),
        "social_care_event": CellPlan("t", (views["social_care_event"].columns["t"],), (CountAll(),)),
        "person": CellPlan("p", (views["person"].columns["sex"],), (CountAll(), Sum("year_of_birth", 1900, 2030))),
    }

    @some(examples)
    @given(crowd=crowds())
    def holds(crowd):
        crowd["person"] = [*crowd["person"], *({**row, "sex": "male"} for row in crowd["person"])]
        files = write(crowd, tmp_path_factory.mktemp("crowd"))
        for table, view in views.items():
            cut = kept(crowd, view.sources, 1, secret)
            alone = write(cut, tmp_path_factory.mktemp("alone"))
            both = [engine("duckdb")(view, [plans[table]], alone)[0], engine(name)(view, [plans[table]], files)[0]]
            assert np.array_equal(*both), table

    holds()


@pytest.mark.parametrize("name", [pytest.param("duckdb"), pytest.param("spark", marks=pytest.mark.slow)])
def test_of_a_person_with_too_many_rows_the_same_few_stay(name, tmp_path):
    """However the rows are stored; they are so many, and those that the plain engine keeps."""
    made = world(20, 4, most=9, ties=True)
    text = "SELECT person_id, count(*) AS n, sum(days_supply) AS days FROM drug_exposure GROUP BY person_id"
    view = proven(sql=text, rows_per_person=2)
    held = Counter(row["person_id"] for row in made["drug_exposure"])
    plans = [CellPlan("n", (), (CountAll(), Sum("n", 0, 2), Sum("days", 0, 300)))]
    found = [engine(name)(view, plans, write(made, tmp_path / str(seed), seed=seed))[0][0] for seed in (1, 2)]
    assert found[0].tolist() == found[1].tolist()
    rows = kept(made, view.sources, 2, secret)["drug_exposure"]
    days = sum(row["days_supply"] or 0 for row in rows)
    assert found[0].tolist() == [len(held), len(rows), days]
    assert len(rows) == sum(min(number, 2) for number in held.values()) < len(made["drug_exposure"])


@pytest.mark.parametrize("name", [pytest.param("duckdb"), pytest.param("spark", marks=pytest.mark.slow)])
def test_many_rows_of_nobody_leave_everybody_in(name, tmp_path):
    """Rows without a person are in no view; in the list of people over the cap NULL would shut out everybody."""
    made = {
        "drug_exposure": [
            {"person_id": who, "drug_concept_id": 1503297, "days_supply": 7} for who in (1, 2, *[None] * 9)
        ]
    }
    view = proven(sql="SELECT person_id, count(*) AS n FROM drug_exposure GROUP BY person_id", rows_per_person=2)
    found = engine(name)(view, [CellPlan("n", (), (CountAll(), Sum("n", 0, 9)))], write(made, tmp_path))
    assert found[0].tolist() == [[2, 2]]
