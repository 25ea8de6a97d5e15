"""What came of a draw is handed over on a tick that the plan fixed, however long the draw took and however it ended."""

import ast
import io
import json
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from disclosure.checks.offline import check_values
from disclosure.release import DrawFailed
from gateway.jobs import run_release
from gateway.jobs.house import House
from gateway.models import Release
from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from gateway.store.queries import views
from gateway.vocabulary import Command, ReleaseState
from tests.factories.gateways import Town, approved_project, cleared_snapshot, settle_town, submitted_release
from tests.factories.sites import small_world
from tests.factories.worlds import write

LIBRARY = Path(__file__).parents[2] / "disclosure"


class Drawing:
    """A cleared plan whose draw takes as many deadlines as told, and fails if told."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.town: Town = settle_town(folder)
        self.house = House(self.town.gateway, LocalObjects(folder / "objects"), Keys(folder / "keys", "k" * 32))
        project_id = approved_project(self.town)
        cleared_snapshot(self.town, project_id)
        self.release_id = submitted_release(self.town, project_id)
        self.town.do("checker1", Command.CLEAR_PLAN, self.release_id, {"reason": "public keys"})
        files = write(small_world(50), folder / "snapshot")
        opened = SimpleNamespace(room=files.room, drawn=files.room, sampling=files.sampling)
        monkeypatch.setattr(run_release, "open_snapshot", lambda *_: opened)
        self.deadlines, self.fails, really = 0.0, False, run_release.draw

        def draw(*given: Any, **named: Any) -> Any:
            self.town.clock.now += self.deadlines * self.span
            if self.fails:
                raise DrawFailed
            return really(*given, **named)

        monkeypatch.setattr(run_release, "draw", draw)

    @property
    def release(self) -> Release:
        found: Release = self.town.read(lambda work: work.get(Release, self.release_id))
        return found

    @property
    def span(self) -> timedelta:
        return timedelta(seconds=self.release.price["deadline_seconds"])

    def visit(self) -> datetime | None:
        return run_release.run_release(self.house, self.release_id)


@pytest.fixture
def drawing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drawing:
    return Drawing(tmp_path, monkeypatch)


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize(("took", "tick"), [(0.0, 1), (0.6, 1), (1.0, 1), (1.001, 2), (1.9, 2), (5.5, 6)])
def test_it_is_handed_over_whole_deadlines_after_it_began(
    drawing: Drawing, took: float, tick: int, fails: bool
) -> None:
    began = drawing.town.clock.now
    drawing.deadlines, drawing.fails = took, fails
    assert drawing.visit() == began + tick * drawing.span
    assert drawing.release.state is ReleaseState.DRAWING
    drawing.town.clock.now = began + tick * drawing.span
    assert drawing.visit() is None
    assert drawing.release.state is (ReleaseState.FAILED if fails else ReleaseState.SEALED)


def test_a_visit_in_between_waits_for_the_tick(drawing: Drawing) -> None:
    began = drawing.town.clock.now
    drawing.visit()
    drawing.town.clock.now = began + drawing.span / 2
    assert drawing.visit() == began + drawing.span
    assert drawing.release.state is ReleaseState.DRAWING


def test_the_package_carries_the_verdict_of_the_grants_rules(drawing: Drawing) -> None:
    began = drawing.town.clock.now
    drawing.visit()
    drawing.town.clock.now = began + drawing.span
    drawing.visit()
    package = drawing.house.objects.get_bytes(f"releases/{drawing.release_id}/package.zip")
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        checks = json.loads(archive.read("about.json"))["checks"]
        artefact = json.loads(archive.read("artefact.json"))
    project = drawing.town.read(
        lambda work: views.one(work, drawing.town.actor("researcher"), drawing.release.project_id, began, 90)
    )
    assert checks == check_values(artefact, project["grant"]).shown()  # what `tre check --released` says
    assert checks["preset"] == "nhs-england-sde"
    assert checks["about"] == "the released values"
    assert {each["rule"] for each in checks["findings"]} == {"low_counts", "zeros", "too_noisy"}


def test_the_library_that_draws_knows_no_clock() -> None:
    clocks = {"time", "datetime", "asyncio", "sched", "threading"}
    for path in sorted(LIBRARY.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = {alias.name for alias in node.names} if isinstance(node, ast.Import) else set()
            module = {node.module} if isinstance(node, ast.ImportFrom) else set()
            if isinstance(node, ast.ImportFrom) and node.module == "datetime":
                module = {"datetime"} if {alias.name for alias in node.names} & {"datetime"} else set()
            assert not (names | module) & clocks, f"{path.name} imports a clock"
