"""The steps of a build add up, and a verifier finds exactly the people who are in."""

import json
from itertools import pairwise

import pytest

from tests.factories.records import SAMPLE_KEY, House, council_row, gp_code, gp_person, number, patient
from workspaces.catalogue.errors import Invalid
from workspaces.snapshots import contains
from workspaces.snapshots.build import _need_sums
from workspaces.snapshots.plan import Step
from workspaces.snapshots.verify import read_numbers

IN, NO, TYPE_1, WITHHELD, LATE = (number(n) for n in range(1, 6))


@pytest.fixture
def house(tmp_path):
    """One person for each reason to be left out, and one who is in."""
    house = House(tmp_path)
    house.council([council_row(str(n), each) for n, each in enumerate((IN, NO))])
    house.gp([gp_person("1", TYPE_1)], codes=[gp_code("1", "9Nu0")])
    house.hospital([patient("a", WITHHELD, meta={"security": [{"code": "R"}]}), patient("b", WITHHELD)])
    opt_outs = house.opt_outs(NO)
    house.council([council_row("1", LATE)], "E09000008")
    house.built = house.build(opt_outs)
    return house


def test_every_step_adds_up_and_every_reason_is_told(house):
    steps = json.loads(house.built.manifest)["steps"]
    assert all(step["people_in"] == step["people_out"] + sum(step["removed"].values()) for step in steps)
    assert all(before["people_out"] == after["people_in"] for before, after in pairwise(steps))
    assert (house.built.people_in, house.built.people) == (5, 1)
    one_each = ("withheld_identity", "type_1_opt_out", "national_opt_out", "not_on_list")
    assert house.built.removed_by_reason == dict.fromkeys(one_each, 1)


@pytest.mark.parametrize(
    "steps", [(Step("a", 3, 2),), (Step("a", 3, 2, {"x": 2}),), (Step("a", 3, 3), Step("b", 2, 2))]
)
def test_a_step_that_loses_somebody_fails_the_build(steps):
    with pytest.raises(Invalid) as why:
        _need_sums(steps)
    assert why.value.code == "snapshot:counts_do_not_add_up"


def look(house, numbers):
    return contains(numbers=numbers, snapshot=house.open(), sample_key=SAMPLE_KEY, scratch=house.root)


def test_a_look_finds_who_is_in_and_nobody_else(house):
    found = look(house, (IN, NO, TYPE_1, WITHHELD, LATE, number(99)))
    assert (found.found, found.looked_for, found.invalid) == ((IN,), 6, 0)


@pytest.mark.parametrize("written", [f"{IN[:3]} {IN[3:6]} {IN[6:]}", f"{IN[:3]}-{IN[3:]}", f"\u00a0{IN}\u200b"])
def test_a_look_takes_numbers_as_people_write_them(house, written):
    assert look(house, (written, IN)).found == (IN,)


def test_a_look_counts_what_is_no_number_and_shows_none(house):
    found = look(house, ("123", "", f"{IN[:-1]}x", IN))
    assert (found.looked_for, found.invalid) == (3, 2)
    assert IN not in repr(found)
    assert look(house, ()).looked_for == 0


@pytest.mark.parametrize(
    "text", [f"nhs_number\n{IN}\n", f"\ufeff{IN}\n", f'"{IN}",x\r\n', f"\n{IN},\n", f"\ufeffnhs_number,name\n{IN},\n"]
)
def test_the_file_of_a_look_is_read_as_it_comes(tmp_path, text):
    (tmp_path / "numbers").write_text(text, encoding="utf-8")
    assert [each for each in read_numbers(tmp_path / "numbers") if each] == [IN]
