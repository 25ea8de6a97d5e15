"""Packages of statistics over event rows: months in order, the largest codes first, forecasts told from counts."""

import csv
import io
import json
import zipfile
from datetime import date

import pytest

from disclosure.release import draw
from disclosure.requests import parse_request
from disclosure.terms import Terms
from gateway.evidence.package import make_package
from tests.factories.worlds import write

CODES = (320128, 201826, 317009)
TABLE = {"table": "condition_occurrence"}
MONTHS = {"date": "condition_start_date", "first": "2023-01", "last": "2023-12", "at_most": 2}
TERMS = Terms(
    tables={"person": ("sex",), "condition_occurrence": ("condition_concept_id", "condition_start_date")},
    delta_e15=500_000_000,
    public_population=20_000,
    threshold_delta0_e15=100_000,
)
REQUEST = parse_request(
    {
        "title": "Planning",
        "view": {"sql": "SELECT person_id, sex FROM person"},
        "epsilon": "1",
        "statistics": [
            {"name": "by_month", "kind": "periods", "events": {**TABLE, **MONTHS, "per": "month"}},
            {"name": "common", "kind": "codes", "events": {**TABLE, "split": "condition_concept_id", "at_most": 1}},
            {"name": "demand", "kind": "forecast", "ahead": 2, "events": {**TABLE, **MONTHS}},
        ],
    }
)


def packed(folder, people):
    rows = [
        {
            "person_id": person,
            "condition_concept_id": CODES[0 if person % 3 else 1 + person % 2],
            "condition_start_date": date(2023, 1 + (person + turn) % 12, 2),
        }
        for person in range(1, people + 1)
        for turn in range(2)
    ]
    everybody = [{"person_id": person, "sex": "male"} for person in range(1, people + 1)]
    artefact = draw(REQUEST, TERMS, write({"person": everybody, "condition_occurrence": rows}, folder))
    archive = zipfile.ZipFile(io.BytesIO(make_package(json.loads(artefact.to_bytes()), {"mark": "BLIND"})))
    tables = {
        name: list(csv.DictReader(io.StringIO(archive.read(f"table-{name}.csv").decode())))
        for name in ("by_month", "common", "demand")
    }
    return archive.read("index.html").decode(), tables


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return packed(tmp_path_factory.mktemp("full"), 900)


def test_tables_hold_what_tells_the_figures_apart(package):
    _, tables = package
    assert [row["period"] for row in tables["by_month"]] == [f"2023-{month:02d}" for month in range(1, 13)]
    codes = [(row["condition_concept_id_label"], int(row["value"])) for row in tables["common"]]
    assert codes[0][0] == "Essential hypertension"
    assert codes == sorted(codes, key=lambda each: -each[1])
    assert [(row["period"], row["measure"]) for row in tables["demand"]][-3:] == [
        ("2023-12", "counted"),
        ("2024-01", "forecast"),
        ("2024-02", "forecast"),
    ]


def test_the_page_says_what_was_counted_and_kept_back(package):
    page, _ = package
    for text in (
        "A person counts once in each, but in 2 of them at most",
        "Only figures above ",
        "Demand: forecast by period",
        '<h2 id="s2">',
        "Events of common, in SQL",
        "chosen blindly",
    ):
        assert text in page


def test_a_release_that_names_no_code_is_a_page_all_the_same(tmp_path):
    page, tables = packed(tmp_path, 0)
    assert tables["common"] == []
    assert len(tables["by_month"]) == 12
    assert "Common" in page
