"""Condition -> condition_occurrence; what was refuted or entered in error is none."""

from workspaces.intake.fhir.resource import CONCEPT, REFERENCE, VERIFICATION, VERIFIED, Resource

CONDITION = Resource(
    kind="Condition",
    target="'condition_occurrence'",
    structure={
        "subject": REFERENCE,
        "code": CONCEPT,
        "recordedDate": "VARCHAR",
        "onsetDateTime": "VARCHAR",
        "verificationStatus": VERIFICATION,
    },
    codings="keys_of(r.code.coding)",
    started="coalesce(r.recordedDate, r.onsetDateTime)",
    status=VERIFIED,
)
