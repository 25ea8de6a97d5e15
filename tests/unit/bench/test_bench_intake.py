"""The benchmark of intake loads what a trust could have sent, every row of it, and measures what it says."""

import json

import pytest
from click.testing import CliRunner

from infra.bench.command import bench
from infra.bench.intake import GROWTH_BAR, LOAD_BAR, delivery_of
from infra.bench.intake_alone import copy, load_one

OBSERVATIONS = 2_000


def test_ours_and_the_reference_hold_the_same_rows(tmp_path):
    delivery = delivery_of(tmp_path, OBSERVATIONS)
    lines = len((delivery / "Observation.ndjson").read_text().splitlines())
    assert lines == pytest.approx(OBSERVATIONS, rel=0.15)
    (tmp_path / "place").mkdir()
    kept = load_one(delivery, tmp_path / "place", sealed=True)
    assert copy(delivery, tmp_path / "place") == lines
    assert kept == pytest.approx(lines, rel=0.01)  # two on one day with one value are one


@pytest.mark.slow
def test_the_command_measures_every_bar(tmp_path):
    asked = ["intake", "--observations", str(OBSERVATIONS), "--rounds", "1", "--folder", str(tmp_path), "--json"]
    done = CliRunner().invoke(bench, asked)
    assert done.exit_code == 0, done.output
    measured = json.loads(done.output)["measures"]
    assert [each["goal"] for each in measured] == [LOAD_BAR, 1.0, None, GROWTH_BAR]
    assert all(each["ours_s"] > 0 for each in measured[:-1])  # so small, growth is noise of any sign
