"""DiagnosticReport -> procedure_occurrence where its code is that of a procedure (an X-ray, say).

Else it is the cover of Observations, which come themselves: it is read for what law needs of it, and counted. Its
conclusion is free text and is not read.
"""

from workspaces.intake.fhir.resource import CONCEPT, PERIOD, REFERENCE, Resource

DIAGNOSTIC_REPORT = Resource(
    kind="DiagnosticReport",
    target="CASE WHEN list_has_any(keys_of(r.code.coding), (SELECT list(key) FROM code"
    " WHERE target = 'procedure_occurrence')) THEN 'procedure_occurrence' ELSE 'DiagnosticReport' END",
    structure={
        "subject": REFERENCE,
        "code": CONCEPT,
        "conclusionCode": [CONCEPT],
        "effectiveDateTime": "VARCHAR",
        "effectivePeriod": PERIOD,
    },
    codings="list_concat(keys_of(r.code.coding),"
    " legal_keys_of(flatten(list_transform(r.conclusionCode, lambda c: c.coding))))",
    started="coalesce(r.effectiveDateTime, r.effectivePeriod.start)",
)
