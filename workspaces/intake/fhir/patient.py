"""Patient: who somebody is, by UK Core's identifiers, verification status, ethnic category; withheld identities."""

from workspaces.intake.fhir.resource import EXTENSION, Structure

KIND = "Patient"

STRUCTURE: Structure = {
    "resourceType": "VARCHAR",
    "id": "VARCHAR",
    "meta": {"security": [{"code": "VARCHAR"}]},
    "extension": EXTENSION,
    "identifier": [{"system": "VARCHAR", "value": "VARCHAR", "extension": EXTENSION}],
    "gender": "VARCHAR",
    "birthDate": "VARCHAR",
    "deceasedDateTime": "VARCHAR",
    "address": [{"district": "VARCHAR"}],
}


def script(lines: str) -> str:
    """Fill `staged_person` and `staged_claim` from `lines`, a relation with the columns `json` and `r`.

    Both marks of a withheld identity are looked for in the text, so that a mark of an odd shape is still one. A
    number given twice counts as verified only if both say so.
    """
    return f"""
    CREATE OR REPLACE TEMP TABLE patient AS
    SELECT r, list_distinct(list_transform(nhs, lambda i: bare(i.value))) AS numbers,
        list_max(list_transform(nhs, lambda i: code_of(i.extension,
            'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus'))) AS status,
        coalesce(regexp_matches(upper(json_extract(json, '$.meta.security')::VARCHAR), '"\\s*[RV]\\s*"'), false)
            OR coalesce(contains(json::VARCHAR, 'Extension-WithheldIdentityReason'), false) AS withheld
    FROM (SELECT *, list_filter(r.identifier, lambda i: i.system = 'https://fhir.nhs.uk/Id/nhs-number') AS nhs
        FROM {lines});
    INSERT INTO staged_person
    SELECT r.id, numbers[1], status, withheld, r.birthDate, r.gender,
        code_of(r.extension, 'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory'),
        r.address[1].district, r.deceasedDateTime,
        coalesce(fault_of(r, '{KIND}', NULL), CASE WHEN len(numbers) > 1 THEN 'several_nhs_numbers' END)
    FROM patient;
    INSERT INTO staged_claim SELECT r.id, unnest(numbers), withheld FROM patient WHERE len(numbers) > 1;
    """  # noqa: S608
