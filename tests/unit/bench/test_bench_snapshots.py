"""The benchmark of builds builds from a vault such as intake leaves, and measures what it says."""

import json

import pytest
from click.testing import CliRunner

from infra.bench.command import bench
from infra.bench.snapshot_alone import build_one, refresh_one, sorted_copy
from infra.bench.vaults import OPTED_OUT, vault_of
from workspaces.intake.vault import need_loads
from workspaces.snapshots import STEPS
from workspaces.snapshots.sources import check_bytes

PEOPLE, EVENTS = 4_000, 40_000


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="module")
def made(base):
    return vault_of(base, PEOPLE, EVENTS)


def test_the_vault_holds_everybody_once_and_a_twentieth_opted_out(made):
    loads = need_loads(made.vault)
    check_bytes(made.vault, loads)
    assert sum(load.rows["person"] for load in loads) == made.opt_outs.receipt.asked == PEOPLE
    assert made.opt_outs.receipt.removed == pytest.approx(OPTED_OUT * PEOPLE, rel=0.3)
    assert sum(load.rows["condition_occurrence"] + load.rows["measurement"] for load in loads) == pytest.approx(
        EVENTS, rel=0.1
    )


def test_a_build_a_refresh_and_a_copy_do_the_whole_of_it(made, tmp_path):
    assert tuple(build_one(made, tmp_path, "old")) == STEPS
    assert len(list(tmp_path.rglob("store/**/manifest.json"))) == 1
    refresh_one(made, tmp_path)
    assert [path.parent.name for path in tmp_path.rglob("store/**/manifest.json")] == ["new"]
    sorted_copy(made, tmp_path)
    assert {path.name for path in tmp_path.glob("*.parquet")} == {
        "person.parquet",
        "condition_occurrence.parquet",
        "measurement.parquet",
    }


@pytest.mark.slow
def test_the_command_tells_every_ratio(base):
    size = ["--people", str(PEOPLE), "--events", str(EVENTS), "--rounds", "1", "--folder", str(base)]
    done = CliRunner().invoke(bench, ["snapshots", *size, "--json"], catch_exceptions=False)
    told = json.loads(done.stdout)
    bars = {each["what"]: each for each in told["measures"] if each["group"] == "bar"}
    assert [bar["goal"] for bar in bars.values()] == [1.3, 1.0, 2.2, 1.5, 1.1, 0.05]
    assert all(bar["ratio"] > 0 for bar in bars.values())
    assert bars["build: peak MiB on disk"]["ratio"] >= 1
    assert told["size"] == {"people": PEOPLE, "events": EVENTS}
