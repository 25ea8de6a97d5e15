"""One request for every registered statistic, as small as shows all that one person can change.

The terms are of an audit, not of a grant: no noise floor, few rows a person, and a δ so large that the noise is
small and a broken claim is seen in few runs. A statistic of the registry without a case fails the audit.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from disclosure.clearance import clear
from disclosure.requests import NEEDS, ReleaseRequest, parse_request
from disclosure.statistics.registry import OVER_BLOCKS, REGISTRY
from disclosure.terms import Terms
from infra.audit.programs import PROGRAM
from workspaces.catalogue.errors import Invalid

BMI, HYPERTENSION, METFORMIN = 3038553, 320128, 1503297
TABLES: dict[str, tuple[str, ...]] = {
    "person": ("sex", "age_band"),
    "measurement": ("measurement_concept_id", "measurement_date", "value_as_number"),
    "condition_occurrence": ("condition_concept_id", "condition_start_date"),
    "drug_exposure": ("drug_concept_id", "drug_exposure_start_date", "days_supply"),
}
TERMS = Terms(
    tables=TABLES,
    delta_e15=3 * 10**14,
    public_population=20_000,
    floor_half_width=0,
    rows_per_person=3,
    statistics=frozenset({*REGISTRY, *OVER_BLOCKS}),
    threshold_delta0_e15=5 * 10**13,
)


def _events(name: str, kind: str, table: str, column: str, concept: int) -> dict[str, Any]:
    return {"name": name, kind: {"table": table, "where": [{"column": column, "is": concept}]}}


VIEW: dict[str, Any] = {
    "form": {
        "columns": [
            {"name": "sex", "person": "sex"},
            {"name": "age", "person": "age_band"},
            _events("ill", "exists", "condition_occurrence", "condition_concept_id", HYPERTENSION),
            _events("treated", "exists", "drug_exposure", "drug_concept_id", METFORMIN),
            _events("episodes", "count", "condition_occurrence", "condition_concept_id", HYPERTENSION),
            {"name": "days", "max": {"table": "drug_exposure", "value": "days_supply"}},
            {
                "name": "bmi",
                "latest": {
                    "table": "measurement",
                    "value": "value_as_number",
                    "date": "measurement_date",
                    "where": [{"column": "measurement_concept_id", "is": BMI}],
                },
            },
        ]
    }
}

_ILLNESSES: dict[str, Any] = {"table": "condition_occurrence", "at_most": 2}
FIELDS: dict[str, tuple[Any, ...]] = {
    "by": (["sex"], [], ["ill", "treated"]),
    "of": ("ill", "bmi", "episodes"),
    "lower": ("20",),
    "upper": ("23", "2", "30"),
    "edges": (["20", "21", "22.5", "23"],),
    "quantiles": (["0.5", "0.9"],),
    "group": ("treated",),
    "groups": ([True, False],),
    "time": ("days",),
    "time_upper": ("30",),
    "age": ("age",),
    "step": ("10",),
    "on": (
        [{"of": "days", "lower": "0", "upper": "30"}, {"of": "treated"}],
        [{"of": "treated"}],
        [{"of": "sex", "reference": "male"}],
    ),
    "ahead": (2,),
    "program": (PROGRAM,),
    "events": (
        {**_ILLNESSES, "date": "condition_start_date", "per": "month", "first": "2024-01", "last": "2024-06"},
        {**_ILLNESSES, "date": "condition_start_date", "first": "2022-01", "last": "2024-06"},
        {**_ILLNESSES, "split": "condition_concept_id"},
    ),
}
"""What may be tried in each field of a statistic. A statistic with a new field needs a line here."""

VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "selection": ("quantiles", {"quantiles": ["0.5"], "method": "selection"})
}
"""Statistics drawn in a way of their own: a name, the kind, and what asks for it."""
AUDITED = (*REGISTRY, *OVER_BLOCKS, *VARIANTS)


@dataclass(frozen=True)
class Case:
    """A request with one statistic, and the terms to draw it under."""

    kind: str
    request: ReleaseRequest
    terms: Terms = TERMS


@cache
def asked(name: str) -> Mapping[str, Any] | None:
    """A statistic of that name that the audit's terms accept: the first of what its fields may hold, or None."""
    kind, fixed = VARIANTS.get(name, (name, {}))
    fields = ("by", *NEEDS[kind])
    if not set(fields) <= set(FIELDS):
        return None
    for values in product(*(FIELDS[field] for field in fields)):
        found = {"name": f"audited_{name}", "kind": kind, **dict(zip(fields, values, strict=True)), **fixed}
        with suppress(Invalid):
            clear(_request(found), TERMS)
            return found
    return None


def _request(*statistics: Mapping[str, Any]) -> ReleaseRequest:
    return parse_request({"title": "Audit", "view": VIEW, "statistics": list(statistics), "epsilon": "1"})


def request_of(*kinds: str) -> ReleaseRequest:
    """One request for these statistics together. Raises KeyError for one that has no case."""
    found = {kind: asked(kind) for kind in kinds}
    if None in found.values():
        raise KeyError(kinds)
    return _request(*(each for each in found.values() if each is not None))


def cases() -> tuple[Case, ...]:
    """One for each statistic that has one, in the order of the registry."""
    return tuple(Case(kind, request_of(kind)) for kind in AUDITED if asked(kind) is not None)


def missing() -> tuple[str, ...]:
    """Registered statistics that nobody audits."""
    return tuple(kind for kind in AUDITED if asked(kind) is None)
