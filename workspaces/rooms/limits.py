"""Bounds on memory and processes: a control group per run where one can be made, else resource limits.

Which kind is decided by looking at this machine, not by its name: cgroup v2 delegated to this process, or the v1
hierarchies of memory and pids, or neither. Groups are made below the process's own group, so whatever bounds the
gateway bounds its rooms as well.
"""

import os
import resource
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from signal import SIGKILL

from workspaces.rooms.base import Limits

MIB = 1 << 20
PREFIX = "tre-room-"
# Bounds that a kernel without swap accounting, or an older one, does not offer.
WHERE_OFFERED = frozenset({"memory.memsw.limit_in_bytes", "memory.swap.max", "memory.oom.group"})
HELPERS = 3  # bubblewrap's two processes, and the start before them
_numbers = count()


@dataclass(frozen=True)
class Group:
    """The folders that make up one run's control group (two for v1, one for v2); none when there is no cgroup."""

    folders: tuple[Path, ...] = ()

    @property
    def joins(self) -> tuple[str, ...]:
        """The files that a process with one thread writes 0 into to join.

        v1: by `tasks`, since whoever moves a whole process makes every fork of the machine wait for it, 10 to 20 ms.
        """
        name = "tasks" if len(self.folders) > 1 else "cgroup.procs"
        return tuple(str(folder / name) for folder in self.folders)

    def ran_out_of_memory(self) -> bool:
        """Whether the kernel killed one of its processes for memory."""
        for folder, name in ((f, n) for f in self.folders for n in ("memory.events", "memory.oom_control")):
            with suppress(OSError):
                words = (folder / name).read_text().split()
                if "oom_kill" in words:
                    return int(words[words.index("oom_kill") + 1]) > 0
        return False

    def kill(self) -> None:
        """End every process that is still in it."""
        for folder in self.folders:
            with suppress(OSError):
                for process in (folder / "cgroup.procs").read_text().split():
                    with suppress(ProcessLookupError):
                        os.kill(int(process), SIGKILL)

    def remove(self) -> None:
        """Remove the group; the kernel may need a moment after the last process is gone."""
        for folder in self.folders:
            for _ in range(200):
                try:
                    folder.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    self.kill()
                    time.sleep(0.01)


@dataclass(frozen=True)
class Groups:
    """Where groups are made: kind "v2", "v1" or "none" and the parent folders."""

    kind: str
    parents: tuple[Path, ...] = ()

    @contextmanager
    def group(self, limits: Limits) -> Iterator[Group]:
        """A group for one run, gone afterwards together with whatever was in it."""
        name = f"{PREFIX}{os.getpid()}-{next(_numbers)}"
        group = Group(tuple(parent / name for parent in self.parents))
        try:
            for folder, values in zip(group.folders, _values(self.kind, limits), strict=True):
                folder.mkdir()
                for name_of_bound, value in values.items():
                    with suppress(OSError) if name_of_bound in WHERE_OFFERED else nullcontext():
                        (folder / name_of_bound).write_text(value)
            yield group
        finally:
            group.kill()
            group.remove()

    def sweep(self) -> None:
        """Remove what processes that no longer exist have left behind."""
        for parent in self.parents:
            for folder in parent.glob(f"{PREFIX}*-*"):
                owner = folder.name.removeprefix(PREFIX).split("-")[0]
                if not Path("/proc", owner).exists():
                    Group((folder,)).remove()


def _values(kind: str, limits: Limits) -> tuple[Mapping[str, str], ...]:
    """The bounds to write, one mapping for each folder of the group."""
    memory, tasks = str(limits.memory_mib * MIB), str(limits.processes + HELPERS)
    return {
        "v2": ({"memory.max": memory, "memory.swap.max": "0", "memory.oom.group": "1", "pids.max": tasks},),
        "v1": ({"memory.limit_in_bytes": memory, "memory.memsw.limit_in_bytes": memory}, {"pids.max": tasks}),
        "none": (),
    }[kind]


def find_groups(*, own: Path = Path("/proc/self")) -> Groups:
    """The best kind that this process can really make (it tries); `own` is a process's /proc folder."""
    mounts = _mounts((own / "mountinfo").read_text())
    memberships = _memberships((own / "cgroup").read_text())
    v2 = _folder(mounts, memberships, "")
    if v2 is not None and {"memory", "pids"} <= set(_words(v2 / "cgroup.controllers")) and _delegate(v2):
        return Groups("v2", (v2,))
    v1 = tuple(folder for name in ("memory", "pids") if (folder := _folder(mounts, memberships, name)) is not None)
    if len(v1) == 2 and all(_can_make(folder) for folder in v1):
        return Groups("v1", v1)
    return Groups("none")


def _mounts(text: str) -> dict[str, tuple[str, Path]]:
    """From mountinfo: controller ("" for v2) -> (root of the mount within the hierarchy, mount point)."""
    found: dict[str, tuple[str, Path]] = {}
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        root, point = before.split()[3:5]
        kind, _, options = after.split()[:3]
        names = {"cgroup2": [""], "cgroup": options.split(",")}.get(kind, [])
        found |= {name: (root, Path(point)) for name in names if name in {"", "memory", "pids"}}
    return found


def _memberships(text: str) -> dict[str, str]:
    """From /proc/PID/cgroup: controller ("" for v2) -> path of the process's own group."""
    lines = (line.split(":", 2) for line in text.splitlines())
    return {name: path for _, names, path in lines for name in names.split(",")}


def _folder(mounts: Mapping[str, tuple[str, Path]], memberships: Mapping[str, str], name: str) -> Path | None:
    if name not in mounts or name not in memberships:
        return None
    root, point = mounts[name]
    own = memberships[name]
    inside = own.removeprefix(root.rstrip("/")) if own.startswith(root) else own
    folder = point / inside.lstrip("/")
    return folder if folder.is_dir() else point  # in a container the path may be the host's: then the mount is ours


def _words(file: Path) -> list[str]:
    try:
        return file.read_text().split()
    except OSError:
        return []


def _delegate(folder: Path) -> bool:
    """Switch memory and pids on for subgroups. Processes may only be in leaves, so this one moves into its own."""
    if {"memory", "pids"} <= set(_words(folder / "cgroup.subtree_control")):
        return _can_make(folder)
    leaf = folder / "tre-gateway"
    try:
        leaf.mkdir(exist_ok=True)
        (leaf / "cgroup.procs").write_text(str(os.getpid()))
        (folder / "cgroup.subtree_control").write_text("+memory +pids")
    except OSError:  # not delegated, or other processes live here: step back out
        with suppress(OSError):
            (folder / "cgroup.procs").write_text(str(os.getpid()))
            leaf.rmdir()
        return False
    return True


def _can_make(folder: Path) -> bool:
    trial = folder / f"{PREFIX}{os.getpid()}-trial"
    try:
        trial.mkdir()
        trial.rmdir()
    except OSError:
        return False
    return True


def resource_limits(limits: Limits, *, groups: Groups, own_user: bool, tasks_of_user: int) -> dict[str, int]:
    """Resource limits by the option names of prlimit(1): name -> bytes, seconds or a count.

    Memory is bounded here only without a control group, and then per process and for private data alone: the address
    space would be the wrong measure, since Arrow and DuckDB reserve far more than they use. A user's processes are
    counted together, so a user that is not the room's own gets the number already there on top.
    """
    chosen = {
        "core": 0,
        "cpu": limits.cpu_seconds,
        "fsize": limits.file_mib * MIB,
        "nofile": limits.open_files,
    }
    if own_user:
        chosen["nproc"] = limits.processes + HELPERS
    elif groups.kind == "none":
        chosen["nproc"] = tasks_of_user + limits.processes + HELPERS
    if groups.kind == "none":
        chosen["data"] = limits.memory_mib * MIB
    return {name: _within_hard_limit(name, value) for name, value in chosen.items()}


def _within_hard_limit(name: str, value: int) -> int:
    """Nobody but root may raise a hard limit that is lower already."""
    hard = resource.getrlimit(getattr(resource, f"RLIMIT_{name.upper()}"))[1]
    return value if os.geteuid() == 0 or hard == resource.RLIM_INFINITY else min(value, hard)


def tasks_of(uid: int) -> int:
    """How many threads the user has now on this machine (what RLIMIT_NPROC counts)."""
    total = 0
    for process in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            if process.name.isdigit() and process.stat().st_uid == uid:
                total += len(os.listdir(process / "task"))
    return total
