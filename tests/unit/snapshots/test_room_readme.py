"""Beside the tables of a room lie a README and a data dictionary, from the plan and the public catalogue alone."""

import csv

from tests.factories.records import House, gp_person, number
from workspaces.catalogue.tables import TABLES
from workspaces.snapshots.readme import DICTIONARY, README, write

PLAN = {
    "snapshot_id": "snp-1",
    "project_id": "prj-1",
    "cut_date": "2026-06-30",
    "period": ["2020-01-01", None],
    "tables": {"person": ["person_id", "sex", "borough"], "measurement": ["person_id", "value_as_number"]},
}


def described(folder, plan=PLAN):
    write(plan, folder)
    with (folder / DICTIONARY).open(encoding="utf-8", newline="") as file:
        return (folder / README).read_text(encoding="utf-8"), list(csv.DictReader(file))


def test_every_approved_column_is_explained_and_no_other(tmp_path):
    text, rows = described(tmp_path)
    assert sorted((row["table"], row["column"]) for row in rows) == sorted(
        (table, column) for table, columns in PLAN["tables"].items() for column in columns
    )
    meanings = {row["column"]: row["meaning"] for row in rows}
    assert meanings["sex"] == next(each.meaning for each in TABLES["person"].columns if each.name == "sex")
    assert "female = Female; male = Male" in next(row["values"] for row in rows if row["column"] == "sex")
    for word in ("snp-1", "prj-1", "2026-06-30", "events from 2020-01-01", "`borough`", "/workspace"):
        assert word in text
    assert "year_of_birth" not in text


def test_an_exemption_and_pseudonyms_that_stay_are_told(tmp_path):
    plain, _ = described(tmp_path)
    cited = {"decided_by": "the Confidentiality Advisory Group", "reference": "26/CAG/0001", "expires_on": "2026-12-31"}
    told, _ = described(tmp_path, PLAN | {"exemption": cited, "longitudinal_key_id": "0" * 16})
    assert "Who opted out is not in it." in plain
    assert "Who opted out is not in it." not in told
    assert "26/CAG/0001" in told
    assert "pseudonym.parquet" in told
    assert "pseudonym.parquet" not in plain


def test_the_whole_catalogue_can_be_described(tmp_path):
    every = {name: [column.name for column in table.columns] for name, table in TABLES.items()}
    _, rows = described(tmp_path, PLAN | {"tables": every, "period": [None, None]})
    assert len(rows) == sum(map(len, every.values()))
    assert all(row["meaning"] for row in rows)


def test_they_lie_beside_the_tables_and_tell_nothing_of_the_records(tmp_path):
    said = []
    for people in (20, 30):
        house = House(tmp_path / str(people))
        house.gp([gp_person(str(n), number(n)) for n in range(1, people)])
        house.build(house.opt_outs(number(1)), tables={"person": ("sex", "age_band")})
        room = house.open().room
        assert {path.name for path in room.iterdir()} == {README, DICTIONARY, "person.parquet"}
        assert {(room / name).stat().st_mode & 0o777 for name in (README, DICTIONARY)} == {0o444}
        said.append([(room / name).read_bytes() for name in (README, DICTIONARY)])
    assert said[0] == said[1]
