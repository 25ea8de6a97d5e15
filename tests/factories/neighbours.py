"""Places where neighbours are compared: over the real path from deliveries on, and over very many rows."""

import random
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from disclosure.engines.plan import SnapshotFiles
from infra.audit import cases
from infra.audit.people import anybody
from infra.audit.records import Person
from infra.audit.search import Place
from tests.factories.records import House, number, source, write_csv
from workspaces.catalogue.tables import TABLES
from workspaces.intake import Format

GENDERS = {"female": "8532", "male": "8507", "other": "8521"}
EVENTS = tuple(table for table in cases.TABLES if table != "person")
PEOPLE, EACH = 800, 200


@dataclass(frozen=True)
class Vault(Place):
    """The whole path: a practice's delivery, load, opt-outs, build, the snapshot as a draw opens it."""

    def with_files(self, present, done):
        with tempfile.TemporaryDirectory() as root:
            house = House(Path(root))
            house.load(source(Format.OMOP, "F83001"), delivery(house, present))
            house.build(house.opt_outs())
            opened = house.open()
            return done(SnapshotFiles(opened.room, opened.sampling))


def delivery(house, present):
    """The practice's files of these people."""
    folder = house._folder("omop")
    write_csv(
        folder / "person.csv",
        [
            {
                "person_id": str(person.number),
                "person_source_value": number(person.number),
                "gender_concept_id": GENDERS.get(next((row["sex"] for row in person.rows["person"]), ""), "0"),
                "year_of_birth": str(1930 + person.number * 7 % 70),
            }
            for person in present
        ],
    )
    for table in EVENTS:
        names = ["person_id", *(column.name for column in TABLES[table].columns[1:])]
        rows = [{"person_id": person.number, **row} for person in present for row in person.rows[table]]
        write_csv(folder / f"{table}.csv", [_texts(row) for row in rows], dict.fromkeys(names, ""))
    return folder


def _texts(row):
    return {name: "" if value is None else str(value) for name, value in row.items()}


def people(place, size=5, seed=3):
    """Random people, the odd among them, and one who has something of everything."""
    chance = random.Random(seed)  # noqa: S311 people, not secrets
    found = [anybody(chance, 100 + position, place.choices, place.most_rows) for position in range(size)]
    ill = {"condition_concept_id": cases.HYPERTENSION, "condition_start_date": date(2024, 2, 7)}
    drug = {"drug_concept_id": cases.METFORMIN, "drug_exposure_start_date": date(2024, 2, 7), "days_supply": 20}
    bmi = {"measurement_concept_id": cases.BMI, "measurement_date": date(2024, 2, 7), "value_as_number": 22.5}
    rows = {"person": [{"sex": "female"}], "condition_occurrence": [ill], "drug_exposure": [drug], "measurement": [bmi]}
    return [*found, Person(100 + size, rows)]


def large(folder, *, without=-1):
    """320,000 rows in many row groups, shuffled, with many ties; people renumbered when one is not there."""
    room = folder / "room"
    room.mkdir(parents=True)
    rows = f"FROM who, range({EACH}) AS r(j)"
    ill, drug, bmi = cases.HYPERTENSION, cases.METFORMIN, cases.BMI
    held = {
        "room/person": "SELECT person_id, CASE WHEN i % 2 = 0 THEN 'female' ELSE 'male' END AS sex, "
        "'40-44' AS age_band FROM who",
        "room/measurement": f"SELECT person_id, {bmi} AS measurement_concept_id, DATE '2024-01-01' + 7 * "
        f"(hash(i, j) % 4)::INT AS measurement_date, 19.8 + (hash(j, i) % 35) / 10 AS value_as_number {rows}",
        "room/condition_occurrence": f"SELECT person_id, {ill} AS condition_concept_id, DATE '2024-01-01' + 7 * "
        f"(hash(i, j, 1) % 60)::INT AS condition_start_date {rows} WHERE i % 3 > 0",
        "room/drug_exposure": f"SELECT person_id, {drug} AS drug_concept_id, DATE '2024-01-01' + 7 * "
        f"(hash(i, j, 2) % 60)::INT AS drug_exposure_start_date, (hash(i, j, 3) % 40)::INT AS days_supply {rows} "
        "WHERE i % 5 > 1",
        "sampling": "SELECT person_id, hash(i, 'key') AS sample_key FROM who",
    }
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE who AS SELECT i, row_number() OVER (ORDER BY hash(i, 'pseudonym'))::INT AS person_id "
            "FROM range(?) AS t(i) WHERE i <> ?",
            [PEOPLE, without],
        )
        for name, query in held.items():
            connection.execute(
                f"COPY (FROM ({query}) AS held ORDER BY hash(held, {without})) TO '{folder / name}.parquet' "
                "(FORMAT parquet, ROW_GROUP_SIZE 2048)"
            )
    return SnapshotFiles(room, folder / "sampling.parquet")
