"""What the files of a snapshot tell besides their rows: nothing of what was dropped, nothing across projects."""

from datetime import date
from itertools import pairwise

import duckdb
import pytest

from infra.bench.snapshot_alone import build_one
from infra.bench.vaults import vault_of
from tests.factories.records import EVERYTHING, SAMPLE_KEY, House, gp_condition, gp_person, key_of, number
from workspaces.snapshots import PseudonymKey, SnapshotPlan, build, open_snapshot
from workspaces.snapshots.minimise import ROW_GROUP

PEOPLE = 400
GONE = number(PEOPLE + 1)
DROPPED_DAY = "2009-01-07"  # a Wednesday; its week begins on the 5th


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """People with one condition each, and one more person, the oldest, with the earliest event, who opted out."""
    house = House(tmp_path_factory.mktemp("files"))
    people = [gp_person(str(n), number(n), year_of_birth=str(1950 + n % 40)) for n in range(1, PEOPLE + 1)]
    conditions = [gp_condition(str(n), f"2024-03-{1 + n % 28:02d}") for n in range(1, PEOPLE + 1)]
    people.append(gp_person("gone", GONE, year_of_birth="1901", gender_concept_id="8521"))
    conditions.append(gp_condition("gone", DROPPED_DAY, "201826"))
    conditions.append(gp_condition("1", DROPPED_DAY))  # outside the period
    house.gp(people, conditions=conditions)
    house.listed = house.opt_outs(GONE)
    tables = {"person": ("sex", "age_band"), "condition_occurrence": EVERYTHING["condition_occurrence"]}
    house.build(house.listed, tables=tables, period=(date(2024, 1, 1), None))
    return house


def files_of(house: House, snapshot_id: str = "snapshot-1") -> list:
    return sorted(house.open(snapshot_id).room.glob("*.parquet"))


def test_statistics_tell_only_of_rows_that_are_there(house):
    with duckdb.connect() as connection:
        for path in files_of(house):
            rows = connection.execute(
                "SELECT path_in_schema, min(stats_min_value), max(stats_max_value), sum(stats_null_count)"
                " FROM parquet_metadata(?) GROUP BY ALL",
                [str(path)],
            ).fetchall()
            assert {row[0] for row in rows} == set(duckdb.read_parquet(str(path)).columns)
            for column, least, most, nulls in rows:
                query = f"SELECT min({column})::VARCHAR, max({column})::VARCHAR FROM read_parquet(?)"  # noqa: S608
                assert connection.execute(query, [str(path)]).fetchall() == [(least, most)]
                assert not nulls


def test_no_dropped_value_stands_anywhere_in_the_bytes(house):
    days = [(date.fromisoformat(DROPPED_DAY) - date(1970, 1, 1)).days - back for back in (0, 2)]
    numbers = [int(each) for each in (GONE, number(1), number(PEOPLE))]
    patterns = [day.to_bytes(4, "little") for day in days] + [each.to_bytes(8, "little") for each in numbers]
    patterns += [str(each).encode() for each in numbers] + [b"F83001", b"nhs_number", b"birth", b"1901", b"other"]
    for path in files_of(house):
        content = path.read_bytes()
        assert not [each for each in patterns if each in content], path.name


def test_a_footer_names_no_source_and_no_person(house):
    with duckdb.connect() as connection:
        for path in files_of(house):
            told = connection.execute("SELECT key, value FROM parquet_kv_metadata(?)", [str(path)]).fetchall()
            assert told == [], path.name


@pytest.fixture(scope="module")
def orders(house):
    """The sampling keys of the same people in the order of two projects' files, and of one project's two builds."""
    keys = {"one": bytes(range(1, 33)), "other": bytes(range(2, 34))}
    found = {}
    for name, key, snapshot_id in (("a", "one", "first"), ("b", "one", "second"), ("c", "other", "third")):
        plan = SnapshotPlan(
            snapshot_id=snapshot_id,
            project_id=key,
            tables={"person": ("sex",)},
            period=(None, None),
            cut_date=date(2026, 6, 30),
            max_list_age_days=7,
            sample_key=SAMPLE_KEY,
            code_version="test",
        )
        build(
            plan=plan,
            vault=house.vault,
            opt_outs=house.listed,
            pseudonyms=PseudonymKey(keys[key]).of_build(snapshot_id),
            store=house.store,
            now=house.listed.list_date,
            sign=lambda _: b"",
        )
        sampling = open_snapshot(house.store, snapshot_id, house.root / "opened").sampling
        rows = duckdb.sql(f"SELECT sample_key FROM '{sampling}' ORDER BY person_id").fetchall()  # noqa: S608
        found[name] = [each for (each,) in rows]
    return found


@pytest.mark.parametrize("other", ["b", "c"])
def test_orders_of_two_builds_have_nothing_to_do_with_each_other(orders, other):
    """Keys are fixed, so this is the same each time; by chance 2 neighbours would meet again, and ranks be 0.05 off."""
    place = {key: rank for rank, key in enumerate(orders[other])}
    assert sorted(orders["a"]) == sorted(orders[other])
    ranks = [place[key] for key in orders["a"]]
    assert sum(abs(left - right) == 1 for left, right in pairwise(ranks)) < 12
    assert abs(correlation(ranks)) < 0.25
    assert ranks != sorted(ranks)


def test_order_says_nothing_of_the_number_either(orders):
    in_order = {key_of(number(n)): n for n in range(1, PEOPLE + 1)}
    assert abs(correlation([in_order[key] for key in orders["a"]])) < 0.25


def correlation(ranks: list[int]) -> float:
    """Of places in one order with places in another; 400 of them are off by 0.05 by chance, 0.25 once in 10^6."""
    mean = (len(ranks) - 1) / 2
    shared = sum((place - mean) * (rank - sum(ranks) / len(ranks)) for place, rank in enumerate(ranks))
    return shared / sum((place - mean) ** 2 for place in range(len(ranks)))


def test_rows_lie_in_the_order_of_their_dense_numbers(house):
    for path in files_of(house):
        people = [row[0] for row in duckdb.read_parquet(str(path)).fetchall()]
        assert people == sorted(people)


def test_where_a_row_group_ends_follows_from_the_number_of_rows_alone(tmp_path):
    made = vault_of(tmp_path, 24_000, 60_000)
    for name in ("one", "other"):
        build_one(made, tmp_path, name)
    files = sorted(tmp_path.rglob("store/**/room/*.parquet"))
    assert len(files) == 6
    for path in files:
        query = "SELECT max(row_group_num_rows) FROM parquet_metadata(?) GROUP BY row_group_id ORDER BY row_group_id"
        *whole, last = (rows for (rows,) in duckdb.execute(query, [str(path)]).fetchall())
        assert set(whole) == {ROW_GROUP}
        assert 0 < last <= ROW_GROUP
