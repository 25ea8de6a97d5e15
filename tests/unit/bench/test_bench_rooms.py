"""The benchmarks of rooms and blocks run whole, small, and say what they measured."""

import json

import pytest
from click.testing import CliRunner

from infra.bench import blocks, rooms
from infra.bench.command import bench

SMALL = {
    "rooms": ["--starts", "2", "--rounds", "1", "--job-seconds", "0.3"],
    "blocks": ["--blocks", "2", "--work", "0"],
}


def bars(*words: str) -> dict[str, dict[str, object]]:
    done = CliRunner().invoke(bench, [*words, *SMALL[words[0]], "--json"], catch_exceptions=False)
    return {each["what"]: each for each in json.loads(done.stdout)["measures"] if each["group"] == "bar"}


def test_a_start_and_a_job_are_measured():
    told = bars("rooms", "--notebooks", "0")
    assert {what: each["goal"] for what, each in told.items()} == {
        "start over a bare process": 1.0,
        "a job of 0.3 s": 1.05,
    }
    assert told["start over a bare process"]["reference_s"] == 0.025
    assert all(each["ratio"] > 0 for each in told.values())


def test_blocks_are_measured():
    (told,) = bars("blocks").values()
    assert (told["what"], told["goal"]) == ("2 blocks of 10,000 rows, 2 at a time", 1.2)


def test_a_block_in_a_room_finds_what_the_bare_one_finds():
    with rooms.place(rooms.made()) as here:
        data, script = blocks._made(here)
        plan = blocks._plan(here, 0, data, script, 0)
        here.run(plan)
        found = [float(word) for word in (plan.workspace / "logs" / "stdout.txt").read_text().split()]
    assert len(found) == blocks.COLUMNS + 1
    assert found[1] == pytest.approx(-1, abs=0.15)
    assert found[-1] == pytest.approx(1, abs=0.15)


def test_a_program_that_fails_is_no_measurement():
    with rooms.place(rooms.made()) as here, pytest.raises(RuntimeError, match="ended badly"):
        here.run(here.plan("bad", "/usr/bin/false"))


@pytest.mark.slow
def test_notebooks_are_measured():
    told = bars("rooms", "--notebooks", "1")
    assert [told[what]["goal"] for what in ("JupyterLab ready", "an idle notebook: MB (PSS)")] == [1.3, 1.0]
    assert 20 < told["an idle notebook: MB (PSS)"]["ours_s"] < 400
    assert told["1 notebooks: all answer"]["ours_s"] > 0
    assert told["1 notebooks: GiB (PSS)"]["ours_s"] > 0.02
