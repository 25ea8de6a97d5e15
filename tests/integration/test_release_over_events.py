"""Statistics over event rows from the request to the package, through the job: what is charged is what is told."""

import io
import json
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.jobs import run_release
from gateway.jobs.house import House
from gateway.models import Budget, LedgerEntry, Release
from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from gateway.vocabulary import Command, EntryKind, ReleaseState
from tests.factories.gateways import approved_project, cleared_snapshot, settle_town, submitted_release
from tests.factories.sites import small_world
from tests.factories.worlds import write

CONDITIONS = {"table": "condition_occurrence", "columns": ["condition_concept_id", "condition_start_date"]}
DATA = [
    {"table": "person", "columns": ["sex", "age_band", "stp"], "reason": "groups"},
    {**CONDITIONS, "reason": "diagnoses by month"},
]
MONTHS = {"table": "condition_occurrence", "date": "condition_start_date", "at_most": 2}
REQUEST: dict[str, Any] = {
    "title": "Diagnoses for planning",
    "view": {"form": {"columns": [{"name": "sex", "person": "sex"}]}},
    "epsilon": "0.9",
    "statistics": [
        {
            **{"name": "by_quarter", "kind": "periods", "by": ["sex"]},
            "events": {**MONTHS, "per": "quarter", "first": "2020-01", "last": "2024-12"},
        },
        {
            **{"name": "common", "kind": "codes"},
            "events": {"table": "condition_occurrence", "split": "condition_concept_id", "at_most": 2},
        },
        {
            **{"name": "demand", "kind": "forecast", "ahead": 3},
            "events": {**MONTHS, "first": "2023-01", "last": "2024-12"},
        },
    ],
}


@pytest.fixture(scope="module")
def journey(tmp_path_factory):
    folder: Path = tmp_path_factory.mktemp("events")
    town = settle_town(folder)
    house = House(town.gateway, LocalObjects(folder / "objects"), Keys(folder / "keys", "k" * 32))
    project_id = approved_project(town, data=DATA)
    cleared_snapshot(town, project_id)
    release_id = submitted_release(town, project_id, REQUEST)
    town.do("checker1", Command.CLEAR_PLAN, release_id, {"reason": "public keys"})
    files = write(small_world(600), folder / "snapshot")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            run_release,
            "open_snapshot",
            lambda *_: SimpleNamespace(room=files.room, drawn=files.room, sampling=files.sampling),
        )
        town.clock.now = run_release.run_release(house, release_id)
        run_release.run_release(house, release_id)
    package = house.objects.get_bytes(f"releases/{release_id}/package.zip")
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        artefact, about = (json.loads(archive.read(f"{name}.json")) for name in ("artefact", "about"))
    return town, project_id, release_id, artefact, about


def test_it_is_sealed_with_every_figure(journey):
    town, _, release_id, artefact, about = journey
    release = town.read(lambda work: work.need(Release, release_id))
    assert release.state is ReleaseState.SEALED
    found = {
        name: [cell for cell in artefact["cells"] if cell["statistic"] == name] for name in ("by_quarter", "demand")
    }
    assert len(found["by_quarter"]) == 4 * 20
    assert [cell["keys"]["measure"] for cell in found["demand"]] == ["counted"] * 24 + ["forecast"] * 3
    named = [cell for cell in artefact["cells"] if cell["statistic"] == "common"]
    assert [cell["labels"]["condition_concept_id"] for cell in named][:1] == ["Essential hypertension"]
    assert about["checks"]["findings"]


def test_the_ledger_holds_what_the_artefact_tells(journey):
    town, project_id, release_id, artefact, _ = journey
    entries = town.read(lambda work: work.all(LedgerEntry, LedgerEntry.release_id == release_id))
    spent = {entry.kind: (entry.micro_rho, entry.delta_e15) for entry in entries}
    assert spent[EntryKind.SPEND] == spent[EntryKind.RESERVE] == (artefact["micro_rho"], artefact["delta0_e15"])
    assert artefact["delta0_e15"] > 0
    own = town.read(lambda work: work.need(Budget, project_id))
    assert (own.spent_micro_rho, own.spent_delta_e15) == (artefact["micro_rho"], artefact["delta0_e15"])
    pool = town.read(lambda work: work.need(Budget, town.pool_id))
    assert pool.spent_delta_e15 == artefact["delta0_e15"]


def test_what_the_author_chose_is_listed(journey):
    texts = [each["text"] for each in journey[3]["literals"]]
    assert texts == ["2020-01", "2024-12", "2023-01", "2024-12"]
