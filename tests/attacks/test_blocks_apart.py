"""Whatever a script does in one block, every other block says what it says when nobody does anything."""

import csv
import json
import venv
from pathlib import Path

import pytest

from tests.attacks.attack_in_block import ATTACKERS
from workspaces.blocks import Blocks, Starved
from workspaces.rooms.base import Ended, RoomResult
from workspaces.rooms.local import LocalRooms

BLOCKS = 14
SCRIPT = Path(__file__).with_name("attack_in_block.py").read_text()


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    place = tmp_path_factory.mktemp("environment") / "python"
    venv.create(place, with_pip=False, symlinks=True)
    place.parent.chmod(0o755)
    return place


def filled(attacks):
    """Writes what each block reads: nine rows, and how it is to behave."""
    named = {number: name for name, number in attacks.items()}

    def fill(folders):
        for number, folder in enumerate(folders):
            with (folder / "people.csv").open("w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["x", "attack"])
                writer.writerows([number * 100 + row, named.get(number, "")] for row in range(9))

    return fill


def say(tmp_path, environment, attacks, rooms=None, **limits):
    blocks = Blocks(rooms or LocalRooms(), tmp_path / "blocks", environment)
    asked = {"script": SCRIPT, "blocks": BLOCKS, "seconds": 1, "memory_mib": 128, **limits}
    return blocks(fill=filled(attacks), **asked)


@pytest.mark.slow
def test_what_one_block_does_leaves_every_other_bit_equal(tmp_path, environment):
    quiet = say(tmp_path, environment, {})
    loud = say(tmp_path, environment, ATTACKERS)
    assert all(json.loads(each)["people"] == 9 and json.loads(each)["seen"] == 0 for each in quiet)
    others = set(range(BLOCKS)) - set(ATTACKERS.values())
    assert [loud[each] for each in others] == [quiet[each] for each in others]
    assert {name: loud[number] for name, number in ATTACKERS.items() if name != "cheat"} == dict.fromkeys(
        set(ATTACKERS) - {"cheat"}
    )
    assert json.loads(loud[ATTACKERS["cheat"]])["people"] == "many"  # which is no number: its default counts


class Tired:
    """Rooms of a machine that ends runs by itself; `well` says whether it runs our own script afterwards."""

    def __init__(self, ended, *, well):
        self.ended, self.well = ended, well

    def run(self, plan):
        if "-c" in plan.command:
            return RoomResult(exit_code=0 if self.well else None, ended=Ended.FINISHED, seconds=0.1)
        return RoomResult(exit_code=None, ended=self.ended, seconds=10.0)


@pytest.mark.parametrize("ended", [Ended.TIMED_OUT, Ended.KILLED])
def test_a_block_that_stands_still_on_a_machine_that_is_well_has_itself_to_blame(tmp_path, environment, ended):
    assert say(tmp_path, environment, {}, Tired(ended, well=True)) == [None] * BLOCKS
    with pytest.raises(Starved):
        say(tmp_path, environment, {}, Tired(ended, well=False))


def test_a_room_that_could_not_be_made_is_nobodys_answer(tmp_path, environment):
    with pytest.raises(Starved):
        say(tmp_path, environment, {}, Tired(Ended.FAILED_TO_START, well=True))
    assert [each for each in (tmp_path / "blocks").iterdir() if each.is_dir()] == []
