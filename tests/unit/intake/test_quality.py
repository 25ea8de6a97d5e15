"""What is measured of a load: figures by table, what was expected, and the bands that everybody else sees."""

import json
from datetime import date

import pytest

from tests.factories.records import House, condition, council_row, gp_condition, gp_person, number, patient
from workspaces.catalogue.tables import TABLES
from workspaces.intake.quality import banded, judge


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def kept(house):
    return house.vault.all()[-1].quality


def unmet(figures):
    return {(each["name"], each["table"], each["column"]) for each in figures["expectations"] if not each["met"]}


def test_every_table_has_its_rows_its_reasons_what_is_filled_and_its_months(house):
    people = [gp_person("1", number(1)), gp_person("2", number(2), race_source_value="?"), gp_person("3", "9990000000")]
    conditions = [gp_condition("1", "2024-03-06"), gp_condition("2", "2025-01-31"), gp_condition("9")]
    report = house.gp(people, conditions=conditions)
    tables = kept(house)["tables"]
    assert report.quality == kept(house)
    assert kept(house)["cut"] == "2026-06-30"
    assert tables["person"]["rows"] == 2
    assert tables["person"]["quarantined"] == {"invalid_nhs_number": 1}
    assert tables["person"]["complete"] == {"birth_date": 2, "sex": 2, "ethnic_group": 1, "borough": 0}
    assert (tables["person"]["first"], tables["person"]["last"]) == (None, None)
    held = tables["condition_occurrence"]
    assert (held["rows"], held["first"], held["last"]) == (2, "2024-03", "2025-01")
    assert held["quarantined"] == {"unknown_person": 1}
    assert held["complete"] == {"condition_concept_id": 2, "condition_start_date": 2}


def test_reasons_of_tables_add_up_to_those_of_the_load(house):
    lost = {"resourceType": "Basic", "subject": {"reference": "Patient/a"}}
    refuted = condition("a", verificationStatus={"coding": [{"code": "refuted"}]})
    people = [patient("a", number(1)), patient("b", number(2), status="02")]
    report = house.hospital([*people, condition("z"), refuted, lost])
    figures = kept(house)
    reasons = [each["quarantined"] for each in figures["tables"].values()] + [figures["elsewhere"]]
    summed = {}
    for each in reasons:
        for reason, count in each.items():
            summed[reason] = summed.get(reason, 0) + count
    assert summed == report.quarantined
    assert {"unverified_nhs_number", "unknown_person", "refuted"} <= set(summed)


def test_a_table_of_which_nothing_was_good_is_told_of(house):
    house.gp([gp_person("1", number(1))], conditions=[gp_condition("9"), gp_condition("8")])
    held = kept(house)["tables"]["condition_occurrence"]
    assert (held["rows"], held["quarantined"]) == (0, {"unknown_person": 2})
    assert ("quarantined", "condition_occurrence", "") in unmet(kept(house))


def test_what_is_incomplete_or_old_is_not_met(house):
    people = [gp_person(str(n), number(n)) for n in range(1, 5)]
    house.gp(people, conditions=[gp_condition("1", "2026-03-29")])  # its month ended 91 days before the cut
    assert unmet(kept(house)) == {("complete", "person", "borough")}
    house.gp(people, conditions=[gp_condition("1", "2026-02-27")])
    assert unmet(kept(house)) == {("complete", "person", "borough"), ("fresh", "", "")}


def test_fewer_rows_than_last_time_are_not_met_and_other_sources_do_not_count(house):
    rows = [council_row(str(n), number(n)) for n in range(1, 11)]
    house.council([council_row(str(n), number(n)) for n in range(1, 41)], "E09000001")
    house.council(rows)
    assert not [each for each in kept(house)["expectations"] if each["name"] == "as many as last time"]
    house.council(rows[:8])
    assert "as many as last time" not in {name for name, _, _ in unmet(kept(house))}
    house.council(rows[:6])
    assert ("as many as last time", "person", "") in unmet(kept(house))


def test_a_table_that_no_longer_comes_is_not_met():
    table = {"rows": 10, "complete": {}, "first": None, "last": None, "quarantined": {}}
    before = {"tables": {"death": table}}
    judged = judge({"tables": {}}, before, date(2026, 6, 30))["expectations"]
    assert [(each["table"], each["found"], each["met"]) for each in judged] == [("death", "0.0%", False)]


def test_figures_stay_with_a_load_that_an_erasure_writes_anew(house):
    from workspaces.intake.erasing import erase, remember, token_of
    from workspaces.intake.vault import Vault

    house.vault = Vault(house.root / "vault", bytes(32))
    house.gp([gp_person("1", number(1)), gp_person("2", number(2))])
    before = kept(house)
    remember(house.vault, "order-1", token_of(number(1), bytes(32)))
    assert erase(house.vault) == 1
    assert kept(house) == before


def table(rows, held_back=0, **complete):
    return {"rows": rows, "quarantined": {"reason": held_back}, "complete": complete, "first": "2024-01", "last": None}


def test_bands_hold_no_figure_no_reason_and_no_month():
    told = banded({"tables": {"person": table(54_321, 1_234, sex=50_000), "exclusion": table(7)}})
    assert told == {
        "person": {"rows": "10,000 to 100,000", "quarantined": "1 to 5 %", "complete": {"sex": "80 to 95 %"}}
    }


@pytest.mark.parametrize("rows", [0, 1, 999])
def test_of_few_rows_nothing_but_that_they_are_few_is_told(rows):
    told = banded({"tables": {"death": table(rows, 5, death_date=rows)}})
    assert told == {"death": {"rows": "under 1,000", "quarantined": None, "complete": {}}}


def test_one_person_more_or_less_changes_bands_at_their_edges_only():
    changed = [
        rows
        for rows in range(1_000, 30_000, 7)
        if banded({"tables": {"person": table(rows)}}) != banded({"tables": {"person": table(rows + 1)}})
    ]
    assert changed in ([], [9_999])


def test_a_load_without_figures_has_no_bands():
    assert banded({}) == {}
    assert set(banded({"tables": dict.fromkeys(TABLES, table(5_000))})) == set(TABLES)
    json.dumps(banded({"tables": dict.fromkeys(TABLES, table(5_000))}))
