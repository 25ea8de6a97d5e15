import os
import stat
from pathlib import Path

import pytest

from workspaces.catalogue.errors import Invalid
from workspaces.rooms import folders

root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes owners")
UID, GID, GROUP, ROOM = 54321, 54322, 54323, 54324


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_nested_too_deep_is_refused(tmp_path: Path) -> None:
    tmp_path.joinpath(*["d"] * 70).mkdir(parents=True)
    with folders.opened(tmp_path) as folder, pytest.raises(Invalid) as refusal:
        folders.refuse_channels(folder, tmp_path)
    assert refusal.value.code == "room:deep"


def test_a_path_through_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real" / "inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    for path in (tmp_path / "link", tmp_path / "link" / "inner"):
        with pytest.raises(Invalid), folders.opened(path):
            pass
    with folders.opened(tmp_path / "real" / "inner"):
        pass


def test_a_pipe_is_a_channel(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    os.mkfifo(tmp_path / "inner" / "pipe")
    with folders.opened(tmp_path) as folder:
        with pytest.raises(Invalid):
            folders.refuse_channels(folder, tmp_path)
        folders.remove_channels(folder)
        folders.refuse_channels(folder, tmp_path)


@root
def test_handing_over_leaves_the_code_and_what_links_point_to(tmp_path: Path) -> None:
    outside, work = tmp_path / "outside", tmp_path / "work"
    outside.write_text("")
    (work / "code").mkdir(parents=True)
    (work / "code" / "script.py").write_text("")
    (work / "result").write_text("")
    (work / "result").chmod(0o4755)
    (work / "away").symlink_to(outside)

    with folders.opened(work) as folder:
        folders.hand_over(folder, uid=UID, gid=GID, rooms=frozenset({ROOM}))

    assert (work.stat().st_uid, work.stat().st_gid, mode(work)) == (UID, GID, 0o2770)
    assert ((work / "result").stat().st_uid, mode(work / "result")) == (UID, 0o770)
    assert (work / "code" / "script.py").stat().st_uid == 0
    assert outside.stat().st_uid == 0


@root
def test_a_file_with_a_second_name_is_not_handed_over(tmp_path: Path) -> None:
    (tmp_path / "shadow").write_text("")
    (tmp_path / "work").mkdir()
    os.link(tmp_path / "shadow", tmp_path / "work" / "mine")

    with folders.opened(tmp_path / "work") as folder, pytest.raises(Invalid) as refusal:
        folders.hand_over(folder, uid=UID, gid=GID, rooms=frozenset({ROOM}))
    assert refusal.value.code == "room:linked"
    assert (tmp_path / "shadow").stat().st_uid == 0


@root
def test_a_room_may_give_its_own_file_a_second_name(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("")
    os.chown(tmp_path / "one", ROOM, ROOM)
    os.link(tmp_path / "one", tmp_path / "two")

    with folders.opened(tmp_path) as folder:
        folders.hand_over(folder, uid=UID, gid=GID, rooms=frozenset({ROOM}))
    assert (tmp_path / "two").stat().st_uid == UID


@root
def test_lending_lets_the_group_read_and_nothing_more(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "closed").write_text("")
    (data / "closed").chmod(0o600)
    (data / "open").write_text("")
    (data / "open").chmod(0o644)

    with folders.opened(data) as folder:
        folders.lend(folder, uid=UID, gid=GROUP)

    assert (data.stat().st_gid, mode(data)) == (GROUP, 0o750)
    assert ((data / "closed").stat().st_gid, mode(data / "closed")) == (GROUP, 0o640)
    assert ((data / "open").stat().st_gid, mode(data / "open")) == (0, 0o644)
    assert data.stat().st_uid == 0


def test_a_log_replaces_a_link_and_never_follows_it(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("before")
    (tmp_path / "work" / "logs").mkdir(parents=True)
    (tmp_path / "work" / "logs" / "stdout.txt").symlink_to(tmp_path / "target")

    with folders.opened(tmp_path / "work") as folder:
        folders.write_log(folder, "stdout.txt", b"after", uid=os.geteuid(), gid=os.getegid())

    assert (tmp_path / "target").read_text() == "before"
    assert (tmp_path / "work" / "logs" / "stdout.txt").read_text() == "after"


def test_a_log_is_not_written_through_a_linked_folder(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "logs").symlink_to(tmp_path / "elsewhere")

    with folders.opened(tmp_path / "work") as folder:
        folders.write_log(folder, "stdout.txt", b"after", uid=os.geteuid(), gid=os.getegid())

    assert list((tmp_path / "elsewhere").iterdir()) == []
