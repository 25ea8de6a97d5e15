"""People per quarter by diagnosis, from a handful of people to what is released."""

from dataclasses import replace
from datetime import date

import pytest

from disclosure.release import draw, price
from disclosure.requests import parse_request
from disclosure.terms import Terms
from tests.factories.worlds import write
from workspaces.catalogue.errors import Invalid

HYPERTENSION, DIABETES = 320128, 201826
TERMS = Terms(
    tables={
        "person": ("sex",),
        "condition_occurrence": ("condition_concept_id", "condition_start_date"),
    },
    delta_e15=500_000_000,
    public_population=20_000,
)


def asked(at_most=2, **events):
    return parse_request(
        {
            "title": "Diagnoses by quarter",
            "view": {"sql": "SELECT person_id, sex FROM person"},
            "epsilon": "1",
            "statistics": [
                {
                    "name": "diagnoses",
                    "kind": "periods",
                    "events": {
                        "table": "condition_occurrence",
                        "where": [{"column": "condition_concept_id", "in": [HYPERTENSION, DIABETES]}],
                        "date": "condition_start_date",
                        "per": "quarter",
                        "first": "2024-02",
                        "last": "2024-07",
                        "at_most": at_most,
                        **events,
                    },
                }
            ],
        }
    )


def world(people=600):
    """Everybody was seen in February and March, every second person in May, and all of them in a year not asked for."""
    rows = []
    for person in range(1, people + 1):
        days = [date(2024, 2, 5), date(2024, 3, 4), date(2023, 2, 6), *([date(2024, 5, 6)] if person % 2 else [])]
        rows += [
            {"person_id": person, "condition_concept_id": HYPERTENSION, "condition_start_date": day} for day in days
        ]
    everybody = [{"person_id": person, "sex": "female"} for person in range(1, people + 1)]
    return {"person": everybody, "condition_occurrence": rows}


def test_each_person_counts_once_in_a_quarter(tmp_path):
    artefact = draw(asked(), TERMS, write(world(), tmp_path))
    found = {cell["keys"]["period"]: cell for cell in artefact.cells}
    assert list(found) == ["2024-Q1", "2024-Q2", "2024-Q3"]
    assert found["2024-Q1"]["labels"] == {"period": "January to March 2024"}
    half = int(artefact.body["statistics"][0]["half_width_95"])
    for name, exact in (("2024-Q1", 600), ("2024-Q2", 300), ("2024-Q3", 0)):
        assert abs(found[name]["value"] - exact) < 6 * half
        assert found[name]["high"] - found[name]["value"] == half
    assert found["2024-Q3"]["too_noisy"] == (half > found["2024-Q3"]["value"])  # nobody: it is, but once in forty
    assert not found["2024-Q1"]["too_noisy"]


def test_one_cell_a_person_leaves_out_those_seen_twice(tmp_path):
    """Of 300 people seen in two quarters about half count in each; nobody counts twice."""
    keys = {person: person * 0x9E3779B97F4A7C15 % 2**64 for person in range(1, 601)}
    artefact = draw(asked(at_most=1), TERMS, write(world(), tmp_path, keys=keys))
    first, second, _ = (cell["value"] for cell in artefact.cells)
    assert abs(first + second - 600) < 80
    assert abs(second - 150) < 110


def test_what_it_costs_grows_with_the_cells_that_count():
    lines = [price(asked(at_most=most), TERMS).lines[0] for most in (1, 3)]
    assert lines[1].scale == pytest.approx(float(lines[0].scale) * 3**0.5, rel=0.01) or lines[0].at_floor
    assert [line.cells for line in lines] == [3, 3]
    assert lines[0].half_width_95 <= lines[1].half_width_95


def test_what_the_author_chose_is_listed():
    texts = [literal.text for literal in price(asked(), TERMS).literals]
    assert texts == [str(HYPERTENSION), str(DIABETES), "2024-02", "2024-07"]


def test_the_release_says_how_a_person_counts(tmp_path):
    statistic = draw(asked(), TERMS, write({}, tmp_path)).body["statistics"][0]
    assert statistic["meaning"] == (
        "Number of people with an event in each quarter. A person counts once in each, but in 2 of them at most: who "
        "has more counts in 2 of them, chosen blindly."
    )
    assert statistic["sensitivity"] == {"l1": 2, "l2_squared": 2}
    assert "condition_occurrence" in statistic["events_sql"]


def test_months_count_among_the_literals_of_an_author_who_has_seen_rows():
    (statistic,) = asked().canonical()["statistics"]
    many = parse_request({**asked().canonical(), "statistics": [{**statistic, "name": f"n{n}"} for n in range(10)]})
    assert price(many, TERMS).micro_rho
    with pytest.raises(Invalid, match="request:literals"):
        price(many, replace(TERMS, literal_bits=256))


def test_where_delta_is_nought_the_noise_is_laplace_for_the_sum_of_changes(tmp_path):
    artefact = draw(asked(at_most=3), replace(TERMS, delta_e15=0, floor_half_width=0), write(world(), tmp_path))
    statistic = artefact.body["statistics"][0]
    assert (statistic["mechanism"], statistic["sensitivity"]["l1"]) == ("discrete Laplace", 3)
    assert float(statistic["scale"]) == pytest.approx(3, abs=0.01)
    cell = artefact.cells[0]
    assert cell["high"] - cell["value"] == int(statistic["half_width_95"]) >= 8
