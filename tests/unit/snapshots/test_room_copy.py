"""Where k is demanded the workspace's copy reaches it, and what draws read is not changed by a byte."""

import random
from collections import Counter

import duckdb
import pytest

from tests.factories.records import SAMPLE_KEY, House, gp_condition, gp_person, number
from workspaces.catalogue.tables import TABLES
from workspaces.snapshots import contains

PEOPLE = 300
TABLES_GRANTED = {
    "person": ("year_of_birth", "age_band", "sex", "ethnic_group"),
    "condition_occurrence": ("condition_concept_id", "condition_start_date"),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    draw = random.Random(3)  # noqa: S311
    house = House(tmp_path_factory.mktemp("room-copy"))
    people = [
        gp_person(
            str(n),
            number(n),
            year_of_birth=str(draw.choice([1950, 1951, 1952, 1960])),
            gender_concept_id=draw.choice(["8507", "8532"]),
            race_source_value=draw.choice("AAAAAHM"),
        )
        for n in range(1, PEOPLE)
    ]
    people.append(gp_person(str(PEOPLE), number(PEOPLE), year_of_birth="2020", gender_concept_id="8521"))
    conditions = [gp_condition(str(n), f"2024-03-{1 + n % 28:02d}") for n in range(1, PEOPLE + 1)]
    house.gp(people, conditions=conditions)
    house.listed = house.opt_outs()
    for k in (0, 5, 20, 10_000):
        house.build(house.listed, f"k{k}", tables=TABLES_GRANTED, room_k=k)
    return house


def rows(path):
    return duckdb.read_parquet(str(path)).fetchall()


def classes(house, k):
    return Counter(row[1:] for row in rows(house.open(f"k{k}").room / "person.parquet"))


@pytest.mark.parametrize("k", [5, 20, 10_000])
def test_nobody_in_the_room_is_like_fewer_than_k(house, k):
    assert min(classes(house, 0).values()) == 1
    assert all(people >= k for people in classes(house, k).values())
    assert bool(classes(house, k)) == (k < PEOPLE)


@pytest.mark.parametrize("k", [5, 20, 10_000])
def test_what_draws_read_is_the_same_to_the_byte(house, k):
    plain, coarse = house.open("k0"), house.open(f"k{k}")
    assert plain.drawn == plain.room
    assert coarse.drawn != coarse.room
    for snapshot in (plain, coarse):
        assert {path.stem for path in snapshot.room.glob("*.parquet")} == set(TABLES_GRANTED)
    for table in TABLES_GRANTED:
        assert sorted(rows(coarse.drawn / f"{table}.parquet")) == sorted(rows(plain.drawn / f"{table}.parquet"))
        name = f"{table}.parquet"
        assert (coarse.drawn / name).read_bytes() == (plain.drawn / name).read_bytes()


def test_those_withheld_are_in_no_table_of_the_room_and_counted(house):
    built = house.build(house.listed, "k20", tables=TABLES_GRANTED, room_k=20)
    room, drawn = house.open("k20").room, house.open("k20").drawn
    left = {row[0] for row in rows(room / "person.parquet")}
    everybody = {row[0] for row in rows(drawn / "person.parquet")}
    assert left < everybody
    assert {row[0] for row in rows(room / "condition_occurrence.parquet")} == left
    assert built.risk["room"]["withheld"] == len(everybody - left)
    assert built.tables == {"person": PEOPLE, "condition_occurrence": PEOPLE}
    assert built.people == PEOPLE


def test_only_those_too_few_alike_are_made_coarser_and_only_to_public_values(house):
    before = {row[0]: row[1:] for row in rows(house.open("k5").drawn / "person.parquet")}
    after = {row[0]: row[1:] for row in rows(house.open("k5").room / "person.parquet")}
    sizes = Counter(before.values())
    changed = {person for person, values in after.items() if values != before[person]}
    assert changed
    assert all(sizes[before[person]] < 5 for person in changed)
    for column, values in zip(TABLES_GRANTED["person"], zip(*after.values(), strict=True), strict=True):
        domain = TABLES["person"].column(column).domain
        assert domain is None or set(values) <= set(domain.values)


def test_a_verifier_finds_everybody_whom_draws_read(house):
    numbers = [number(n) for n in range(1, PEOPLE + 1)]
    found = contains(numbers=numbers, snapshot=house.open("k20"), sample_key=SAMPLE_KEY, scratch=house.root)
    assert len(found.found) == PEOPLE
