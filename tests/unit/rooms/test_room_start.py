"""How a room begins: whatever its folders are called, and without what others would feel."""

import os
import subprocess
from pathlib import Path

import pytest

from workspaces.catalogue.errors import Invalid
from workspaces.rooms import isolation
from workspaces.rooms.base import Ended, RoomPlan
from workspaces.rooms.bubblewrap import Folder, Stage
from workspaces.rooms.local import LocalRooms
from workspaces.rooms.promised import STATED, refuse_unkept

ODD = "a b\tc\nd\\e#f 🛏"


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    place = tmp_path / ODD
    for name in ("snapshot", "workspace/code"):
        (place / name).mkdir(parents=True)
    (place / "snapshot" / "person.parquet").write_bytes(b"rows")
    return place


def test_folders_may_be_called_anything(odd: Path) -> None:
    program = (
        "cat /data/person.parquet; echo $(stat -c %n /workspace/*); ps=$(cat /proc/$$/stat); set -- $ps; echo ${19}"
    )
    plan = RoomPlan(
        room_key="odd",
        snapshot=odd / "snapshot",
        workspace=odd / "workspace",
        environment=Path("/usr"),
        command=("/bin/sh", "-c", program),
    )
    result = LocalRooms().run(plan)
    said = (odd / "workspace" / "logs" / "stdout.txt").read_text()
    assert (result.ended, said) == (Ended.FINISHED, "rows/workspace/code\n10\n")  # 10: the gateway comes first


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="mounts")
def test_a_folder_swapped_after_it_was_looked_at_ends_the_run(odd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = RoomPlan(
        room_key="swapped",
        snapshot=odd / "snapshot",
        workspace=odd / "workspace",
        environment=Path("/usr"),
        command=("/bin/cat", "/data/person.parquet"),
    )
    other = odd / "other"
    other.mkdir()
    said = Stage.mounts.fget  # type: ignore[attr-defined]
    monkeypatch.setattr(Stage, "mounts", property(lambda self: said(self).replace(b"/snapshot ", b"/other ")))
    assert LocalRooms().run(plan).ended is Ended.FAILED_TO_START


def test_the_table_of_mounts_keeps_each_path_one_word() -> None:
    lines = Stage(Path("/stage"), {"data": Folder(Path("/", ODD), "1:2")}).mounts.decode().splitlines()
    assert [len(line.split()) for line in lines] == [6]
    decoded = subprocess.run(
        ["printf", "%b", lines[0].split()[0].replace("\\", "\\0")], capture_output=True, check=True
    )
    assert decoded.stdout.decode() == f"/{ODD}"


def test_these_rooms_answer_for_every_promise_and_begin_only_with_what_is_needed(
    odd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = LocalRooms()
    assert sorted(each.name for each in rooms.promises()) == sorted(each.name for each in STATED)
    refuse_unkept(rooms.promises())
    monkeypatch.setattr(isolation, "why_rooms_do_not_start", lambda: "no user namespaces")
    plan = RoomPlan(
        room_key="none",
        snapshot=odd / "snapshot",
        workspace=odd / "workspace",
        environment=Path("/usr"),
        command=("/usr/bin/touch", "/workspace/ran"),
    )
    with pytest.raises(Invalid, match="room:promises"):
        LocalRooms().run(plan)
    assert not (odd / "workspace" / "ran").exists()
