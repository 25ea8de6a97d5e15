"""What is released and timed: for each shape a request, and the same aggregate as plain DuckDB on the same files."""

# ruff: noqa: S608 (queries and numbers of our own)

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SYSTOLIC, BMI, DIABETES = 3004249, 3038553, 201826
_BOROUGH = "SELECT person_id, borough, sex, ethnic_group, imd_decile, age_band FROM person"
_AGES = ("00-04", "05-09", "10-14", "15-19"), ("20-24", "25-29", "30-34", "35-39"), ("40-44", "45-49", "50-54", "55-59")
_BROAD = " ".join(f"WHEN age_band IN {bands} THEN '{bands[0][:2]}+'" for bands in _AGES)
AGE = f"CASE {_BROAD} WHEN age_band = 'unknown' THEN 'unknown' ELSE '60+' END"


@dataclass(frozen=True)
class Shape:
    """One release over one view, and its plain query; `{table}` there stands for the table's file."""

    name: str
    view: Mapping[str, Any]
    statistic: Mapping[str, Any]
    plain: str

    def request(self) -> dict[str, Any]:
        """The release request, of ε 1."""
        return {"title": self.name, "view": self.view, "statistics": [{"name": "a", **self.statistic}], "epsilon": "1"}


def _latest(concept: int, key: str) -> dict[str, Any]:
    latest = {
        "table": "measurement",
        "value": "value_as_number",
        "date": "measurement_date",
        "where": [{"column": "measurement_concept_id", "is": concept}],
    }
    return {"form": {"columns": [{"name": key, "person": key}, {"name": "v", "latest": latest}]}}


def _of_latest(concept: int, key: str, found: str) -> str:
    return (
        f"SELECT {key}, {found} FROM {{person}} JOIN (SELECT person_id, arg_max(value_as_number, "
        f"measurement_date) AS v FROM {{measurement}} WHERE measurement_concept_id = {concept} GROUP BY person_id) "
        "USING (person_id) GROUP BY ALL"
    )


def _events(**more: Any) -> dict[str, Any]:
    period = {"date": "condition_start_date", "first": "2016-01", "last": "2025-12", "at_most": 3}
    return {"kind": "periods", "events": {"table": "condition_occurrence", **period, **more}}


FIVE = (
    Shape(
        "three-way count",
        {"sql": _BOROUGH},
        {"kind": "count", "by": ["borough", "sex", "ethnic_group"]},
        "SELECT borough, sex, ethnic_group, count(*) FROM {person} GROUP BY ALL",
    ),
    Shape(
        "mean of the latest value by group",
        _latest(SYSTOLIC, "borough"),
        {"kind": "mean", "of": "v", "lower": 80, "upper": 200, "by": ["borough"]},
        _of_latest(SYSTOLIC, "borough", "avg(least(greatest(v, 80), 200))"),
    ),
    Shape(
        "people per month, three months each",
        {"sql": "SELECT person_id, sex FROM person"},
        _events(per="month", where=[{"column": "condition_concept_id", "is": DIABETES}]),
        "SELECT date_trunc('month', condition_start_date) AS m, count(DISTINCT person_id) FROM {condition_occurrence} "
        f"WHERE condition_concept_id = {DIABETES} GROUP BY ALL",
    ),
    Shape(
        "quantiles of the latest value by group",
        _latest(BMI, "ethnic_group"),
        {
            "kind": "quantiles",
            "of": "v",
            "lower": 15,
            "upper": 50,
            "quantiles": ["0.25", "0.5", "0.75"],
            "by": ["ethnic_group"],
        },
        _of_latest(BMI, "ethnic_group", "quantile_cont(v, [0.25, 0.5, 0.75])"),
    ),
    Shape(
        "five-way table",
        {"sql": f"SELECT person_id, borough, ethnic_group, imd_decile, sex, {AGE} AS age FROM person"},
        {"kind": "count", "by": ["borough", "ethnic_group", "imd_decile", "sex", "age"]},
        f"SELECT borough, ethnic_group, imd_decile, sex, {AGE} AS age, count(*) FROM {{person}} GROUP BY ALL",
    ),
)
SIXTH = Shape(
    "people by code and year, three cells each",
    {"sql": "SELECT person_id, sex FROM person"},
    _events(per="year", split="condition_concept_id"),
    "SELECT condition_concept_id, year(condition_start_date), count(DISTINCT person_id) FROM {condition_occurrence} "
    "GROUP BY ALL",
)
