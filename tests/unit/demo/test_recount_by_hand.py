"""The recount on a folder small enough to know the answer by hand."""

import json
from datetime import date
from pathlib import Path

import pytest

from infra.demo.recount import Person, people
from infra.seeds.omop import HEADERS
from infra.seeds.population import write_population

ANN, BEN, CAT, DAN, EVE, FAY, GUS = (
    *("9990000018", "9990000026", "9990000034", "9990000042", "9990000050"),
    *("9990000069", "9990000077"),
)
CUT = date(2026, 6, 30)
STATUS = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"
ETHNIC = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory"

SOURCES = """
population = 10
synthetic = true
[[source]]
organisation = "RRV"
name = "A trust"
format = "fhir"
standing = "SHARED_CARE_PROCESSOR"
[[source]]
organisation = "Z00001"
name = "A practice"
format = "omop"
standing = "SHARED_CARE_PROCESSOR"
nhs_number_status = "01"
extract_date = 2026-06-30
[[source]]
organisation = "E09000007"
name = "A council"
format = "cld"
standing = "SHARED_CARE_PROCESSOR"
nhs_number_status = "01"
extract_date = 2026-06-30
"""


def coded(url: str, code: str) -> dict:
    return {"url": url, "valueCodeableConcept": {"coding": [{"code": code}]}}


def patient(local: str, number: str | None, status: str = "01", **more: object) -> dict:
    identifiers = [{"system": "https://local.example", "value": local}]
    if number:
        nhs = {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": number, "extension": [coded(STATUS, status)]}
        identifiers.append(nhs)
    return {"resourceType": "Patient", "id": local, "identifier": identifiers, **more}


def write_fhir(folder: Path, resources: list[dict]) -> None:
    folder.mkdir(parents=True)
    kinds = sorted({resource["resourceType"] for resource in resources})
    for kind in kinds:
        chosen = [json.dumps(resource) for resource in resources if resource["resourceType"] == kind]
        (folder / f"{kind}.ndjson").write_text("\n".join(chosen) + "\n")
    output = [{"type": kind, "url": f"https://trust.example/out/{kind}.ndjson"} for kind in kinds]
    (folder / "manifest.json").write_text(
        json.dumps({"transactionTime": "2026-06-30T23:00:00Z", "requiresAccessToken": False, "output": output})
    )


def write_omop(folder: Path, tables: dict[str, list[dict[str, object]]]) -> None:
    folder.mkdir(parents=True)
    for name, header in HEADERS.items():
        rows = [",".join(str(row.get(column, "")) for column in header) for row in tables.get(name, [])]
        (folder / f"{name}.csv").write_text("\n".join([",".join(header), *rows]) + "\n")


def registered(local: int, number: str, **more: object) -> dict[str, object]:
    usual = {"gender_concept_id": 8532, "birth_datetime": "1960-07-01", "race_source_value": "A", "location_id": 1}
    return {"person_id": local, "person_source_value": number, **usual, **more}


def condition(local: int, concept: int, when: str, row: int = 1) -> dict[str, object]:
    return {
        "condition_occurrence_id": row,
        "person_id": local,
        "condition_concept_id": concept,
        "condition_start_date": when,
    }


def measured(local: int, value: object, concept: int = 3004249, when: str = "2025-03-05") -> dict[str, object]:
    return {
        "person_id": local,
        "measurement_concept_id": concept,
        "measurement_date": when,
        "value_as_number": value,
    }


def opted(local: int, code: str, when: str) -> dict[str, object]:
    return {"person_id": local, "observation_date": when, "observation_source_value": code}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "national").mkdir()
    (tmp_path / "sources.toml").write_text(SOURCES)
    (tmp_path / "national/opted_out.csv").write_text(f"nhs_number\n{BEN}\n")
    write_omop(
        tmp_path / "omop/Z00001",
        {
            "location": [{"location_id": 1, "county": "Camden"}, {"location_id": 2, "county": "Atlantis"}],
            "person": [
                registered(1, ANN, race_source_value="Z"),
                registered(2, BEN),
                registered(3, CAT),
                registered(4, DAN),
                registered(5, "9990000019"),
                registered(6, ""),
                registered(7, GUS, gender_concept_id=0, birth_datetime="1930-01-01", location_id=2),
            ],
            "condition_occurrence": [
                condition(1, 320128, "2025-03-05", row=1),
                condition(1, 320128, "2025-03-05", row=2),  # the same again: one row
                condition(1, 320128, "2025-03-06", row=3),  # another day of that week: a row of its own
                condition(1, 0, "2025-03-05"),
                condition(1, 1332418, "2025-03-05"),  # a drug is no condition
                condition(1, 201826, "2026-07-01"),  # after the extract
                condition(1, 201826, "2023-02-30"),
                condition(2, 320128, "2025-03-05"),
                condition(5, 320128, "2025-03-05"),  # a person without a usable number
                condition(99, 320128, "2025-03-05"),  # nobody
            ],
            "measurement": [
                *(measured(1, value) for value in ("141.5", "NaN", "", "261", "60", "9999")),
                measured(1, "27.44", concept=3038553),
            ],
            "drug_exposure": [
                {
                    "person_id": 1,
                    "drug_concept_id": 1332418,
                    "drug_exposure_start_date": "2025-03-10",
                    "days_supply": 28,
                }
            ],
            "visit_occurrence": [
                {
                    "person_id": 1,
                    "visit_concept_id": 581477,
                    "visit_start_date": "2025-03-09",
                    "visit_end_date": "2025-03-10",
                }
            ],
            "observation": [
                opted(3, "9Nu0", "2020-01-01"),
                opted(4, "XaZ89", "2020-01-01"),
                opted(4, "XaZ8A", "2021-01-01"),
                opted(1, "266919005", "2021-01-01"),
            ],
            "death": [{"person_id": 7, "death_date": "2026-02-17"}],
        },
    )
    pressure = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
        "subject": {"reference": "Patient/1"},
        "effectiveDateTime": "2025-03-05T10:00:00Z",
        "component": [
            {"code": {"coding": [{"system": "http://loinc.org", "code": code}]}, "valueQuantity": {"value": value}}
            for code, value in (("8480-6", 150), ("8462-4", 95))
        ],
    }
    asthma = {
        "resourceType": "Condition",
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "195967001"}]},
        "subject": {"reference": "Patient/1"},
        "recordedDate": "2025-03-05",
    }
    wrong = {"verificationStatus": {"coding": [{"code": "entered-in-error"}]}}
    write_fhir(
        tmp_path / "fhir/RRV",
        [
            # Local id 1 is Ann here and at the practice, 2 is somebody else.
            patient(
                "1",
                ANN,
                gender="male",
                birthDate="1999-01-01",
                address=[{"district": "E09000001"}],
                extension=[coded(ETHNIC, "M")],
            ),
            patient("2", EVE, meta={"security": [{"code": "R"}]}),
            patient("3", FAY, "02"),
            patient("4", None),
            patient(
                "7",
                GUS,
                gender="male",
                extension=[coded("https://fhir.nhs.uk/StructureDefinition/Extension-Other", "1")],
            ),
            pressure,
            asthma | wrong,
            asthma | {"subject": {"reference": "Patient/7"}},
        ],
    )
    header = "la_code,reporting_period_start,reporting_period_end,la_person_id,nhs_number,gp_practice_code,gender"
    header += ",ethnicity,date_of_birth,client_type,event_type,event_start_date,event_end_date,service_type"
    header += ",service_component\n"
    row = f"E09000007,2026-01-01,2026-03-31,1,{GUS},Z00001,1,A,1930-01-01,Service User"
    (tmp_path / "cld/E09000007").mkdir(parents=True)
    (tmp_path / "cld/E09000007/q1.csv").write_text(
        f"{header}{row},SERVICE,2026-01-07,,,\n{row},Signposting,2026-01-07,,,\n{row},review,2026-01-07,2026-01-14,,\n"
    )
    (tmp_path / "cld/E09000007/q2.csv").write_text(f"{header}{row},SERVICE,2026-01-07,,,\n")
    return tmp_path


def test_who_may_be_in_and_why_the_others_are_not(folder: Path) -> None:
    found = people(folder, cut_date=CUT)
    assert set(found.people) == {ANN, DAN, GUS}
    assert found.removed == {"national_opt_out": {BEN}, "type_1_opt_out": {CAT}, "withheld_identity": {EVE}}
    assert found.removed_by_reason() == {"national_opt_out": 1, "type_1_opt_out": 1, "withheld_identity": 1}
    assert found.people_in == {ANN, BEN, CAT, DAN, EVE, GUS}


def test_a_person_with_two_reasons_is_counted_under_the_first(folder: Path) -> None:
    add_row(folder, "observation", opted(2, "9Nu0", "2020-01-01"))
    found = people(folder, cut_date=CUT)
    assert found.removed["national_opt_out"] == {BEN}
    assert found.removed_by_reason() == {"withheld_identity": 1, "type_1_opt_out": 2, "national_opt_out": 0}


def test_only_events_that_begin_in_the_period_count(folder: Path) -> None:
    ann = people(folder, cut_date=CUT, period=(date(2025, 3, 6), date(2025, 3, 9))).people[ANN]
    assert (ann.conditions, ann.drugs, ann.measurements) == ([(320128, date(2025, 3, 3))], [], [])
    assert ann.visits == [(581477, date(2025, 3, 3), date(2025, 3, 10))]
    assert people(folder, cut_date=CUT, period=(date(2026, 3, 1), None)).people[GUS].death is None


def test_a_person_known_to_practice_and_trust(folder: Path) -> None:
    assert people(folder, cut_date=CUT).people[ANN] == Person(
        sex="female",  # the practice is believed before the trust
        year_of_birth=1960,
        age_band="65-69",  # 65 until the day after the cut
        ethnic_group="black",  # not stated at the practice, so the trust's
        borough="E09000007",
        stp="QMJ",
        imd_decile=5,
        visits=[(581477, date(2025, 3, 3), date(2025, 3, 10))],
        conditions=[(320128, date(2025, 3, 3)), (320128, date(2025, 3, 3))],
        drugs=[(1332418, date(2025, 3, 10), 28)],
        measurements=[
            (3004249, date(2025, 3, 3), 142.0),
            (3004249, date(2025, 3, 3), 60.0),
            (3004249, date(2025, 3, 3), None),  # taken, but no value given
            (3038553, date(2025, 3, 3), 27.4),
            (3004249, date(2025, 3, 3), 150.0),
            (3012888, date(2025, 3, 3), 95.0),
        ],
    )


def test_a_person_known_to_all_three(folder: Path) -> None:
    assert people(folder, cut_date=CUT).people[GUS] == Person(
        sex="male",  # unknown to the practice
        year_of_birth=1936,
        age_band="90+",
        ethnic_group="white",
        borough="E09000007",  # the practice's place lies outside London, so the council's
        stp="QMJ",
        imd_decile=5,
        death=date(2026, 2, 1),
        conditions=[(317009, date(2025, 3, 3))],
        social_care=[("review", date(2026, 1, 5), date(2026, 1, 12)), ("service", date(2026, 1, 5), None)],
    )


def test_rows_left_out_are_counted_by_reason(folder: Path) -> None:
    assert people(folder, cut_date=CUT).rows_left_out == {
        "invalid_nhs_number": 1,
        "no_nhs_number": 2,
        "unverified_nhs_number": 1,
        "withheld_identity": 1,
        "unknown_person": 1,
        "person_quarantined": 1,
        "unknown_code": 3,
        "future_date": 1,
        "impossible_date": 1,
        "impossible_value": 3,
        "entered_in_error": 1,
    }


@pytest.mark.parametrize(("code", "when", "out"), [("9Nu1", "2020-01-01", True), ("9Nu1", "2020-01-02", False)])
def test_on_the_day_of_a_withdrawal_the_opt_out_still_counts(folder: Path, code: str, when: str, out: bool) -> None:
    with (folder / "omop/Z00001/observation.csv").open("a") as file:
        row = opted(3, code, when)
        file.write(",".join(str(row.get(column, "")) for column in HEADERS["observation"]) + "\n")
    assert (CAT in people(folder, cut_date=CUT).removed["type_1_opt_out"]) is out


def test_an_age_is_completed_years_at_the_cut(folder: Path) -> None:
    assert people(folder, cut_date=date(2025, 6, 30)).people[DAN].age_band == "60-64"
    assert people(folder, cut_date=date(2025, 7, 1)).people[DAN].age_band == "65-69"


def test_a_vouched_status_is_needed(folder: Path) -> None:
    sources = folder / "sources.toml"
    sources.write_text(sources.read_text().replace('nhs_number_status = "01"', 'nhs_number_status = "02"'))
    assert set(people(folder, cut_date=CUT).people) == {ANN, GUS}


def test_real_numbers_are_let_in_only_without_the_synthetic_flag(folder: Path) -> None:
    sources = folder / "sources.toml"
    sources.write_text(sources.read_text().replace("synthetic = true", "synthetic = false"))
    assert people(folder, cut_date=CUT).people == {}


def add_row(folder: Path, table: str, row: dict[str, object]) -> None:
    with (folder / f"omop/Z00001/{table}.csv").open("a") as file:
        file.write(",".join(str(row.get(column, "")) for column in HEADERS[table]) + "\n")


@pytest.mark.parametrize("when", ["", "2020-13-01", "2027-01-01"])
def test_an_opt_out_without_a_usable_date_outlasts_every_withdrawal(folder: Path, when: str) -> None:
    add_row(folder, "observation", opted(4, "9Nu0", when))
    assert DAN in people(folder, cut_date=CUT).removed["type_1_opt_out"]


def test_an_opt_out_under_an_unverified_number_counts(folder: Path) -> None:
    sources = folder / "sources.toml"
    sources.write_text(sources.read_text().replace('nhs_number_status = "01"', 'nhs_number_status = "02"'))
    add_row(folder, "observation", opted(7, "827241000000103", "2024-01-01"))
    assert GUS in people(folder, cut_date=CUT).removed["type_1_opt_out"]


def test_an_identifier_with_two_numbers_is_nobodys(folder: Path) -> None:
    add_row(folder, "person", registered(4, FAY))
    found = people(folder, cut_date=CUT).people
    assert DAN not in found
    assert FAY not in found


def test_of_two_rows_about_a_person_the_first_by_value_counts_whatever_the_order(folder: Path) -> None:
    add_row(folder, "person", registered(8, DAN, birth_datetime="1959-07-01", gender_concept_id=0))
    found = people(folder, cut_date=CUT).people[DAN]
    assert (found.year_of_birth, found.sex) == (1959, "unknown")


def test_a_line_cut_short_is_left_out_alone(folder: Path) -> None:
    with (folder / "omop/Z00001/condition_occurrence.csv").open("a") as file:
        file.write("77,1,320")
    with (folder / "fhir/RRV/Condition.ndjson").open("a") as file:
        file.write('{"resourceType":"Condi')
    found = people(folder, cut_date=CUT)
    assert found.rows_left_out["broken_line"] == 2
    assert set(found.people) == {ANN, DAN, GUS}


@pytest.mark.parametrize(("unit", "kept"), [("mmHg", True), ("mm[Hg]", True), ("", True), ("kPa", False)])
def test_a_value_in_another_unit_is_left_out(folder: Path, unit: str, kept: bool) -> None:
    add_row(folder, "measurement", measured(4, 120) | {"unit_source_value": unit})
    assert bool(people(folder, cut_date=CUT).people[DAN].measurements) is kept


def test_dates_may_be_british_or_partial(folder: Path) -> None:
    add_row(folder, "condition_occurrence", condition(4, 317009, "05/03/2025", row=8))
    add_row(folder, "condition_occurrence", condition(4, 201826, "2025-03", row=9))
    assert people(folder, cut_date=CUT).people[DAN].conditions == [
        (201826, date(2025, 2, 24)),
        (317009, date(2025, 3, 3)),
    ]


def test_a_generated_population_counts_up(tmp_path: Path) -> None:
    write_population(3_000, 9, tmp_path / "out")
    found = people(tmp_path / "out", cut_date=CUT)
    assert 0.85 < len(found.people) / 3_000 < 0.93
    assert 0.01 < len(found.removed["type_1_opt_out"]) / 3_000 < 0.06
    assert 0.04 < len(found.removed["national_opt_out"]) / 3_000 < 0.10
    assert found.removed["withheld_identity"]
