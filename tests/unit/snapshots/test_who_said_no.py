"""A patient who said no is never in a snapshot, however their records come."""

from datetime import date

import pytest

from tests.factories.records import (
    TYPE_1,
    WITHDRAWN,
    House,
    condition,
    council_row,
    gp_code,
    gp_person,
    number,
    patient,
)
from workspaces.intake import Standing

ANNA, BOB, CYD = number(1), number(2), number(3)
SPACED = f"{ANNA[:3]} {ANNA[3:6]}-{ANNA[6:]}"
NARROW = f"{ANNA[:3]}\u00a0{ANNA[3:6]}\u2009{ANNA[6:]}\u200b"
RESTRICTED = "52637005"
WITHHELD = {"url": "https://fhir.nhs.uk/StructureDefinition/Extension-WithheldIdentityReason", "valueCode": "02"}


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def built_with(house, *opted_out):
    """Who of the three is in a snapshot built now."""
    house.build(house.opt_outs(*opted_out))
    return house.inside(ANNA, BOB, CYD)


def everybody(house):
    """A council that sends all three with verified numbers."""
    house.council([council_row("1", ANNA), council_row("2", BOB), council_row("3", CYD)])


def test_without_a_no_everybody_is_in(house):
    everybody(house)
    assert built_with(house) == {ANNA, BOB, CYD}


def test_a_national_opt_out(house):
    everybody(house)
    assert built_with(house, ANNA) == {BOB, CYD}


@pytest.mark.parametrize("written", [ANNA, SPACED, NARROW, f" {ANNA}\t"])
@pytest.mark.parametrize("status", ["01", "02", None])
def test_a_type_1_code_counts_however_its_number_is_written_and_whatever_its_status(house, written, status):
    everybody(house)
    house.gp([gp_person("7", written)], codes=[gp_code("7", "9Nu0")], nhs_number_status=status)
    assert built_with(house) == {BOB, CYD}


@pytest.mark.parametrize("code", [TYPE_1, "9Nu0", "9Nu0.", "9Nu0.00", "XaZ89"])
@pytest.mark.parametrize("when", ["2024-03-04", "2031-01-01", "yesterday", ""])
def test_a_type_1_code_counts_in_each_spelling_and_with_any_date(house, code, when):
    everybody(house)
    house.gp([gp_person("7", ANNA)], codes=[gp_code("7", code, when)])
    assert built_with(house) == {BOB, CYD}


@pytest.mark.parametrize(
    ("codes", "is_in"),
    [
        ([("9Nu0", "2024-03-04"), ("9Nu1", "2024-03-05")], True),
        ([("9Nu0", "2024-03-04"), ("9Nu1", "2024-03-04")], False),  # on the same day the no stands
        ([("9Nu1", "2024-03-04"), ("XaZ89", "2024-03-05")], False),
        ([("9Nu0", "2024-03-04"), ("9Nu1", "")], False),
        ([("9Nu0", "2024-03-04"), ("9Nu1", "2026-07-01")], False),  # after the data were taken
        ([("9Nu0", ""), ("9Nu1", "2024-03-04")], False),
        ([(TYPE_1, "2024-03-04"), (WITHDRAWN, "2024-03-05"), ("9Nu0", "2024-03-06")], False),
    ],
)
def test_the_latest_type_1_code_decides(house, codes, is_in):
    everybody(house)
    house.gp([gp_person("7", ANNA)], codes=[gp_code("7", *code) for code in codes])
    assert (ANNA in built_with(house)) is is_in


def test_a_withdrawal_under_an_unverified_number_ends_nothing(house):
    house.gp([gp_person("7", ANNA)], codes=[gp_code("7", "9Nu0", "2024-03-04")])
    house.gp([gp_person("8", ANNA)], "F83002", codes=[gp_code("8", "9Nu1", "2025-01-01")], nhs_number_status="02")
    assert ANNA not in built_with(house)


def test_a_withdrawal_at_another_practice_counts(house):
    house.gp([gp_person("7", ANNA)], codes=[gp_code("7", "9Nu0", "2024-03-04")])
    house.gp([gp_person("8", ANNA)], "F83002", codes=[gp_code("8", "9Nu1", "2025-01-01")])
    assert ANNA in built_with(house)


@pytest.mark.parametrize("later", [[gp_person("7", ANNA)], [gp_person("9", BOB)]])
def test_a_type_1_code_outlives_a_later_delivery_that_does_not_tell_it(house, later):
    everybody(house)
    house.gp([gp_person("7", ANNA)], codes=[gp_code("7", "9Nu0")])
    house.gp(later)
    assert built_with(house) == {BOB, CYD}


def test_a_later_delivery_can_bring_the_withdrawal(house):
    house.gp([gp_person("7", ANNA)], codes=[gp_code("7", "9Nu0", "")])
    house.gp([gp_person("7", ANNA)], codes=[gp_code("7", "9Nu1", "2026-07-02")], extract_date=date(2026, 7, 31))
    assert ANNA in built_with(house)


def test_a_type_1_code_in_a_hospital_counts(house):
    everybody(house)
    house.hospital([patient("a", ANNA, status="02"), condition("a", TYPE_1)])
    assert built_with(house) == {BOB, CYD}


def test_a_type_1_code_counts_beside_a_restricted_one(house):
    everybody(house)
    codes = [{"system": "http://snomed.info/sct", "code": code} for code in (RESTRICTED, TYPE_1)]
    house.hospital([patient("a", ANNA), condition("a") | {"code": {"coding": codes}}])
    assert built_with(house) == {BOB, CYD}


def test_a_type_1_code_counts_in_a_file_of_another_type(house):
    everybody(house)
    house.hospital({"Patient": [patient("a", ANNA)], "Observation": [condition("a", TYPE_1)]})
    assert built_with(house) == {BOB, CYD}


def test_a_code_entered_in_error_says_nothing(house):
    everybody(house)
    wrong = {"verificationStatus": {"coding": [{"code": "entered-in-error"}]}}
    house.hospital([patient("a", ANNA), condition("a", TYPE_1, **wrong)])
    assert ANNA in built_with(house)


def test_a_type_1_code_of_a_row_with_two_numbers_counts_for_both(house):
    everybody(house)
    house.hospital([patient("a", ANNA, BOB), condition("a", TYPE_1)])
    assert built_with(house) == {CYD}


def test_a_type_1_code_at_a_source_that_screens_alarms_and_keeps_the_person_out(house):
    everybody(house)
    report = house.gp(
        [gp_person("7", ANNA)],
        codes=[gp_code("7", "9Nu0")],
        standing=Standing.SCREENED_AT_SOURCE,
        receipt="screened on 30 June",
    )
    assert any("Type 1" in alarm for alarm in report.alarms)
    assert built_with(house) == {BOB, CYD}


def test_a_type_1_code_that_names_nobody_alarms(house):
    report = house.gp([gp_person("7", "")], codes=[gp_code("7", "9Nu0"), gp_code("8", "9Nu0")])
    assert any(alarm.startswith("2 Type 1 opt-outs belong to no valid NHS number") for alarm in report.alarms)


MARKS = [
    {"meta": {"security": [{"code": "R"}]}},
    {"meta": {"security": [{"code": "N"}, {"code": "V"}]}},
    {"meta": {"security": [{"code": " r "}]}},
    {"meta": {"security": {"code": "V"}}},
    {"meta": {"security": "R"}},
    {"extension": [WITHHELD]},
    {"extension": WITHHELD},
]


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("status", ["01", "02"])
def test_a_withheld_identity_in_one_source_keeps_the_person_out_of_all(house, mark, status):
    everybody(house)
    house.hospital([patient("a", SPACED, status=status, **mark)])
    assert built_with(house) == {BOB, CYD}


@pytest.mark.parametrize("mark", [{}, {"meta": {"security": [{"code": "N"}]}}])
def test_an_ordinary_label_withholds_nobody(house, mark):
    everybody(house)
    house.hospital([patient("a", ANNA, **mark)])
    assert ANNA in built_with(house)


def test_a_withheld_row_with_two_numbers_keeps_both_out(house):
    everybody(house)
    house.hospital([patient("a", ANNA, BOB, **MARKS[0])])
    assert built_with(house) == {CYD}


def test_a_withheld_row_that_shares_its_identifier_keeps_the_other_number_out(house):
    everybody(house)
    house.hospital([patient("a", **MARKS[0]), patient("a", ANNA)])
    assert built_with(house) == {BOB, CYD}


@pytest.mark.parametrize(
    ("later", "is_in"),
    [
        ([patient("b", BOB)], False),  # no longer told of
        ([patient("a", ANNA, status="02")], False),
        ([patient("a", ANNA, **MARKS[0])], False),
        ([patient("a", ANNA)], True),  # the same source gives the person again, without the mark
    ],
)
def test_a_withheld_identity_stands_until_the_same_source_gives_the_person_without(house, later, is_in):
    everybody(house)
    house.hospital([patient("a", ANNA, **MARKS[0])])
    house.hospital(later)
    assert (ANNA in built_with(house)) is is_in


def test_another_source_cannot_lift_a_withheld_identity(house):
    house.hospital([patient("a", ANNA, **MARKS[0])])
    house.hospital([patient("a", ANNA)], "R1H")
    everybody(house)
    assert built_with(house) == {BOB, CYD}


@pytest.mark.parametrize("status", ["02", "04", None])
def test_who_is_unverified_everywhere_is_not_in(house, status):
    house.council([council_row("1", ANNA)], nhs_number_status=status)
    house.hospital([patient("b", BOB)])
    assert built_with(house) == {BOB}


def test_who_is_verified_in_one_source_is_in_with_the_rows_of_that_source_alone(house):
    house.council([council_row("1", ANNA)], nhs_number_status="02")
    house.hospital([patient("a", ANNA), condition("a")])
    built = house.build(house.opt_outs())
    assert house.inside(ANNA) == {ANNA}
    assert built.tables["condition_occurrence"] == 1
    assert built.tables["social_care_event"] == 0


def test_a_number_given_twice_with_two_statuses_is_unverified(house):
    one, other = patient("a", ANNA)["identifier"], patient("a", ANNA, status="02")["identifier"]
    house.hospital([patient("a") | {"identifier": one + other}, patient("b", BOB)])
    assert built_with(house) == {BOB}


def test_a_list_older_than_a_load_lets_nobody_new_in(house):
    house.council([council_row("1", ANNA)])
    opt_outs = house.opt_outs()
    house.hospital([patient("b", BOB)])
    built = house.build(opt_outs)
    assert house.inside(ANNA, BOB) == {ANNA}
    assert built.removed_by_reason == {"not_on_list": 1}


def test_an_identifier_of_two_numbers_ties_its_rows_to_nobody(house):
    house.hospital([patient("a", ANNA), patient("a", BOB, status="02"), condition("a"), patient("c", CYD)])
    built = house.build(house.opt_outs())
    assert house.inside(ANNA, BOB, CYD) == {CYD}
    assert built.tables["condition_occurrence"] == 0


def test_a_council_row_without_a_number_is_not_tied_to_whose_number_its_identifier_is(house):
    house.council([council_row("", ANNA, event_type="review"), council_row(ANNA, "", event_type="request")])
    built = house.build(house.opt_outs())
    assert built.tables["social_care_event"] == 1
