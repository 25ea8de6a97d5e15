"""What is read of one type of resource: a structure, and which expression over it gives each staged column."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Structure = Mapping[str, Any]

CONCEPT = {"coding": [{"system": "VARCHAR", "code": "VARCHAR"}]}
EXTENSION = [{"url": "VARCHAR", "valueCodeableConcept": CONCEPT}]
PERIOD = {"start": "VARCHAR", "end": "VARCHAR"}
QUANTITY = {"value": "VARCHAR", "unit": "VARCHAR", "code": "VARCHAR"}
REFERENCE = {"reference": "VARCHAR"}
VERIFICATION = {"coding": [{"code": "VARCHAR"}]}
COMMON = {"resourceType": "VARCHAR", "id": "VARCHAR", "status": "VARCHAR"}

VERIFIED = "coalesce(r.verificationStatus.coding[1].code, r.status)"


@dataclass(frozen=True)
class Resource:
    """One type of resource that says something about a person: each becomes a row, or several.

    All fields but `kind` and `structure` are SQL over `r`, the resource, and `part`, one of its `parts` where it has
    any. `target` is the table of OMOP; where its value is no table of the vault, rows are counted under it.
    `status` says that it did not happen.
    """

    kind: str
    target: str
    structure: Structure
    codings: str
    started: str
    ended: str = "NULL"
    quantity: str = "NULL"
    unit: str = "NULL"
    status: str = "r.status"
    person: str = "r.subject.reference"
    parts: str = ""

    def query(self, lines: str) -> str:
        """Fill `staged_event` from `lines`, a relation with one column `r`. Every piece is a constant of ours."""
        rows = f"(SELECT r, unnest({self.parts}) AS part FROM {lines})" if self.parts else lines  # noqa: S608
        return f"""
        INSERT INTO staged_event
        SELECT {self.target}, person_of({self.person}), {self.codings}, {self.started}, {self.ended}, {self.quantity},
            {self.unit}, fault_of(r, '{self.kind}', {self.status})
        FROM {rows}
        """  # noqa: S608


MACROS = """
CREATE MACRO keys_of(codings) AS list_transform(list_filter(codings, lambda c: c.code IS NOT NULL), lambda c:
    CASE c.system WHEN 'http://snomed.info/sct' THEN 'SNOMED' WHEN 'https://dmd.nhs.uk' THEN 'SNOMED'
        WHEN 'http://loinc.org' THEN 'LOINC' WHEN 'http://hl7.org/fhir/sid/cvx' THEN 'CVX'
        ELSE 'SOURCE' END || '|' || trim(c.code));
CREATE MACRO legal_keys_of(codings) AS list_transform(list_filter(codings, lambda c: c.code IS NOT NULL),
    lambda c: 'SOURCE|' || trim(c.code));
CREATE MACRO code_of(extensions, wanted) AS
    list_filter(extensions, lambda e: e.url = wanted)[1].valueCodeableConcept.coding[1].code;
CREATE MACRO fault_of(r, wanted, status) AS CASE
    WHEN r.resourceType IS NULL THEN 'broken_line'
    WHEN r.resourceType <> wanted THEN 'wrong_resource_type'
    WHEN status = 'entered-in-error' THEN 'entered_in_error'
    WHEN status IN ('refuted', 'cancelled', 'not-done') THEN replace(status, '-', '_') END;
CREATE MACRO person_of(reference) AS CASE
    WHEN starts_with(reference, 'Patient/') AND NOT contains(reference[9:], '/') THEN nullif(reference[9:], '')
    WHEN starts_with(reference, 'urn:uuid:') THEN nullif(reference[10:], '')
    ELSE nullif(regexp_extract(reference, '(?:^|/)Patient/([A-Za-z0-9.-]+)', 1), '') END;
"""
"""`legal_keys_of` are codes of something that gives no row of its own: law still needs to see them. dm+d codes are
SNOMED CT codes."""
