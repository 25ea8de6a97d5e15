"""What people of the benchmark ask for: an application, and a question that was not asked before."""

from collections.abc import Sequence
from typing import Any

SAFE = ("safe_people", "safe_project", "safe_settings", "safe_outputs")


def application(title: str, members: Sequence[str], epsilon: str = "1") -> dict[str, Any]:
    """A complete application for people and their diagnoses."""
    return {
        "title": title,
        "lay_summary": "How common high blood pressure is in each part of London.",
        "public_benefit": "Clinics where they are needed.",
        **dict.fromkeys(SAFE, "As the gateway's terms say."),
        "organisation": "University of Example",
        "data": [
            {"table": "person", "columns": ["sex", "age_band", "stp"], "reason": "groups"},
            {"table": "condition_occurrence", "columns": ["condition_concept_id"], "reason": "hypertension"},
        ],
        "members": list(members),
        "epsilon": epsilon,
        "ends_on": "2099-06-30",
    }


def question(number: int) -> dict[str, Any]:
    """A request whose price is its own: the last digits of ε are its number."""
    hypertension = {
        "table": "condition_occurrence",
        "where": [{"column": "condition_concept_id", "in_code_list": "hypertension/1"}],
    }
    columns = [{"name": "sex", "person": "sex"}, {"name": "hypertension", "exists": hypertension}]
    return {
        "title": f"Hypertension by sex, question {number}",
        "view": {"form": {"columns": columns}},
        "statistics": [{"name": "hypertension", "kind": "proportion", "of": "hypertension", "by": ["sex"]}],
        "epsilon": f"{0.05 + number % 10_000 / 1e6:.6f}",
    }
