"""Every shape of view over the whole path, 300,000 rows and more in each event table: delivery, build, view, aggregate.

Five people leave. Everybody else's row is the same, bit for bit, told by sampling keys; bounded sums move by no more
than five people can. TRE_LARGE_SHAPES=1 (./run prove) runs it: deliveries of so many rows take minutes to load.
"""

# ruff: noqa: S608 (SQL of this test)

import os

import duckdb
import numpy as np
import pytest

from disclosure.engines import engine
from disclosure.engines.plan import SnapshotFiles
from tests.factories.records import House, key_of, number, source
from tests.factories.view_shapes import SHAPES
from tests.factories.worlds import proven
from tests.integration.test_shapes_whole_path import CAP, plan
from tests.spec.person_view.test_shapes_large import EVENTS, LEAVERS, MADE, PEOPLE
from workspaces.catalogue.tables import TABLES
from workspaces.intake import Format

pytestmark = pytest.mark.skipif("TRE_LARGE_SHAPES" not in os.environ, reason="minutes; ./run prove asks for it")
DELIVERED = 520_000  # rows of each table; the same twice counts once
PERSON = """SELECT person_id, nhs AS person_source_value, if(sex = 'male', 8507, 8532) AS gender_concept_id,
    year_of_birth, 5 AS month_of_birth, 7 AS day_of_birth, 'A' AS race_source_value
    FROM made JOIN numbers USING (person_id)"""


def snapshot(root, leavers=(0,)):
    """The files of everybody but the leavers, delivered in an order of its own."""
    house = House(root)
    folder = house._folder("omop")
    with duckdb.connect() as made:
        made.execute("CREATE MACRO pick(i, salt) AS CAST(hash(i, salt) >> 2 AS BIGINT)")
        nhs = [number(person) for person in range(1, PEOPLE + 1)]
        made.execute(
            "CREATE TABLE numbers AS SELECT unnest(?) AS nhs, unnest(range(1, ?)) AS person_id", [nhs, PEOPLE + 1]
        )
        for name, query in MADE.items():
            rows = query.replace(f"range({EVENTS})", f"range({DELIVERED})")
            text = PERSON.replace("FROM made", f"FROM ({rows}) AS made") if name == "person" else _delivered(name, rows)
            stayed = f"SELECT * FROM ({text}) AS r WHERE person_id NOT IN ({', '.join(map(str, leavers))})"
            made.execute(f"COPY ({stayed} ORDER BY hash(r, {leavers[0]})) TO '{folder / name}.csv' (HEADER)")
    house.load(source(Format.OMOP, "F83001"), folder)
    house.build(house.opt_outs())
    opened = house.open()
    return SnapshotFiles(opened.room, opened.sampling)


def _delivered(name, query):
    """The columns of a delivery, empty where the tables have none."""
    made = [f"{c.name}" if f" {c.name}" in query else f"NULL AS {c.name}" for c in TABLES[name].columns[1:]]
    return f"SELECT person_id, {', '.join(made)} FROM ({query}) AS made"


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Snapshots of everybody and of those who are left, and a connection that sees the two."""
    files = {
        "whole": snapshot(tmp_path_factory.mktemp("whole")),
        "less": snapshot(tmp_path_factory.mktemp("l"), LEAVERS),
    }
    with duckdb.connect(config={"threads": 4}) as connection:
        for label, each in files.items():
            connection.execute(f"CREATE SCHEMA {label}")
            for name in MADE:
                connection.execute(f"CREATE VIEW {label}.{name} AS FROM read_parquet('{each.room / name}.parquet')")
            connection.execute(f"CREATE TABLE {label}.keyed AS FROM read_parquet('{each.sampling}')")
        yield files, connection


def test_the_snapshots_hold_so_many_rows(both):
    events = set(MADE) - {"person", "death"}
    found = {name: both[1].execute(f"SELECT count(*) FROM whole.{name}").fetchone()[0] for name in events}
    assert min(found.values()) >= 300_000, found


@pytest.mark.parametrize("name", SHAPES)
def test_nobody_else_is_moved_among_many(name, both):
    files, connection = both
    view, capped = proven(sql=SHAPES[name]), proven(sql=SHAPES[name], rows_per_person=CAP)
    for label in files:
        connection.execute(f"SET search_path = '{label}'")
        connection.execute(f"CREATE OR REPLACE TABLE main.of_{label} AS SELECT sample_key, v.* EXCLUDE (person_id) "
                           f"FROM ({view.sql}) AS v JOIN keyed USING (person_id)")  # fmt: skip
    connection.execute("SET search_path = 'main'")
    keys = ", ".join(str(key_of(number(person))) for person in LEAVERS)
    stayed = f"SELECT * FROM of_whole WHERE sample_key NOT IN ({keys})"
    for one, other in ((stayed, "FROM of_less"), ("FROM of_less", stayed)):
        assert connection.execute(f"SELECT count(*) FROM ({one} EXCEPT ALL {other})").fetchone() == (0,)
    assert connection.execute("SELECT count(*), count(DISTINCT sample_key) FROM of_less").fetchone()[0] > 5
    asked, most = plan(capped)
    sums = [engine("duckdb")(capped, [asked], each)[0][0] for each in files.values()]
    assert (np.abs(sums[0] - sums[1]) <= len(LEAVERS) * np.array(most)).all()
