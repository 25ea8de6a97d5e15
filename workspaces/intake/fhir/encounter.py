"""Encounter -> visit_occurrence."""

from workspaces.intake.fhir.resource import PERIOD, REFERENCE, Resource

ENCOUNTER = Resource(
    kind="Encounter",
    target="'visit_occurrence'",
    structure={"subject": REFERENCE, "class": {"code": "VARCHAR"}, "period": PERIOD},
    codings="['ActCode|' || r.class.code]",
    started="r.period.start",
    ended="r.period.end",
)
