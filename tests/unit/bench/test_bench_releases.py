"""The benchmark times the same aggregate twice, on tables as a snapshot has them."""

import json

import duckdb
import pytest

from disclosure.clearance import clear
from disclosure.engines.embedded import aggregate
from disclosure.engines.whole import whole
from disclosure.requests import parse_request
from infra.bench.data import snapshot_of
from infra.bench.releases import alone, alternating, bare_noise, plain_query, terms
from infra.bench.report import as_json, as_table, measure
from infra.bench.shapes import FIVE, SIXTH
from workspaces.catalogue.tables import TABLES

PEOPLE, EVENTS = 3_000, 30_000


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return snapshot_of(tmp_path_factory.mktemp("bench"), PEOPLE, EVENTS)


def exact(shape, files):
    cleared = clear(parse_request(shape.request()), terms(PEOPLE))
    return aggregate(cleared.view, [cleared.statistics[0].plan], files)[0]


def plain(shape, files):
    with duckdb.connect() as connection:
        return connection.execute(plain_query(shape, files)).fetchall()


def test_the_tables_are_those_of_a_snapshot(files):
    with duckdb.connect() as connection:
        for path in files.room.iterdir():
            held = connection.execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall()  # noqa: S608 a file of the test
            assert [row[0] for row in held] == [column.name for column in TABLES[path.stem].columns]
        known = whole(connection, files.sampling, files.room, ["person", "condition_occurrence", "measurement"])
    assert known.everybody
    assert known.most["person"] == 1
    assert 30 < known.most["condition_occurrence"] < 1_000


@pytest.mark.parametrize("shape", [FIVE[0], FIVE[4]], ids=lambda shape: shape.name)
def test_counts_are_those_of_the_plain_query(files, shape):
    found = sorted(number for number in exact(shape, files).ravel().tolist() if number)
    assert found == sorted(row[-1] for row in plain(shape, files))
    assert sum(found) == PEOPLE


def test_the_mean_is_that_of_the_plain_query(files):
    total, known = exact(FIVE[1], files).sum(axis=0).tolist()
    means = {row[0]: row[1] for row in plain(FIVE[1], files)}
    assert known > PEOPLE / 2
    assert 140 + total / known == pytest.approx(sum(means.values()) / len(means), abs=3)


def test_bounded_counts_of_people_are_at_most_the_unbounded(files):
    for shape in (FIVE[2], SIXTH):
        found, unbounded = exact(shape, files), sum(row[-1] for row in plain(shape, files))
        assert 0 < found.sum() <= min(unbounded, 3 * PEOPLE)
        assert found.sum() > unbounded / 4


def test_every_shape_is_priced_and_its_noise_drawn_alone():
    for shape in (*FIVE, SIXTH):
        line = clear(parse_request(shape.request()), terms(PEOPLE)).price.lines[0]
        assert len(bare_noise(line)) == line.cells
    assert clear(parse_request(FIVE[4].request()), terms(PEOPLE)).price.lines[0].cells == 44_880


def test_works_take_turns_and_the_first_turn_does_not_count():
    turns = []
    alternating(3, lambda: turns.append("a"), lambda: turns.append("b"))
    assert "".join(turns) == "ab" * 4


def test_a_process_of_its_own_tells_its_seconds_and_memory(files):
    for kind in ("ours", "plain"):
        found = alone(kind, "cold", files, PEOPLE)
        assert 0 < found["seconds"] < found["process_s"]
        assert 20 < found["mib"] < 400


def test_a_run_is_one_object_or_a_table():
    measures = [measure("bar", "a", 2, "b", 1, 1.5), measure("info", "c", 1, "d", 2)]
    held = json.loads(as_json("releases", {"people": 3}, measures))
    assert {"name", "date", "cores", "memory_gib", "size", "peak_rss_mib", "measures"} <= held.keys()
    assert held["measures"][0] == {"group": "bar", "what": "a", "ours_s": 2, "reference": "b", "reference_s": 1,
                                   "ratio": 2.0, "goal": 1.5}  # fmt: skip
    assert [line.endswith("MISSED") for line in as_table(measures).splitlines()] == [True, False]
