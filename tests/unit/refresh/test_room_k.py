"""A site that demands k of workspaces: rooms see the coarser copy, draws do not."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from gateway.jobs import run_release
from gateway.vocabulary import Command
from tests.factories.gateways import Town, submitted_release
from tests.factories.refreshing import PEOPLE, Street, settle_street

VIEW = {"form": {"columns": [{"name": "sex", "person": "sex"}]}}
REQUEST = {"title": "People", "view": VIEW, "statistics": [{"name": "people", "kind": "count"}], "epsilon": "0.5"}
SEEN: list[int] = []


def people_in(folder: Path) -> int:
    return duckdb.read_parquet(str(folder / "person.parquet")).shape[0]


@pytest.fixture
def street(town: Town, tmp_path: Path) -> Street:
    SEEN.clear()
    made = settle_street(town, tmp_path, lambda data, _: SEEN.append(people_in(data)))
    demanding = made.house.gateway.settings.model_copy(update={"room_k": len(PEOPLE) + 1})
    made.house = replace(made.house, gateway=replace(made.house.gateway, settings=demanding))
    return made


def test_rooms_see_nobody_whom_too_few_are_like_and_draws_see_all(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_id, drawn = street.project(), []
    real = run_release.draw

    def told(request: Any, terms: Any, files: Any, **named: Any) -> Any:
        drawn.append(people_in(files.room))
        return real(request, terms, files, **named)

    monkeypatch.setattr(run_release, "draw", told)
    street.workspace(project_id)
    release_id = submitted_release(street.town, project_id, REQUEST)
    street.town.do("checker1", Command.CLEAR_PLAN, release_id, {"reason": "fine"})
    street.work()
    assert SEEN == [0]
    assert drawn == [len(PEOPLE)]
