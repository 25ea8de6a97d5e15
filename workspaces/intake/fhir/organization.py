"""Organization: says nothing about a person, so no table takes it; counted, and its ODS codes are looked through.

A delivery that describes organisations, but not the one that it is declared to come from, is worth a question.
"""

from workspaces.intake.fhir.resource import Structure

KIND = "Organization"

STRUCTURE: Structure = {
    "resourceType": "VARCHAR",
    "id": "VARCHAR",
    "identifier": [{"system": "VARCHAR", "value": "VARCHAR"}],
}


def query(lines: str) -> str:
    """How many there are, how many cannot be read, and how many carry the ODS code `$organisation`."""
    return f"""
    SELECT count(*), count(*) FILTER (fault_of(r, '{KIND}', NULL) IS NOT NULL),
        count(*) FILTER (len(list_filter(r.identifier, lambda i: upper(trim(i.value)) = $organisation
            AND i.system = 'https://fhir.nhs.uk/Id/ods-organization-code')) > 0)
    FROM {lines}
    """  # noqa: S608
