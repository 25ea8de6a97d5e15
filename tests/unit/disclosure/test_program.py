"""Sample and aggregate: one person changes one block, answers are numbers within bounds, scripts are literals."""

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from disclosure.checks.definitions import define
from disclosure.clearance import clear
from disclosure.engines.block_plan import PARTS, parts_of
from disclosure.engines.blocks import answers
from disclosure.noise import CHOICE
from disclosure.program_requests import Output, Program
from disclosure.release import draw, price
from disclosure.statistics.program import POINTS, STRIDE
from tests.factories.chambers import BLOCKS, PROGRAM, STATISTIC, Chambers
from tests.factories.snapshots import GRANTED, request, snapshot
from tests.plain import blocks as plain
from workspaces.catalogue.errors import Invalid

FINE = replace(GRANTED, floor_half_width=0)
ONE = [Output.model_validate({"name": "x", "lower": "-1", "upper": "3", "default": "1"})]
PEOPLE = [
    {"sex": "female" if n % 3 else "male", "sbp": 100 + n % 60 if n % 7 else None, "hypertension": n % 4 == 0}
    for n in range(300)
]


def program(**changes):
    return {**STATISTIC, "program": {**PROGRAM, **changes}}


def asked(**changes):
    return request(statistics=[program(**changes)], epsilon="1")


def mean_of(rows):
    """What a script says of a block: its mean blood pressure, if anybody has one, and how many people it holds."""
    known = [float(row["sbp"]) for row in rows if row["sbp"]]
    said = {"people": len(rows), **({"mean_sbp": sum(known) / len(known)} if known else {})}
    return json.dumps(said).encode()


def exact(files, chambers, **changes):
    cleared = clear(asked(**changes), FINE)
    return answers(cleared.view, cleared.statistics[0].plan, files, chambers, memory_mib=1024)


def test_blocks_are_the_plain_blocks_of_people(tmp_path):
    chambers = Chambers(tmp_path / "blocks", mean_of)
    found = exact(snapshot(tmp_path / "snapshot", PEOPLE), chambers)
    people = [(n * 2654435761, person) for n, person in enumerate(PEOPLE, start=1)]

    def mean(block):
        known = [person["sbp"] for person in block if person["sbp"] is not None]
        return Fraction(sum(known), len(known)) if known else None

    for output, said, bounds in ((0, mean, (80, 200, 80)), (1, len, (0, 50, 0))):
        twin = plain.answers(people, BLOCKS, said, bounds)
        span = bounds[1] - bounds[0]
        assert [float(bounds[0] + Fraction(int(each), PARTS) * span) for each in found[:, output]] == pytest.approx(
            [float(each) for each in twin], abs=span / PARTS
        )


def test_one_person_changes_the_file_of_one_block_and_no_other(tmp_path):
    chambers = Chambers(tmp_path / "blocks", mean_of)
    without = [person if n != 41 else {**person, "sbp": None, "sex": "male"} for n, person in enumerate(PEOPLE)]
    exact(snapshot(tmp_path / "with", PEOPLE), chambers)
    exact(snapshot(tmp_path / "without", without), chambers)
    changed = [n for n, (a, b) in enumerate(zip(*chambers.seen, strict=True)) if a != b]
    assert changed == [42 * 2654435761 % BLOCKS]


def test_a_file_shows_rows_in_an_order_of_their_own_and_no_number_of_a_person(tmp_path):
    chambers = Chambers(tmp_path / "blocks", mean_of)
    exact(snapshot(tmp_path / "snapshot", PEOPLE), chambers)
    for text in chambers.seen[0]:
        head, *rows = text.splitlines()
        assert head == "sex,age_band,born,hypertension,sbp"
        assert rows == sorted(rows, key=lambda row: [(part != "", part) for part in row.split(",")])


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_whatever_a_block_prints_is_a_number_within_the_bounds(value):
    (found,) = parts_of(json.dumps({"x": value}).encode(), ONE)
    assert 0 <= found <= PARTS
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        assert found == PARTS // 2
    else:
        assert found == round(min(max(value, -1), 3) * PARTS / 4 + PARTS / 4)


@pytest.mark.parametrize(
    "said", [None, b"", b"nothing", b"[1]", b"7", b"\xff\xfe", b"[" * 60_000, b'{"x": ' + b"9" * 5_000 + b"}"]
)
def test_what_is_no_answer_is_the_default(said):
    assert parts_of(said, ONE) == [PARTS // 2]


def test_a_mean_is_released_near_the_plain_one_within_its_interval(tmp_path):
    chambers = Chambers(tmp_path / "blocks", mean_of)
    files = snapshot(tmp_path / "snapshot", PEOPLE)
    truth = float(plain.mean([Fraction(int(each), PARTS) for each in exact(files, chambers)[:, 0]]) * 120 + 80)
    terms = replace(FINE, delta_e15=3 * 10**14)  # little noise
    artefact = draw(asked(), terms, files, chambers=chambers)
    first, second = artefact.cells
    assert first["keys"], second["keys"] == ({"measure": "mean_sbp"}, {"measure": "people"})
    wide = float(price(asked(), terms).lines[0].half_width_95) / 100 * 120
    assert abs(first["value"] - truth) < 4 * wide
    assert first["high"] - first["low"] <= 2 * wide + 1


def test_scores_of_a_median_are_the_plain_misses():
    statistic = clear(asked(aggregate="median"), FINE).statistics[0]
    said = np.arange(40).reshape(BLOCKS, 2) ** 2 % 23 * 400
    scores = statistic.vector(said).reshape(2, POINTS)
    for output in (0, 1):
        values = [Fraction(int(each)) for each in said[:, output]]
        for place in range(0, POINTS, 7):
            assert scores[output, place] == -2 * plain.misses(values, Fraction(place * STRIDE))


@given(st.lists(st.integers(0, PARTS), min_size=20, max_size=20), st.integers(0, 19), st.integers(0, PARTS))
def test_one_block_changes_a_total_and_a_score_by_no_more_than_claimed(said, block, other):
    one = {"outputs": [PROGRAM["outputs"][0]]}
    here, there = np.array(said).reshape(-1, 1), np.array(said).reshape(-1, 1)
    there[block] = other
    mean, median = (clear(asked(aggregate=each, **one), FINE).statistics[0] for each in ("mean", "median"))
    change = np.abs(mean.vector(here) - mean.vector(there))
    assert change.sum() <= mean.contribution.l1
    assert (change**2).sum() <= mean.contribution.l2_squared
    assert np.abs(median.vector(here) - median.vector(there)).max() <= median.contribution.scores


def test_a_median_is_chosen_near_the_middle_and_says_how_near(tmp_path):
    chambers = Chambers(tmp_path / "blocks", lambda _: json.dumps({"people": 20, "mean_sbp": 120}).encode())
    terms = replace(FINE, delta_e15=3 * 10**14)
    artefact = draw(asked(aggregate="median"), terms, snapshot(tmp_path / "s", PEOPLE), chambers=chambers)
    told = artefact.body["statistics"][0]
    assert told["mechanism"] == CHOICE
    assert "middle rank" in told["meaning"]
    assert [cell["low"] for cell in artefact.cells] == [None, None]


def test_the_script_and_its_bounds_are_literals_and_their_bits_count():
    _, _, *literals = price(asked(), FINE).literals  # the first two are the view's
    assert literals[0].bits == 8 * len(PROGRAM["script"])
    assert Program.model_validate(PROGRAM).digest in literals[0].text
    assert [each.text for each in literals[1:4]] == ["80", "200", "80"]
    with pytest.raises(Invalid) as why:
        price(asked(script="x = 1\n" * 20), replace(FINE, literal_bits=256))
    assert why.value.code == "request:literals"


def test_the_floor_of_a_count_of_people_holds_for_all_outputs_together():
    line = price(asked(), GRANTED).lines[0]
    assert line.at_floor
    assert line.scale / PARTS >= Fraction(10, 2) * Fraction("1.41")


def test_a_deadline_holds_all_the_time_that_is_reserved():
    quick, slow = (price(asked(blocks=100, seconds=seconds), FINE).deadline_seconds for seconds in (1, 9))
    assert slow - quick == 8 * 50


def test_without_rooms_nothing_is_read(tmp_path):
    with pytest.raises(Invalid) as why:
        draw(asked(), FINE, snapshot(tmp_path / "s", PEOPLE))
    assert why.value.code == "request:no_rooms"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"blocks": 19}, "blocks"),
        ({"blocks": 1001}, "blocks"),
        ({"script": ""}, "script"),
        ({"script": "print('\u202e')"}, "script"),
        ({"seconds": 61}, "seconds"),
        ({"blocks": 1000, "seconds": 8}, "seconds"),
        ({"memory_mib": 8}, "memory_mib"),
        ({"aggregate": "max"}, "aggregate"),
        ({"outputs": []}, "outputs"),
        ({"outputs": [{**PROGRAM["outputs"][0], "default": "300"}]}, "default"),
        ({"outputs": [{**PROGRAM["outputs"][0], "upper": "80"}]}, "outputs"),
        ({"outputs": PROGRAM["outputs"][:1] * 2}, "outputs"),
        ({"network": True}, "unknown_field"),
    ],
)
def test_refused_from_the_request_alone(changes, code):
    with pytest.raises(Invalid) as why:
        asked(**changes)
    assert why.value.code == f"request:{code}"


@pytest.mark.parametrize("more", [{"by": ["sex"]}, {"half_width": "1"}])
def test_a_program_makes_its_own_groups_and_units(more):
    with pytest.raises(Invalid) as why:
        request(statistics=[{**STATISTIC, **more}])
    assert why.value.code == f"request:{next(iter(more))}"


def test_two_requests_with_one_script_count_the_same():
    sql = price(asked(), FINE).view_sql
    assert define(asked(), sql) == define(asked(), sql)
    assert define(asked(), sql) != define(asked(script="print('{}')  "), sql)
