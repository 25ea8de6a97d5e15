"""What the census lets an engine leave out changes no answer, and is left out only where it can be."""

# ruff: noqa: S608 (files of the test's own making)

import duckdb
import numpy as np
import pytest

from disclosure.engines import embedded
from disclosure.engines.capped import spanned
from disclosure.engines.embedded import aggregate
from disclosure.engines.plan import CellPlan, CountAll, CountKnown, SnapshotFiles, Sum
from disclosure.engines.whole import Whole, whole
from tests.factories.view_shapes import SHAPES, world
from tests.factories.worlds import proven, write
from workspaces.catalogue.census import KEY, SAMPLING, Census, to_text
from workspaces.engine import open_engine
from workspaces.snapshots.minimise import census_of

TABLES = ("person", "death", "condition_occurrence", "visit_occurrence", "drug_exposure", "measurement")
GRIDS = -(2**30), 2**30


def counted(files, **lies):
    """The same files with their census in the footer of the sampling keys; `lies` take the place of what it says."""
    with open_engine(scratch=files.room) as engine, duckdb.connect() as plain:
        found = {name: census_of(engine, files.room / f"{name}.parquet") for name in TABLES}
        rows = plain.execute(f"SELECT count(*), min(person_id), max(person_id) FROM '{files.sampling}'").fetchall()[0]
        found[SAMPLING] = Census(rows[0], 1, rows[1] or 0, rows[2] or 0)
        path = files.room / f"counted_{len(list(files.room.iterdir()))}.parquet"
        plain.execute(
            f"COPY (SELECT * FROM '{files.sampling}') TO '{path}' (KV_METADATA {{{KEY}: $text}})",
            {"text": to_text(found | lies)},
        )
    return SnapshotFiles(files.room, path)


def plan(view, name="a"):
    columns = view.columns.values()
    by = tuple(column for column in columns if column.domain)[:2]
    sums = tuple(Sum(column.name, *GRIDS) for column in columns if column.grid)
    return CellPlan(name, by, (CountAll(), *(CountKnown(column.name) for column in columns), *sums))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return write(world(120, most=6), tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def with_census(files):
    return counted(files)


@pytest.mark.parametrize("cap", [1000, 3])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_view_gives_the_same_with_and_without_a_census(files, with_census, shape, cap):
    view = proven(sql=SHAPES[shape], rows_per_person=cap)
    once, slowly = (aggregate(view, [plan(view)], each)[0] for each in (with_census, files))
    twice = aggregate(view, [plan(view), plan(view, "b")], with_census)
    assert once.any()
    for found in (slowly, *twice):
        assert np.array_equal(found, once)


@pytest.mark.parametrize("cap", [1000, 3])
@pytest.mark.parametrize("shape", SHAPES)
def test_nor_does_it_matter_how_many_people_are_read_at_once(with_census, monkeypatch, shape, cap):
    view = proven(sql=SHAPES[shape], rows_per_person=cap)
    whole = aggregate(view, [plan(view)], with_census)[0]
    gathered = view.sources.keys() - {"person", "death"}
    monkeypatch.setattr(embedded, "PEOPLE_AT_ONCE", 50)
    read = []
    monkeypatch.setattr(embedded, "spanned", lambda query, span: read.append(span) or spanned(query, span))
    for found in aggregate(view, [plan(view), plan(view, "b")], with_census):
        assert np.array_equal(found, whole)
    assert len(set(read)) == (3 if gathered else 1)


def known(files, folder):
    with duckdb.connect() as connection:
        return whole(connection, files.sampling, folder, TABLES)


def test_a_table_is_whole_up_to_the_rows_of_the_person_with_the_most(with_census):
    found = known(with_census, with_census.room)
    assert found.within("person", 1)
    most = found.most["measurement"]
    assert (found.within("measurement", most), found.within("measurement", most - 1)) == (True, False)
    assert not found.within("procedure_occurrence", 1000)  # of which it says nothing


@pytest.mark.parametrize(
    ("lies", "lost"),
    [
        ({"measurement": Census(3, 1, 1, 2)}, {"measurement"}),  # another file than the one that was counted
        ({"person": Census(120, 1, 0, 120)}, {"person"}),  # somebody without a sampling key
        ({SAMPLING: Census(120, 1, 1, 121)}, set(TABLES)),
        ({SAMPLING: Census(119, 1, 1, 119)}, set(TABLES)),
    ],
)
def test_what_does_not_fit_the_files_is_not_believed(files, lies, lost):
    found = known(counted(files, **lies), files.room)
    assert {name for name in TABLES if not found.within(name, 1000)} == lost


def test_nothing_is_known_without_a_census(files):
    assert known(files, files.room) == Whole()


def test_with_a_census_nobody_is_counted_again(with_census, monkeypatch):
    monkeypatch.setattr(embedded, "over", None)
    monkeypatch.setattr(embedded, "capped", None)
    view = proven(sql=SHAPES["admissions and bed days"])
    assert aggregate(view, [plan(view)], with_census)[0].any()


def test_people_over_the_cap_are_cut_whatever_else_is_known(tmp_path):
    rows = world(30, most=6)
    view = proven(sql="SELECT person_id, count(*) AS n FROM visit_occurrence GROUP BY person_id", rows_per_person=2)
    files = counted(write(rows, tmp_path))
    found = aggregate(view, [CellPlan("a", (), (CountAll(), Sum("n", 0, 100)))], files)[0]
    each = [sum(row["person_id"] == person for row in rows["visit_occurrence"]) for person in range(1, 31)]
    assert found.tolist() == [[sum(map(bool, each)), sum(min(2, number) for number in each)]]
    assert max(each) > 2
