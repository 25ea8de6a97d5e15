"""The setting chooses what adds up a release's exact numbers; without the extra nothing starts that would need it."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from gateway import settings as settings_module
from gateway.jobs import run_release
from gateway.jobs.house import House
from gateway.models import Release
from gateway.settings import Settings
from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from gateway.vocabulary import Command, ReleaseState
from tests.factories.gateways import approved_project, cleared_snapshot, settle_town, submitted_release
from tests.factories.sites import small_world
from tests.factories.sparks import INTERPRETED, context
from tests.factories.worlds import write


def drawn_on(engine, folder, monkeypatch, draw=None):
    """The state that a release ends in when a gateway with this engine draws it, and who was asked to add up."""
    town = settle_town(folder)
    chosen = town.gateway.settings.model_copy(update={"engine": engine})
    house = House(
        replace(town.gateway, settings=chosen), LocalObjects(folder / "objects"), Keys(folder / "keys", "k" * 32)
    )
    project_id = approved_project(town)
    cleared_snapshot(town, project_id)
    release_id = submitted_release(town, project_id)
    town.do("checker1", Command.CLEAR_PLAN, release_id, {"reason": "public keys"})
    files = write(small_world(50), folder / "snapshot")
    opened = SimpleNamespace(room=files.room, drawn=files.room, sampling=files.sampling)
    monkeypatch.setattr(run_release, "open_snapshot", lambda *_: opened)
    asked, really = [], run_release.draw

    def watched(*given, **named):
        asked.append(named["engine"])
        return really(*given, **named | {"engine": draw or named["engine"]})

    monkeypatch.setattr(run_release, "draw", watched)
    for _ in range(4):
        run_release.run_release(house, release_id)
        town.clock.pass_(hours=1)
    state = town.read(lambda work: work.get(Release, release_id).state)
    town.gateway.unit.dispose()
    return state, asked


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_the_job_asks_for_the_engine_of_the_setting(engine, tmp_path, monkeypatch):
    state, asked = drawn_on(engine, tmp_path, monkeypatch, draw="duckdb")
    assert asked == [engine]
    assert state is ReleaseState.SEALED


@pytest.mark.slow
def test_a_release_is_drawn_on_spark(tmp_path, monkeypatch):
    with context(**INTERPRETED):
        assert drawn_on("spark", tmp_path, monkeypatch) == (ReleaseState.SEALED, ["spark"])


def settings(**changes):
    return Settings(folder="/nowhere", secret_key="k" * 32, **changes)


def test_duckdb_unless_said_otherwise(monkeypatch):
    monkeypatch.delenv("TRE_ENGINE", raising=False)
    assert settings().engine == "duckdb"
    monkeypatch.setenv("TRE_ENGINE", "spark")
    assert settings().engine == "spark"


def test_without_its_extra_spark_is_refused_at_the_start(monkeypatch):
    monkeypatch.setattr(settings_module, "find_spec", lambda _: None)
    with pytest.raises(ValidationError, match=r"requirements-spark\.txt"):
        settings(engine="spark")
    with pytest.raises(ValidationError):
        settings(engine="sqlite")
