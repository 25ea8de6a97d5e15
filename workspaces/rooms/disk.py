"""How much disk a running room uses: what lies in its folder, and what it has hidden by unlinking it.

A file without a name is still on the disk while a process has it open or mapped. Those are found through the room's
processes. What could be hidden even there (a descriptor on its way through a socket) meets the reserve: a run ends
before the file system is full.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from workspaces.rooms.base import Limits

MIB = 1 << 20
BLOCK = 512  # bytes, the unit of st_blocks
RESERVE = 256 * MIB
ENDLESS = 1 << 62


def over(workspace: Path, limits: Limits, *, init: int | None) -> bool:
    """Whether the room has more than its share. `init`: its process 1 as this process sees it, if known yet."""
    used, entries = usage(workspace)
    if init is not None:
        used += unlinked(init, device=workspace.stat().st_dev)
    return used > limits.disk_mib * MIB or entries > limits.files or _free(workspace) < RESERVE


def _free(path: Path) -> int:
    about = os.statvfs(path)
    return about.f_bavail * about.f_frsize


def usage(path: Path) -> tuple[int, int]:
    """(bytes on disk, entries) below the folder. A folder that cannot be opened counts as endless."""
    total, entries, waiting = 0, 0, [str(path)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as listing:
                for entry in listing:
                    with suppress(FileNotFoundError):
                        total += entry.stat(follow_symlinks=False).st_blocks * BLOCK
                        entries += 1
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(entry.path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:  # too deep, or made unreadable to hide what is in it
            return ENDLESS, ENDLESS
    return total, entries


def unlinked(init: int, *, device: int) -> int:
    """Bytes on this device in files without a name that the room's processes hold open or mapped."""
    found: dict[int, int] = {}
    for process in processes_with(init):
        for inode, size in (*_open(process, device), *_mapped(process, device)):
            found[inode] = max(size, found.get(inode, 0))
    return sum(found.values())


def processes_with(init: int) -> Iterator[Path]:
    """The processes that share its process namespace."""
    with suppress(OSError):
        space = os.stat(f"/proc/{init}/ns/pid").st_ino
        for process in Path("/proc").iterdir():
            with suppress(OSError):
                if process.name.isdigit() and os.stat(process / "ns" / "pid").st_ino == space:
                    yield process


def _open(process: Path, device: int) -> Iterator[tuple[int, int]]:
    with suppress(OSError):
        for name in os.listdir(process / "fd"):
            with suppress(OSError):
                about = os.stat(process / "fd" / name)
                if about.st_dev == device and about.st_nlink == 0 and stat.S_ISREG(about.st_mode):
                    yield about.st_ino, about.st_blocks * BLOCK


def _mapped(process: Path, device: int) -> Iterator[tuple[int, int]]:
    """Root may look at the mapped file itself; others take the length of the mapping, an estimate."""
    with suppress(OSError):
        for line in (process / "maps").read_text(errors="replace").splitlines():
            if not line.endswith(" (deleted)"):
                continue
            span, _, _, major_minor, inode = line.split(maxsplit=5)[:5]
            try:
                about = os.stat(process / "map_files" / span)
            except OSError:
                major, minor = (int(number, 16) for number in major_minor.split(":"))
                start, end = (int(number, 16) for number in span.split("-"))
                if os.makedev(major, minor) == device:
                    yield int(inode), end - start
            else:
                if about.st_dev == device and about.st_nlink == 0:
                    yield about.st_ino, about.st_blocks * BLOCK
