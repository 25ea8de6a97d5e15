"""Every shape of view over the whole path, each person dropped in turn: delivery to aggregate.

Those who are left have other dense numbers and lie in other places. Row by row, told apart by their sampling keys,
nobody else's row may change; added up with three rows a person kept, one person moves each count by 1 at most.
"""

import duckdb
import pytest

from disclosure.engines import engine
from disclosure.engines.plan import CellPlan, CountAll, CountKnown, CountTrue, SnapshotFiles, Sum
from tests.factories.records import House, gp_person, number, source, write_csv
from tests.factories.view_shapes import SHAPES, world
from tests.factories.worlds import proven, rows_of
from workspaces.catalogue.columns import Type
from workspaces.catalogue.tables import TABLES
from workspaces.intake import Format

pytestmark = pytest.mark.slow
PEOPLE, CAP = 5, 3
EVENTS = ("condition_occurrence", "visit_occurrence", "drug_exposure", "measurement", "death")
WORLD = world(PEOPLE, 8, most=7, ties=True)
WORLD["visit_occurrence"] = [row for row in WORLD["visit_occurrence"] if row["person_id"] != PEOPLE]


def snapshot(root, leaver=None):
    """The files of everybody but the leaver, and each person's sampling key by dense number."""
    house = House(root)
    folder = house._folder("omop")
    write_csv(folder / "person.csv", [
        gp_person(str(row["person_id"]), number(row["person_id"]), year_of_birth=str(row["year_of_birth"]))
        for row in WORLD["person"] if row["person_id"] != leaver
    ])  # fmt: skip
    for table in EVENTS:
        names = ["person_id", *(column.name for column in TABLES[table].columns[1:])]
        rows = [{name: str(row[name]) for name in names} for row in WORLD[table] if row["person_id"] != leaver]
        write_csv(folder / f"{table}.csv", rows, dict.fromkeys(names, ""))
    house.load(source(Format.OMOP, "F83001"), folder)
    house.build(house.opt_outs())
    opened = house.open()
    return SnapshotFiles(opened.room, opened.sampling)


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory):
    """Of everybody, and without each person in turn."""
    return {leaver: snapshot(tmp_path_factory.mktemp("house"), leaver) for leaver in (None, *range(1, PEOPLE + 1))}


def keyed(view, files):
    keys = dict(duckdb.read_parquet(str(files.sampling)).fetchall())
    return {keys[person]: row for person, row in rows_of(view, files).items()}


def plan(view):
    measures = [CountAll()]
    for column in view.columns.values():
        measures.append(CountTrue(column.name) if column.type is Type.BOOLEAN else CountKnown(column.name))
        if column.grid is not None:
            ends = [
                max(-500, int(column.grid.low / column.grid.step)),
                min(3000, int(column.grid.high / column.grid.step)),
            ]
            measures.append(Sum(column.name, *ends))
    return CellPlan("all", (), tuple(measures)), [
        max(abs(m.lower), m.upper) if isinstance(m, Sum) else 1 for m in measures
    ]


@pytest.mark.parametrize("name", SHAPES)
def test_nobody_else_is_moved_over_the_whole_path(name, snapshots):
    view, capped = proven(sql=SHAPES[name]), proven(sql=SHAPES[name], rows_per_person=CAP)
    whole = keyed(view, snapshots[None])
    asked, most = plan(capped)
    exact = engine("duckdb")(capped, [asked], snapshots[None])[0][0]
    moved = 0
    for leaver in range(1, PEOPLE + 1):
        left = keyed(view, snapshots[leaver])
        assert left.items() <= whole.items()
        assert len(whole) - len(left) in (0, 1)
        apart = [
            abs(int(one - other))
            for one, other in zip(exact, engine("duckdb")(capped, [asked], snapshots[leaver])[0][0], strict=True)
        ]
        assert all(number <= bound for number, bound in zip(apart, most, strict=True)), apart
        moved += any(apart)
    assert moved, "somebody is in the view"
