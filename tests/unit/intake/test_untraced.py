"""Who came without a number is kept for tracing alone, and a candidate is offered only where nobody else is near."""

import sys

import duckdb
import pytest

from tests.factories.records import House, council_row, gp_person, number, patient
from workspaces.catalogue.errors import Invalid
from workspaces.tracing import find_candidates

# stands in for the environment with Splink: four bits for each attribute that is the same
STAND_IN = f"""#!{sys.executable}
import sys, duckdb
_, _, _, model, sought, known, pairs = sys.argv
same = [f"(l.{{name}} = r.{{name}})::INT" for name in ("birth_date", "sex", "ethnic_group", "borough", "practice")]
gammas = ", ".join(f"coalesce({{each}}, -1) AS gamma_{{each[3:each.index(' ')]}}" for each in same)
weight = "4 * (" + " + ".join(f"coalesce({{each}}, 0)" for each in same) + ")"
duckdb.sql(f"COPY (SELECT l.row AS row_l, r.row AS row_r, 'untraced' AS source_dataset_l, {{weight}} AS match_weight,"
    f" {{gammas}} FROM '{{sought}}' l, '{{known}}' r WHERE {{weight}} > 0) TO '{{pairs}}' (FORMAT parquet)")
"""  # noqa: S608


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


@pytest.fixture
def python(tmp_path):
    path = tmp_path / "python"
    path.write_text(STAND_IN)
    path.chmod(0o700)
    return path


def born(day, **changes):
    return {"year_of_birth": "1950", "month_of_birth": "1", "day_of_birth": str(day)} | changes


def untraced(house):
    paths = house.vault.files("untraced", house.vault.current())
    return duckdb.read_parquet(paths).order("reference").fetchall()


def test_only_who_has_no_number_anywhere_in_a_delivery_is_kept_once_each(house):
    rows = [
        council_row("1", "", gp_practice_code="f83001 ", event_start_date="2024-03-06"),
        council_row("1", "", gp_practice_code="f83001 ", event_start_date="2024-04-06"),
        council_row("2", number(2)),
        council_row("3", ""),
        council_row("3", number(3)),
        council_row("4", "1234567890"),
        council_row("5", "", date_of_birth="?"),
    ]
    report = house.council(rows)
    assert [(row[0], row[2], str(row[3]), row[7]) for row in untraced(house)] == [(None, "1", "1950-01-02", "F83001")]
    assert report.quarantined["no_nhs_number"] == 3
    assert "untraced" not in report.rows


def test_of_others_than_councils_nobody_is_kept(house):
    house.gp([gp_person("1", "")])
    assert house.vault.files("untraced", house.vault.current()) == []


def test_the_one_who_is_far_more_likely_than_all_others_is_a_candidate(house, python):
    house.gp([gp_person("1", number(1), **born(2)), gp_person("2", number(2), **born(3))])
    house.council([council_row("x", "", gender="2", gp_practice_code="F83001")])
    (found,) = find_candidates(house.vault, python=python)
    assert (found.council, found.reference, found.nhs_number) == ("E09000007", "x", int(number(1)))
    assert found.agrees["sex"] == found.agrees["practice"] == "same"
    assert found.agrees["borough"] == "not known"


def test_a_tie_is_nobodys_on_either_side(house, python):
    house.gp([gp_person("1", number(1), **born(2)), gp_person("2", number(2), **born(2))])
    house.council([council_row("x", "", gender="2", gp_practice_code="F83001")])
    assert find_candidates(house.vault, python=python) == ()
    house.gp([gp_person("1", number(1), **born(2))])
    house.council([council_row(each, "", gender="2", gp_practice_code="F83001") for each in ("x", "y")])
    assert find_candidates(house.vault, python=python) == ()


def test_who_is_withheld_or_has_a_number_from_that_council_is_not_offered(house, python):
    house.gp([gp_person("1", number(1), **born(2))])
    row = council_row("x", "", gender="2", gp_practice_code="F83001")
    house.council([row, council_row("z", number(1))])
    assert find_candidates(house.vault, python=python) == ()
    house.council([row])
    assert len(find_candidates(house.vault, python=python)) == 1
    house.hospital([patient("a", number(1), meta={"security": [{"code": "R"}]})])
    assert find_candidates(house.vault, python=python) == ()


def test_no_candidate_enters_a_snapshot(house, python):
    house.gp([gp_person("1", number(1), **born(2))])
    house.council([council_row("x", "", gender="2", gp_practice_code="F83001")])
    assert find_candidates(house.vault, python=python)
    house.build(house.opt_outs())
    assert (
        not (house.open().room / "social_care_event.parquet").exists()
        or not duckdb.read_parquet(str(house.open().room / "social_care_event.parquet")).fetchall()
    )


def test_without_its_environment_or_when_that_fails_it_says_so_and_quotes_nothing(house, tmp_path):
    house.council([council_row("x", "")])
    with pytest.raises(Invalid, match="tracing:no_environment"):
        find_candidates(house.vault, python=tmp_path / "none")
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho secret >&2\nexit 1\n")
    broken.chmod(0o700)
    with pytest.raises(Invalid, match="tracing:failed") as refused:
        find_candidates(house.vault, python=broken)
    assert "secret" not in str(refused.value)
