"""The risk report counts what a plain count counts, and no intruder with a register does better than it says."""

import random
from collections import defaultdict
from math import sqrt
from pathlib import Path

import duckdb
import pytest

from tests.factories.records import CUT, House, gp_condition, gp_person, key_of, number
from workspaces.engine import fill, open_engine
from workspaces.snapshots.minimise import Written
from workspaces.snapshots.risk import KNOWN, assess, quasi_identifiers

PEOPLE = 240
COLUMNS = ("person_id", "year_of_birth", "sex", "ethnic_group")
CODES = (320128, 201826)
DAYS = ("2024-03-04", "2024-03-11", "2024-04-01", "2024-04-08")


def born(person_id: str, nhs_number: str, draw: random.Random) -> dict[str, str]:
    changes = {"year_of_birth": str(draw.randint(1950, 1956)), "gender_concept_id": draw.choice(["8507", "8532"])}
    return gp_person(person_id, nhs_number, **changes, race_source_value=draw.choice("AHM"))


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    draw = random.Random(7)  # noqa: S311
    house = House(tmp_path_factory.mktemp("risk"))
    house.register = {number(n): born(str(n), number(n), draw) for n in range(1, PEOPLE + 1)}
    conditions = [
        gp_condition(str(n), draw.choice(DAYS), str(draw.choice(CODES)))
        for n in range(1, PEOPLE + 1)
        for _ in range(draw.randint(0, 3))
    ]
    house.gp(list(house.register.values()), conditions=conditions)
    tables = {"person": COLUMNS[1:], "condition_occurrence": ("condition_concept_id", "condition_start_date")}
    house.built = house.build(house.opt_outs(), tables=tables)
    return house


def rows_of(house: House, table: str) -> list[tuple]:
    return duckdb.read_parquet(str(house.open().room / f"{table}.parquet")).fetchall()


def classes_of(house: House) -> dict[tuple, list[int]]:
    found = defaultdict(list)
    for person, *attributes in rows_of(house, "person"):
        found[tuple(attributes)].append(person)
    return found


def test_classes_are_those_of_a_plain_count(house):
    sizes = [len(members) for members in classes_of(house).values()]
    risk = house.built.risk
    assert risk["quasi_identifiers"] == list(COLUMNS[1:])
    assert (risk["people"], risk["k"], risk["expected_hits"]) == (sum(sizes), min(sizes), len(sizes))
    assert risk["unique"] == sizes.count(1)
    assert risk["in_classes_below"] == {str(k): sum(size for size in sizes if size < k) for k in (3, 5, 10)}


def test_the_fewest_values_in_a_class_are_those_of_a_plain_count(house):
    values = defaultdict(set)
    for person, code, _ in rows_of(house, "condition_occurrence"):
        values[person].add(code)
    least = min(len(set().union(*(values[p] or {None} for p in members))) for members in classes_of(house).values())
    assert house.built.risk["least_values_in_a_class"] == {"condition_occurrence.condition_concept_id": least}


def plain_alone(facts: dict[int, set], number: int) -> list[int]:
    """For people with exactly as many facts as are known: how many, and how many nobody else shares all with."""
    targets = [person for person, held in facts.items() if len(held) == number]
    alone = [p for p in targets if sum(facts[p] <= held for held in facts.values()) == 1]
    return [len(targets), len(alone)]


@pytest.mark.parametrize("number", range(1, KNOWN + 1))
def test_who_is_alone_with_known_events_is_who_a_plain_count_finds(tmp_path, number):
    """Everybody has exactly as many events as are known, so nothing hangs on which are picked."""
    draw = random.Random(number)  # noqa: S311
    ways = {"date": lambda day: day, "month": lambda day: day[:7]}
    everything = [(code, day) for code in CODES for day in DAYS]
    held = {person: draw.sample(everything, number) for person in range(1, 41)}
    report = assessed(tmp_path, [(p, code, day) for p, events in held.items() for code, day in events])
    for way, of_day in ways.items():
        facts = {p: {(code, of_day(day)) for code, day in events} for p, events in held.items()}
        if way == "date" or all(len(each) == number for each in facts.values()):
            assert report["events"]["ways"][way][number - 1] == plain_alone(facts, number)
    assert report["events"]["looked_at"] == 40


def test_what_followed_what_after_how_long_can_single_out_as_well(tmp_path):
    """Person 2 has the events of person 1 a month later; person 3 has them in the other order."""
    first, second = CODES
    rows = [(1, first, DAYS[0]), (1, second, DAYS[1]), (2, first, DAYS[2]), (2, second, DAYS[3])]
    rows += [(3, second, DAYS[0]), (3, first, DAYS[1])]
    ways = assessed(tmp_path, rows)["events"]["ways"]
    assert ways["order"][0] == [3, 1]
    assert ways["date"][1] == [3, 3]


def assessed(folder: Path, rows: list[tuple[int, int, str]]) -> dict:
    """The report on a table of events alone."""
    columns = {"person_id": "INTEGER", "condition_concept_id": "INTEGER", "condition_start_date": "DATE"}
    people = sorted({person for person, *_ in rows})
    with open_engine(scratch=folder) as engine:
        fill(engine, "identity", {"person_id": "INTEGER", "sample_key": "UBIGINT"}, [(p, p * 7919) for p in people])
        fill(engine, "made", columns, rows)
        engine.table("made").write_parquet(str(folder / "made.parquet"))
        written = Written(folder / "made.parquet", tuple(columns), len(rows), len(rows))
        return assess(engine, {"condition_occurrence": written})


def guesses(house: House, choose) -> tuple[int, float, float]:
    """Hits of an intruder with a register of everybody's attributes; what is expected of guessing, and its sigma."""
    keys = dict(duckdb.read_parquet(str(house.open().sampling)).fetchall())
    person_of = {key: person for person, key in keys.items()}
    listed = defaultdict(list)
    for nhs_number in house.register:
        listed[attributes_of(house.register[nhs_number])].append(nhs_number)
    hits, chances = 0, []
    for attributes, members in classes_of(house).items():
        for nhs_number, guess in choose(sorted(listed[attributes]), sorted(members)):
            hits += person_of[key_of(nhs_number)] == guess
            chances.append(1 / len(members))
    return hits, sum(chances), sqrt(sum(chance * (1 - chance) for chance in chances))


def attributes_of(row: dict[str, str]) -> tuple:
    """What the register says, in the words of the catalogue."""
    groups = {"A": "white", "H": "asian", "M": "black"}
    sex = {"8507": "male", "8532": "female"}[row["gender_concept_id"]]
    return max(int(row["year_of_birth"]), CUT.year - 90), sex, groups[row["race_source_value"]]


@pytest.mark.parametrize("way", ["at random", "by order"])
def test_a_motivated_intruder_hits_no_more_than_classes_allow(house, way):
    draw = random.Random(11)  # noqa: S311
    ways = {
        "at random": lambda listed, members: [(each, draw.choice(members)) for each in listed],
        "by order": lambda listed, members: list(zip(listed, members, strict=True)),  # as if numbers kept their order
    }
    hits, expected, sigma = guesses(house, ways[way])
    assert expected == pytest.approx(house.built.risk["expected_hits"])
    assert hits <= expected + 3 * sigma
    assert expected < PEOPLE / 2


def test_only_what_others_may_know_counts():
    assert quasi_identifiers(("person_id", "sex", "borough")) == ("sex", "borough")
