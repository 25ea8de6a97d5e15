"""AllergyIntolerance -> observation, as in HL7's guide from FHIR to OMOP; what was refuted is none."""

from workspaces.intake.fhir.resource import CONCEPT, REFERENCE, VERIFICATION, VERIFIED, Resource

ALLERGY_INTOLERANCE = Resource(
    kind="AllergyIntolerance",
    target="'observation'",
    structure={
        "patient": REFERENCE,
        "code": CONCEPT,
        "recordedDate": "VARCHAR",
        "onsetDateTime": "VARCHAR",
        "verificationStatus": VERIFICATION,
    },
    codings="keys_of(r.code.coding)",
    started="coalesce(r.recordedDate, r.onsetDateTime)",
    status=VERIFIED,
    person="r.patient.reference",
)
