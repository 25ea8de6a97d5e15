"""The same tables as CSV, Parquet or a DuckDB database, of OMOP CDM 5.3 or 5.4, are the same rows in the vault."""

import duckdb
import pytest

from tests.factories.records import House, gp_code, gp_condition, gp_person, number, source, write_csv
from workspaces.catalogue.errors import Invalid
from workspaces.intake import Format

ANNA, BOB = number(1), number(2)
TYPE_1 = gp_code("2", "9Nu0")
MEASURED = [
    {"person_id": "1", "measurement_concept_id": "3038553", "measurement_date": "2024-03-06"}
    | {"value_as_number": value, "unit_source_value": unit}
    for value, unit in (("21.5", "kg/m2"), ("22", ""), ("", "kg/m2"), ("1e400", ""), ("nan", ""), ("900", ""))
]
TABLES = {
    "person": [
        gp_person("1", ANNA, location_id="1"),
        gp_person("2", f"{BOB[:3]} {BOB[3:6]} {BOB[6:]}", month_of_birth=""),
        gp_person("3", "12", race_source_value='"Z" ,'),
    ],
    "location": [{"location_id": "1", "county": "E09000007"}],
    "condition_occurrence": [gp_condition("1"), gp_condition("2", "2024-02-30"), gp_condition("9")],
    "measurement": MEASURED,
    "observation": [TYPE_1, gp_code("1", "1371.")],
    "note": [{"note_id": "1", "note_text": "free text"}],
}
V5_3 = {"admitting_source_concept_id": "0"}  # columns that 5.4 renamed
V5_4 = {"admitted_from_concept_id": "0"}
NUMBERS = ("person_id", "_concept_id", "year_of_birth", "month_of_birth", "location_id", "note_id")


def deliver(folder, way, version, *, typed):
    """Write the tables one way; typed ones hold numbers and dates where a CSV file holds text."""
    folder.mkdir()
    visit = {"person_id": "1", "visit_concept_id": "9201", "visit_start_date": "2024-03-06", "visit_end_date": ""}
    tables = TABLES | {"visit_occurrence": [visit | version], "cdm_source": [{"cdm_version": "v5.4"}]}
    database = duckdb.connect(str(folder / "practice.duckdb") if way == "duckdb" else ":memory:")
    for table, rows in tables.items():
        write_csv(folder / f"{table}.csv", rows)
        if way == "csv":
            continue
        path = str(folder / f"{table}.csv")
        database.execute(f"CREATE TABLE {table} AS FROM read_csv('{path}', header = true, all_varchar = true)")
        if typed:
            type_columns(database, table)
        if way == "parquet":
            database.execute(f"COPY {table} TO '{folder}/{table.upper()}.parquet'")
        (folder / f"{table}.csv").unlink()
    database.close()
    return folder


def type_columns(database, table):
    """Give numbers and dates their types, as far as every value of the column is one."""
    for name, *_ in database.execute(f"DESCRIBE {table}").fetchall():
        kind = "DOUBLE" if name.endswith(NUMBERS) else "DATE" if name.endswith("_date") else ""
        values = database.table(table).project(name)
        if kind and values.filter(f"try_cast({name} AS {kind}) IS NULL AND {name} <> ''").shape[0] == 0:
            database.execute(f"ALTER TABLE {table} ALTER {name} TYPE {kind} USING try_cast({name} AS {kind})")


def loaded(tmp_path, folder):
    """What became of a delivery: its counts, and the rows of every table of the vault."""
    house = House(tmp_path)
    report = house.load(source(Format.OMOP, "F83001"), folder)
    (load,) = house.vault.current()
    rows = {
        table: duckdb.read_parquet(path).order("ALL").fetchall()
        for table in load.files
        for path in house.vault.files(table, (load,))
    }
    return report.rows, report.quarantined, report.unsupported, report.alarms, rows


@pytest.mark.parametrize(("way", "typed"), [("csv", False), ("parquet", False), ("parquet", True), ("duckdb", True)])
@pytest.mark.parametrize("version", [V5_3, V5_4], ids=["5.3", "5.4"])
def test_every_way_gives_the_same_rows(tmp_path, way, typed, version):
    found = loaded(tmp_path / "this", deliver(tmp_path / "this-way", way, version, typed=typed))
    plain = loaded(tmp_path / "plain", deliver(tmp_path / "plain-way", "csv", V5_4, typed=False))
    assert found == plain
    rows, quarantined, unsupported, _, held = found
    assert (rows["person"], rows["measurement"], rows["visit_occurrence"]) == (2, 3, 1)
    assert quarantined == {
        "impossible_date": 1,
        "impossible_value": 3,
        "invalid_nhs_number": 1,
        "unknown_person": 1,
    }
    assert unsupported == {"observation": 1, "note": 1, "cdm_source": 1}
    assert held["type_1"]


@pytest.mark.parametrize("version", ["6.0", "5.2", "5.30", "55.4"])
def test_another_version_is_refused(tmp_path, version):
    folder = deliver(tmp_path / "in", "csv", V5_4, typed=False)
    write_csv(folder / "cdm_source.csv", [{"cdm_version": version}])
    with pytest.raises(Invalid, match="cdm_version"):
        loaded(tmp_path, folder)


def test_a_table_that_comes_twice_is_refused(tmp_path):
    folder = deliver(tmp_path / "in", "duckdb", V5_4, typed=True)
    write_csv(folder / "person.csv", TABLES["person"])
    with pytest.raises(Invalid, match="table_twice"):
        loaded(tmp_path, folder)


@pytest.mark.parametrize("name", ["person.parquet", "practice.duckdb"])
def test_what_is_none_is_refused(tmp_path, name):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / name).write_bytes(b"PAR1 this is none PAR1")
    with pytest.raises(Invalid, match="unreadable"):
        loaded(tmp_path, folder)


def test_a_view_of_the_sender_is_not_run(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    with duckdb.connect(str(folder / "practice.duckdb")) as database:
        database.execute("CREATE VIEW person AS SELECT content FROM read_text('/etc/hostname')")
    with pytest.raises(Invalid, match="file_missing"):
        loaded(tmp_path, folder)
