"""MedicationRequest -> drug_exposure, with the days that a prescription lasts."""

from workspaces.intake.fhir.resource import CONCEPT, QUANTITY, REFERENCE, Resource

_SUPPLY = "r.dispenseRequest.expectedSupplyDuration"

MEDICATION_REQUEST = Resource(
    kind="MedicationRequest",
    target="'drug_exposure'",
    structure={
        "subject": REFERENCE,
        "medicationCodeableConcept": CONCEPT,
        "authoredOn": "VARCHAR",
        "dispenseRequest": {"expectedSupplyDuration": QUANTITY},
    },
    codings="keys_of(r.medicationCodeableConcept.coding)",
    started="r.authoredOn",
    quantity=f"{_SUPPLY}.value",
    unit=f"coalesce({_SUPPLY}.code, {_SUPPLY}.unit)",
)
