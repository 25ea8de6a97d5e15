import os
from pathlib import Path

import pytest

from workspaces.catalogue.errors import Invalid
from workspaces.rooms.base import Limits
from workspaces.rooms.limits import HELPERS, MIB, Group, Groups, find_groups, resource_limits

V1_MOUNTS = """30 25 0:27 / {memory} rw - cgroup cgroup rw,memory
31 25 0:28 / {pids} rw - cgroup cgroup rw,pids
"""
V2_MOUNT = "35 24 0:30 {root} {point} rw,nosuid shared:9 - cgroup2 cgroup2 rw\n"


def proc(tmp_path: Path, mounts: str, groups: str) -> Path:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "mountinfo").write_text(mounts)
    (tmp_path / "proc" / "cgroup").write_text(groups)
    return tmp_path / "proc"


def v2(folder: Path, *, controllers: str = "cpu memory pids", enabled: str = "memory pids") -> Path:
    folder.mkdir(parents=True)
    (folder / "cgroup.controllers").write_text(controllers)
    (folder / "cgroup.subtree_control").write_text(enabled)
    return folder


def test_v2_is_found_below_the_own_group(tmp_path: Path) -> None:
    own = v2(tmp_path / "cg" / "system.slice" / "gateway.service")
    mounts = V2_MOUNT.format(root="/", point=tmp_path / "cg")
    groups = find_groups(own=proc(tmp_path, mounts, "0::/system.slice/gateway.service\n"))

    assert groups == Groups("v2", (own,))
    with groups.group(Limits(memory_mib=100, processes=7)) as group:
        folder = group.folders[0]
        written = {file.name: file.read_text() for file in folder.iterdir()}
        assert written == {
            "memory.max": str(100 * MIB),
            "memory.swap.max": "0",
            "memory.oom.group": "1",
            "pids.max": str(7 + HELPERS),
        }
        assert group.joins == (str(folder / "cgroup.procs"),)
        for file in folder.iterdir():  # the kernel's files go with the folder; these would not
            file.unlink()
    assert not folder.exists()


def test_v2_is_delegated_by_moving_into_a_leaf(tmp_path: Path) -> None:
    own = v2(tmp_path / "cg", enabled="")
    groups = find_groups(own=proc(tmp_path, V2_MOUNT.format(root="/", point=own), "0::/\n"))

    assert groups.kind == "v2"
    assert (own / "cgroup.subtree_control").read_text() == "+memory +pids"
    assert (own / "tre-gateway" / "cgroup.procs").read_text() == str(os.getpid())


def test_a_path_of_the_host_in_a_container_means_the_mount(tmp_path: Path) -> None:
    own = v2(tmp_path / "cg")
    mounts = V2_MOUNT.format(root="/docker/abc", point=own)
    assert find_groups(own=proc(tmp_path, mounts, "0::/docker/abc\n")) == Groups("v2", (own,))


def test_v1_is_found_where_v2_has_no_controllers(tmp_path: Path) -> None:
    v2(tmp_path / "unified", controllers="hugetlb")
    memory, pids = tmp_path / "memory", tmp_path / "pids"
    for folder in (memory / "run", pids):
        folder.mkdir(parents=True)
    mounts = V1_MOUNTS.format(memory=memory, pids=pids) + V2_MOUNT.format(root="/", point=tmp_path / "unified")
    groups = find_groups(own=proc(tmp_path, mounts, "8:pids:/\n4:memory:/run\n0::/\n"))

    assert groups == Groups("v1", (memory / "run", pids))


def test_nothing_writable_means_resource_limits(tmp_path: Path) -> None:
    assert find_groups(own=proc(tmp_path, "", "0::/\n")).kind == "none"


@pytest.mark.parametrize(
    ("file", "text", "killed"),
    [
        ("memory.events", "low 0\nhigh 0\nmax 4\noom 1\noom_kill 1\n", True),
        ("memory.events", "low 0\nhigh 0\nmax 4\noom 0\noom_kill 0\n", False),
        ("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n", True),
        ("other", "", False),
    ],
)
def test_running_out_of_memory_is_read_from_the_group(tmp_path: Path, file: str, text: str, killed: bool) -> None:
    (tmp_path / file).write_text(text)
    assert Group((tmp_path,)).ran_out_of_memory() is killed


def test_sweep_removes_what_ended_processes_left(tmp_path: Path) -> None:
    gone, ours = tmp_path / "tre-room-4194999-0", tmp_path / f"tre-room-{os.getpid()}-0"
    for folder in (gone, ours):
        folder.mkdir()
    Groups("v1", (tmp_path,)).sweep()
    assert (gone.exists(), ours.exists()) == (False, True)


def test_memory_is_a_resource_limit_only_without_a_group() -> None:
    limits = Limits(memory_mib=64, processes=10)
    with_group = resource_limits(limits, groups=Groups("v1"), own_user=True, tasks_of_user=0)
    without = resource_limits(limits, groups=Groups("none"), own_user=False, tasks_of_user=100)
    shared = resource_limits(limits, groups=Groups("v1"), own_user=False, tasks_of_user=100)

    assert "data" not in with_group
    assert with_group["nproc"] == 10 + HELPERS
    assert without["data"] == 64 * MIB
    assert without["nproc"] == 110 + HELPERS
    assert "nproc" not in shared
    assert with_group["core"] == 0


@pytest.mark.parametrize("limits", [{"memory_mib": 0}, {"seconds": -1}, {"seconds": 1.5}, {"processes": True}])
def test_a_limit_outside_its_range_is_refused(limits: dict[str, int]) -> None:
    with pytest.raises(Invalid) as refusal:
        Limits(**limits)
    assert refusal.value.code == "room:limits"
