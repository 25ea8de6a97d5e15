"""Procedure -> procedure_occurrence, on the day it was done or began."""

from workspaces.intake.fhir.resource import CONCEPT, PERIOD, REFERENCE, Resource

PROCEDURE = Resource(
    kind="Procedure",
    target="'procedure_occurrence'",
    structure={"subject": REFERENCE, "code": CONCEPT, "performedDateTime": "VARCHAR", "performedPeriod": PERIOD},
    codings="keys_of(r.code.coding)",
    started="coalesce(r.performedDateTime, r.performedPeriod.start)",
)
