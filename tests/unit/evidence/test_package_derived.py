"""Packages of statistics with several measures: a chart and a table each, one CSV, units in place."""

import csv
import io
import json
from fractions import Fraction

import pytest

from disclosure.release import draw
from tests.factories.snapshots import GRANTED, request, snapshot
from tests.unit.evidence.test_package import files, read, words

PEOPLE = [
    {"sex": sex, "sbp": Fraction(number), "hypertension": number > 140, "age_band": "40-44", "born": 1900 + number // 2}
    for sex in ("female", "male")
    for number in range(80, 200)
    for _ in range(2)
]

#  statistic, measures, words on its page
DERIVED = [
    (
        {"name": "pressure", "kind": "spread", "of": "sbp", "lower": 80, "upper": 200, "by": ["sex"]},
        ["mean", "variance", "standard_deviation"],
        ["Pressure: standard deviation by sex", "(mm[Hg])²"],
    ),
    (
        {"name": "middle", "kind": "quantiles", "of": "sbp", "lower": 80, "upper": 200, "quantiles": [0.5, 0.9]},
        [],
        ["Middle by quantile", "90 % quantile", "Median"],
    ),
    (
        {
            **{"name": "point", "kind": "quantiles", "of": "sbp", "lower": 80, "upper": 200, "quantiles": [0.5]},
            "method": "selection",
        },
        [],
        ["no valid interval", "See how far it may miss", "chosen among 121 points by their scores (permute-and-flip"],
    ),
    (
        {"name": "by_sex", "kind": "comparison", "of": "hypertension", "group": "sex", "groups": ["male", "female"]},
        ["risk_compared", "risk_reference", "risk_difference", "risk_ratio", "odds_ratio"],
        ["By sex: odds ratio", "percentage points", "some hold sampling too"],
    ),
    (
        {"name": "sex_by_hypertension", "kind": "table", "by": ["sex", "hypertension"]},
        [],
        ["Sex by hypertension by sex and hypertension", "All", "95 %, for the noise alone"],
    ),
    (
        {"name": "rates", "kind": "rate", "of": "sbp", "upper": 200, "time": "born", "time_upper": 1990, "by": ["sex"]},
        [],
        ["Rates by sex", "per 1,000 person-years", "Values lie between 0 and 200"],
    ),
    (
        {
            **{"name": "at_standard_age", "kind": "standardised", "of": "hypertension", "upper": 1},
            **{"time": "born", "time_upper": 1990, "age": "age_band"},
        },
        ["standardised_rate", "crude_rate"],
        ["At standard age: crude rate", "No value is usable", "per 100,000 person-years"],
    ),
    (
        {
            **{"name": "trend", "kind": "linear", "of": "sbp", "lower": 80, "upper": 200},
            "on": [{"of": "born", "lower": 1920, "upper": 2000}, {"of": "hypertension"}],
        },
        ["expected", "slope_born", "difference_hypertension", "people"],
        ["Trend: change for each a of born", "mm[Hg] per a", "Trend: expected sbp at born 1960, hypertension no"],
    ),
    (
        {"name": "who", "kind": "logistic", "of": "hypertension", "on": [{"of": "sex", "reference": "male"}]},
        [],
        ["Who by term", "Odds at sex Male", "sex Female to Male", "ratio"],
    ),
    (
        {"name": "free", "kind": "survival", "of": "hypertension", "time": "born", "upper": 2000, "step": 50},
        ["survival", "at_risk"],
        ["Free: at risk by time", "% of people", "1950 a", "some hold sampling too"],
    ),
]


@pytest.mark.parametrize(("asked", "measures", "printed"), DERIVED, ids=[each[0]["kind"] for each in DERIVED])
def test_every_measure_has_its_chart_table_and_unit(asked, measures, printed, tmp_path):
    artefact = json.loads(
        draw(request(statistics=[asked], epsilon="1"), GRANTED, snapshot(tmp_path, PEOPLE)).to_bytes()
    )
    found = files(artefact)
    rows = list(csv.DictReader(io.StringIO(found[f"table-{asked['name']}.csv"].decode())))
    assert len(rows) == len(artefact["cells"])
    assert {row.get("measure") for row in rows} == set(measures or [None])
    assert all(row["unit"] for row in rows)
    page = read(artefact)
    tags = [tag for tag, _ in page.tags]
    assert tags.count("svg") == max(1, len(measures))
    for text in printed:
        assert text in words(page)
    assert len(set(page.ids)) == len(page.ids)
