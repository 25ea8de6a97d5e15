"""Observation -> measurement: its own value, and one for each component (a blood pressure holds two)."""

from workspaces.intake.fhir.resource import CONCEPT, QUANTITY, REFERENCE, Resource

# A panel without a value of its own is no row, but law must see its code with each of its components.
_ITSELF = "[{'code': r.code, 'valueQuantity': r.valueQuantity}]"
_PARTS = f"""CASE WHEN coalesce(len(r.component), 0) = 0 THEN {_ITSELF}
    WHEN r.valueQuantity IS NULL THEN r.component ELSE list_concat({_ITSELF}, r.component) END"""

OBSERVATION = Resource(
    kind="Observation",
    target="'measurement'",
    structure={
        "subject": REFERENCE,
        "code": CONCEPT,
        "effectiveDateTime": "VARCHAR",
        "effectivePeriod": {"start": "VARCHAR"},
        "valueQuantity": QUANTITY,
        "component": [{"code": CONCEPT, "valueQuantity": QUANTITY}],
    },
    parts=_PARTS,
    codings="CASE WHEN r.component IS NULL THEN keys_of(part.code.coding)"
    " ELSE list_concat(keys_of(part.code.coding), legal_keys_of(r.code.coding)) END",
    started="coalesce(r.effectiveDateTime, r.effectivePeriod.start)",
    quantity="part.valueQuantity.value",
    unit="coalesce(part.valueQuantity.code, part.valueQuantity.unit)",
)
