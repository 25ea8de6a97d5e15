import json
from pathlib import Path
from typing import Any

import pytest

from workspaces.catalogue.errors import Invalid
from workspaces.rooms.base import Limits, RoomPlan, plan_from_wire, plan_to_wire

PLAN = RoomPlan(
    room_key="k1",
    snapshot=Path("/srv/s"),
    workspace=Path("/srv/w"),
    environment=Path("/srv/e"),
    command=("python3", "-I", "/workspace/code/script.py"),
    limits=Limits(seconds=5),
)


def test_a_plan_survives_the_wire() -> None:
    assert plan_from_wire(json.loads(json.dumps(plan_to_wire(PLAN)))) == PLAN


@pytest.mark.parametrize(
    "change",
    [
        {"extra": 1},
        {"room_key": "../x"},
        {"room_key": "Ä"},
        {"room_key": 1},
        {"snapshot": "relative"},
        {"workspace": "/srv/../etc"},
        {"workspace": "/srv\0x"},
        {"command": []},
        {"command": "sh"},
        {"command": ["sh", 1]},
        {"command": ["sh\0"]},
        {"limits": {"seconds": 0}},
        {"limits": {"seconds": "5"}},
        {"limits": {"uid": 0}},
        {"limits": None},
    ],
)
def test_what_is_not_a_plan_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        plan_from_wire(plan_to_wire(PLAN) | change)


def test_a_plan_lacking_a_field_is_refused() -> None:
    wire = plan_to_wire(PLAN)
    del wire["limits"]
    with pytest.raises(Invalid):
        plan_from_wire(wire)
