"""What the demonstration asks to be released: one request by the typed form, one by SQL, and some that are refused."""

from typing import Any

SYSTOLIC, BODY_MASS = 3004249, 3038553

_PRESSURE = {
    "table": "measurement",
    "value": "value_as_number",
    "date": "measurement_date",
    "where": [{"column": "measurement_concept_id", "is": SYSTOLIC}],
}

BLOOD_PRESSURE: dict[str, Any] = {
    "title": "Hypertension and blood pressure in London",
    "view": {
        "form": {
            "columns": [
                {"name": "stp", "person": "stp"},
                {"name": "sex", "person": "sex"},
                {"name": "age_band", "person": "age_band"},
                {
                    "name": "hypertension",
                    "exists": {
                        "table": "condition_occurrence",
                        "where": [{"column": "condition_concept_id", "in_code_list": "hypertension/1"}],
                    },
                },
                {"name": "systolic", "latest": _PRESSURE},
            ]
        }
    },
    "statistics": [
        {"name": "people", "kind": "count", "by": ["stp", "sex"]},
        {"name": "with_hypertension", "kind": "proportion", "of": "hypertension", "by": ["stp", "sex"]},
        {
            "name": "mean_systolic",
            "kind": "mean",
            "of": "systolic",
            "by": ["age_band"],
            "lower": "90",
            "upper": "190",
        },
        {
            "name": "systolic_bands",
            "kind": "histogram",
            "of": "systolic",
            "by": ["sex"],
            "edges": ["60", "100", "120", "140", "160", "180", "260"],
        },
    ],
    "epsilon": "0.8",
}

EMERGENCY_SQL = """
SELECT p.person_id, p.imd_decile, p.sex,
       COALESCE(v.visits, 0) AS visits,
       COALESCE(c.diabetes, FALSE) AS diabetes
FROM person p
LEFT JOIN (SELECT person_id, COUNT(*) AS visits FROM visit_occurrence
           WHERE visit_concept_id = 9203 GROUP BY person_id) v ON v.person_id = p.person_id
LEFT JOIN (SELECT person_id, BOOL_OR(TRUE) AS diabetes FROM condition_occurrence
           WHERE in_code_list(condition_concept_id, 'diabetes/1') GROUP BY person_id) c ON c.person_id = p.person_id
"""

EMERGENCY: dict[str, Any] = {
    "title": "Emergency visits by deprivation",
    "view": {"sql": EMERGENCY_SQL},
    "statistics": [
        {"name": "people", "kind": "count", "by": ["imd_decile"]},
        {"name": "emergency_visits", "kind": "sum", "of": "visits", "lower": "0", "upper": "10", "by": ["imd_decile"]},
        {"name": "with_diabetes", "kind": "proportion", "of": "diabetes", "by": ["imd_decile", "sex"]},
    ],
    "epsilon": "0.8",
}

FOLLOW_UP_SQL = """
SELECT p.person_id, p.stp, p.sex, p.age_band,
       COALESCE(v.visits, 0) AS visits,
       v.first_visit IS NOT NULL AS visited,
       DATE_DIFF('day', DATE '2016-07-04', COALESCE(v.first_visit, DATE '2026-06-29')) AS days,
       COALESCE(c.hypertension, FALSE) AS hypertension,
       COALESCE(c.diabetes, FALSE) AS diabetes,
       m.systolic
FROM person p
LEFT JOIN (SELECT person_id, COUNT(*) AS visits, MIN(visit_start_date) AS first_visit FROM visit_occurrence
           WHERE visit_concept_id = 9203 GROUP BY person_id) v ON v.person_id = p.person_id
LEFT JOIN (SELECT person_id, BOOL_OR(in_code_list(condition_concept_id, 'hypertension/1')) AS hypertension,
                  BOOL_OR(in_code_list(condition_concept_id, 'diabetes/1')) AS diabetes
           FROM condition_occurrence GROUP BY person_id) c ON c.person_id = p.person_id
LEFT JOIN (SELECT person_id, ARG_MAX(value_as_number, measurement_date) AS systolic FROM measurement
           WHERE measurement_concept_id = 3004249 GROUP BY person_id) m ON m.person_id = p.person_id
"""

_EMERGENCY: dict[str, Any] = {
    "table": "visit_occurrence",
    "where": [{"column": "visit_concept_id", "is": 9203}],
    "date": "visit_start_date",
    "at_most": 12,
}

FOLLOW_UP: dict[str, Any] = {
    "title": "Emergency visits followed, and what goes with hypertension",
    "view": {"sql": FOLLOW_UP_SQL},
    "statistics": [
        {"name": "visit_rate", "kind": "rate", "of": "visits", "upper": 10, "time": "days", "time_upper": 3647}
        | {"by": ["sex"]},
        {"name": "visits_at_standard_age", "kind": "standardised", "of": "visits", "upper": 10, "time": "days"}
        | {"time_upper": 3647, "age": "age_band"},
        {"name": "free_of_visits", "kind": "survival", "of": "visited", "time": "days", "upper": 3640, "step": 364}
        | {"by": ["sex"]},
        {"name": "systolic_spread", "kind": "spread", "of": "systolic", "lower": 90, "upper": 190, "by": ["sex"]},
        {"name": "systolic_quartiles", "kind": "quantiles", "of": "systolic", "lower": 90, "upper": 190}
        | {"quantiles": ["0.25", "0.5", "0.75"]},
        {"name": "with_diabetes", "kind": "comparison", "of": "hypertension", "group": "diabetes"}
        | {"groups": [True, False]},
        {"name": "stp_by_hypertension", "kind": "table", "by": ["stp", "hypertension"]},
        {"name": "pressure", "kind": "linear", "of": "systolic", "lower": 90, "upper": 190}
        | {"on": [{"of": "visits", "lower": 0, "upper": 4}, {"of": "hypertension"}, {"of": "diabetes"}]},
        {"name": "emergency_years", "kind": "periods"}
        | {"events": _EMERGENCY | {"per": "year", "first": "2016-01", "last": "2026-12"}},
        {"name": "emergency_months", "kind": "forecast", "ahead": 3}
        | {"events": _EMERGENCY | {"first": "2025-07", "last": "2026-06"}},
        {"name": "common_diagnoses", "kind": "codes"}
        | {"events": {"table": "condition_occurrence", "split": "condition_concept_id", "at_most": 12}},
        {"name": "who_has_hypertension", "kind": "logistic", "of": "hypertension"}
        | {"on": [{"of": "sex"}, {"of": "diabetes"}]},
    ],
    "epsilon": "0.8",
}

MIXING_SQL = "SELECT person_id, COUNT(*) OVER () AS everybody FROM person"
"""One row per person, but each looks at all the others."""


def asking(request: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The same request with some fields changed."""
    return {**request, **changes}
