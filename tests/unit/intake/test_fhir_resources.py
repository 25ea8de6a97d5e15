"""Each type of FHIR resource becomes the rows that OMOP has for it; what no table takes is counted."""

from datetime import date

import duckdb
import pytest

from tests.factories.records import House, number, patient

ANNA = number(1)
SNOMED, LOINC, CVX = "http://snomed.info/sct", "http://loinc.org", "http://hl7.org/fhir/sid/cvx"
DAY = date(2024, 3, 6)


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def coded(code, system=SNOMED):
    return {"coding": [{"system": system, "code": code}]}


def about(kind, key="subject", **fields):
    return {"resourceType": kind, "id": "x1", key: {"reference": "Patient/a"}} | fields


def kept(house, table):
    """The rows of a table of the vault without the number."""
    (load,) = house.vault.current()
    path = house.vault.folder_of(load) / f"{table}.parquet"
    return duckdb.read_parquet(str(path)).project("* EXCLUDE nhs_number").fetchall()


SYSTOLIC, DIASTOLIC, BMI = coded("8480-6", LOINC), coded("8462-4", LOINC), coded("39156-5", LOINC)


def value(amount, unit):
    return {"value": amount, "code": unit}


PRESSURES = [
    {"code": SYSTOLIC, "valueQuantity": value(120, "mm[Hg]")},
    {"code": DIASTOLIC, "valueQuantity": value(80, "mm[Hg]")},
]
CASES = [
    (
        about(
            "Immunization",
            "patient",
            status="completed",
            vaccineCode=coded("140", CVX),
            occurrenceDateTime="2024-03-06",
        ),
        "drug_exposure",
        [(40213154, DAY, None)],
    ),
    (
        about("AllergyIntolerance", "patient", code=coded("91936005"), recordedDate="2024-03-06T10:00:00Z"),
        "observation",
        [(4240903, DAY)],
    ),
    (
        about("DiagnosticReport", status="final", code=coded("399208008"), effectiveDateTime="2024-03-06"),
        "procedure_occurrence",
        [(4163872, DAY)],
    ),
    (
        about("Observation", code=coded("85354-9", LOINC), effectiveDateTime="2024-03-06", component=PRESSURES),
        "measurement",
        [(3004249, DAY, 120.0), (3012888, DAY, 80.0)],
    ),
    (
        about(
            "Observation",
            code=BMI,
            valueQuantity=value(21.5, "kg/m2"),
            effectivePeriod={"start": "2024-03-06"},
            component=PRESSURES[:1],
        ),
        "measurement",
        [(3004249, DAY, 120.0), (3038553, DAY, 21.5)],
    ),
    (
        about("Procedure", status="completed", code=coded("52734007"), performedPeriod={"start": "2024-03-06"}),
        "procedure_occurrence",
        [(4203771, DAY)],
    ),
    (
        about("MedicationRequest", medicationCodeableConcept=coded("108537001"), authoredOn="2024-03-06"),
        "drug_exposure",
        [(1332418, DAY, None)],
    ),
    (
        about("Encounter", **{"class": {"code": "EMER"}}, period={"start": "2024-03-06", "end": "2024-03-06"}),
        "visit_occurrence",
        [(9203, DAY, DAY)],
    ),
]


@pytest.mark.parametrize(("resource", "table", "rows"), CASES, ids=[case[0]["resourceType"] for case in CASES])
def test_a_resource_becomes_the_rows_of_its_table(house, resource, table, rows):
    report = house.hospital([patient("a", ANNA), resource])
    assert sorted(kept(house, table)) == rows
    assert (report.quarantined, report.unsupported) == ({}, {})


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (about("Immunization", "patient", status="not-done", vaccineCode=coded("140", CVX)), "not_done"),
        (
            about("AllergyIntolerance", "patient", code=coded("91936005"), verificationStatus=coded("refuted")),
            "refuted",
        ),
        (about("DiagnosticReport", status="entered-in-error", code=coded("399208008")), "entered_in_error"),
        (
            about("DiagnosticReport", code=coded("58410-2", LOINC), conclusionCode=[coded("52637005")]),
            "restricted_code",
        ),
        (about("AllergyIntolerance", "patient", code=coded("91936005")), "impossible_date"),
        (about("Immunization", "patient", vaccineCode=coded("no"), occurrenceDateTime="2024-03-06"), "unknown_code"),
    ],
)
def test_what_cannot_be_used_is_counted_by_reason(house, resource, reason):
    assert house.hospital([patient("a", ANNA), resource]).quarantined == {reason: 1}


def test_what_no_table_takes_is_counted_by_its_type(house):
    report = house.hospital(
        [
            patient("a", ANNA),
            about("DiagnosticReport", code=coded("58410-2", LOINC), effectiveDateTime="2024-03-06"),
            about("AllergyIntolerance", "patient", code=coded("1"), recordedDate="2024-03-06"),
            about("Appointment"),
            organisation("RRV"),
        ]
    )
    assert report.unsupported == {"DiagnosticReport": 1, "observation": 1, "Appointment": 1, "Organization": 1}
    assert (report.quarantined, report.alarms) == ({}, ())


def organisation(code):
    identifier = [{"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": code}]
    return {"resourceType": "Organization", "id": "o", "identifier": identifier}


def test_a_delivery_that_describes_only_others_is_told(house):
    (alarm,) = house.hospital([patient("a", ANNA), organisation("RJ1")]).alarms
    assert "ODS code" in alarm


@pytest.mark.parametrize("kind", ["Observation", "DiagnosticReport"])
def test_an_opt_out_on_the_cover_of_other_values_is_heard(house, kind):
    cover = about(kind, code=coded("827241000000103"), effectiveDateTime="2024-03-06", component=PRESSURES)
    house.hospital([patient("a", ANNA), cover])
    assert kept(house, "type_1") == [(True, DAY)]
    assert not [rows for rows in (kept(house, "person"),) if len(rows) != 1]


def test_dmd_codes_are_snomed_codes(house):
    given = about("MedicationRequest", medicationCodeableConcept=coded("108537001", "https://dmd.nhs.uk"))
    house.hospital([patient("a", ANNA), given | {"authoredOn": "2024-03-06"}])
    assert kept(house, "drug_exposure") == [(1332418, DAY, None)]
