"""Immunization -> drug_exposure, as in HL7's guide from FHIR to OMOP; one that was not done is none."""

from workspaces.intake.fhir.resource import CONCEPT, REFERENCE, Resource

IMMUNIZATION = Resource(
    kind="Immunization",
    target="'drug_exposure'",
    structure={"patient": REFERENCE, "vaccineCode": CONCEPT, "occurrenceDateTime": "VARCHAR"},
    codings="keys_of(r.vaccineCode.coding)",
    started="r.occurrenceDateTime",
    person="r.patient.reference",
)
