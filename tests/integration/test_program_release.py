"""A script of a request runs in rooms of this machine, once for each block, from the request to the package."""

import io
import json
import venv
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import pytest

from gateway.jobs import run_release
from gateway.jobs.house import House
from gateway.jobs.sweep import sweep
from gateway.models import LedgerEntry, Release
from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from gateway.vocabulary import Command, EntryKind, ReleaseState
from tests.factories.gateways import approved_project, cleared_snapshot, settle_town, submitted_release
from tests.factories.sites import small_world
from tests.factories.worlds import write

SCRIPT = """
import csv, json
rows = list(csv.DictReader(open("/data/people.csv")))
women = sum(row["sex"] == "female" for row in rows)
if len(rows) % 7 == 0:
    raise SystemExit("of no use")
print("looking at", len(rows), "people")
print(json.dumps({"women": women / len(rows) if rows else 0.5}))
"""
PROGRAM = {
    "script": SCRIPT,
    "blocks": 20,
    "outputs": [{"name": "women", "lower": "0", "upper": "1", "default": "0.5"}],
    "seconds": 5,
    "memory_mib": 128,
}
REQUEST = {
    "title": "Share of women by a script",
    "view": {"form": {"columns": [{"name": "sex", "person": "sex"}, {"name": "age_band", "person": "age_band"}]}},
    "statistics": [{"name": "shares", "kind": "program", "program": PROGRAM}, {"name": "people", "kind": "count"}],
    "epsilon": "1",
}


@pytest.fixture(scope="module")
def journey(tmp_path_factory):
    folder = tmp_path_factory.mktemp("program")
    venv.create(folder / "environment", with_pip=False, symlinks=True)
    town = settle_town(folder)
    settings = town.gateway.settings.model_copy(update={"room_environment": folder / "environment"})
    house = House(
        replace(town.gateway, settings=settings), LocalObjects(folder / "objects"), Keys(folder / "k", "k" * 32)
    )
    project_id = approved_project(town)
    cleared_snapshot(town, project_id)
    release_id = submitted_release(town, project_id, REQUEST)
    town.do("checker1", Command.CLEAR_PLAN, release_id, {"reason": "the script was read"})
    files = write(small_world(400), folder / "snapshot")
    with pytest.MonkeyPatch.context() as patch:
        opened = SimpleNamespace(room=files.room, drawn=files.room, sampling=files.sampling)
        patch.setattr(run_release, "open_snapshot", lambda *_: opened)
        town.clock.now = run_release.run_release(house, release_id)
        run_release.run_release(house, release_id)
    return town, house, release_id


def test_the_mean_over_the_blocks_is_sealed(journey):
    town, house, release_id = journey
    release = town.read(lambda work: work.need(Release, release_id))
    assert release.state is ReleaseState.SEALED
    with zipfile.ZipFile(io.BytesIO(house.objects.get_bytes(f"releases/{release_id}/package.zip"))) as archive:
        artefact = json.loads(archive.read("artefact.json"))
        page = archive.read("index.html").decode() if "index.html" in archive.namelist() else ""
    (share,) = [cell for cell in artefact["cells"] if cell["statistic"] == "shares"]
    assert share["keys"] == {"measure": "women"}
    assert 0 <= share["low"] <= share["value"] <= share["high"] <= 1
    assert artefact["statistics"][0]["blocks"] == 20
    assert not page or "20 disjoint blocks" in page


def test_it_is_charged_as_priced_and_leaves_no_rows_behind(journey):
    town, house, release_id = journey
    entries = town.read(lambda work: work.all(LedgerEntry, LedgerEntry.release_id == release_id))
    (spent,) = [entry for entry in entries if entry.kind is EntryKind.SPEND]
    release = town.read(lambda work: work.need(Release, release_id))
    assert spent.micro_rho == release.micro_rho == release.price["micro_rho"]
    assert [each for each in (house.folder / "blocks").iterdir() if each.is_dir()] == []


def test_rows_that_a_killed_draw_left_are_swept(journey):
    _, house, _ = journey
    left = house.folder / "blocks" / ".scratch.left" / "data-0"
    left.mkdir(parents=True)
    (left / "people.csv").write_text("sex\nfemale\n")
    sweep(house)
    assert not left.exists()
