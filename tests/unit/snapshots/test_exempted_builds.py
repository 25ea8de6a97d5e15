"""An exemption is from the national opt-out and from nothing else, and undoes no source's own screening."""

import json
from datetime import timedelta

import pytest

from tests.factories.records import NOW, House, council_row, gp_code, gp_person, number, patient
from workspaces.catalogue.errors import Invalid
from workspaces.intake import Standing
from workspaces.snapshots import why_not

ANNA, BOB, CYD, DAN = (number(index) for index in (1, 2, 3, 4))
WITHHELD = {"url": "https://fhir.nhs.uk/StructureDefinition/Extension-WithheldIdentityReason", "valueCode": "02"}
EXEMPTION = {
    "id": "exm-1",
    "ground": "SPECIFIC_EXEMPTION",
    "decided_by": "the Confidentiality Advisory Group",
    "reference": "26/CAG/0001",
    "expires_on": "2026-12-31",
}


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path)
    made.council([council_row(str(place), each) for place, each in enumerate((ANNA, BOB, CYD), 1)])
    return made


def built(house, *opted_out, exemption=EXEMPTION):
    """Who of the four is in a snapshot built now under the exemption."""
    house.build(house.opt_outs(*opted_out), exemption=exemption)
    return house.inside(ANNA, BOB, CYD, DAN)


def test_the_national_opt_out_is_lifted_and_counted(house):
    before = house.build(house.opt_outs(ANNA, BOB), "before")
    assert (before.people, before.exempted, before.removed_by_reason) == (1, 0, {"national_opt_out": 2})
    assert "exempted" not in json.loads(before.manifest)
    assert built(house, ANNA, BOB) == {ANNA, BOB, CYD}
    manifest = json.loads(house.store.get_bytes("snapshots/snapshot-1/manifest.json"))
    assert (manifest["exempted"], manifest["plan"]["exemption"]) == (2, EXEMPTION)


def test_a_type_1_code_is_not(house):
    house.gp([gp_person("7", ANNA)], codes=[gp_code("7", "9Nu0")])
    assert built(house, ANNA, BOB) == {BOB, CYD}


def test_a_withheld_identity_is_not(house):
    house.hospital([patient("p1", ANNA, extension=[WITHHELD])])
    assert built(house, ANNA, BOB) == {BOB, CYD}


def test_whom_nobody_asked_about_stays_out(house):
    opt_outs = house.opt_outs(ANNA)
    house.council([council_row("9", DAN)], organisation="E09000019")
    house.build(opt_outs, exemption=EXEMPTION)
    assert house.inside(ANNA, BOB, CYD, DAN) == {ANNA, BOB, CYD}


def test_what_a_source_screened_itself_stays_screened(house):
    house.gp([gp_person("7", ANNA)], standing=Standing.SCREENED_AT_SOURCE, receipt="screened on 1 May 2026")
    assert built(house, ANNA, BOB) == {BOB, CYD}


def test_a_list_too_old_is_no_list_under_an_exemption_either(house):
    opt_outs = house.opt_outs(ANNA)
    with pytest.raises(Invalid, match="not_fresh"):
        house.build(opt_outs, now=NOW + timedelta(days=22), exemption=EXEMPTION)


def test_a_report_on_a_person_knows_what_the_build_was_exempted_from(house):
    opt_outs, newest = house.opt_outs(ANNA), max(load.sequence for load in house.vault.all())
    assert why_not(house.vault, opt_outs, newest, ANNA) == "national_opt_out"
    assert why_not(house.vault, opt_outs, newest, ANNA, exempt=True) == ""
