"""The folders that a room is given: looked at before, handed over, tidied after.

A room's own folder is hostile ground. Everything here goes by open folders and never follows a link.
"""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from workspaces.catalogue.errors import Invalid

DEEPEST = 64  # folders inside folders
CODE = "code"  # the workspace's subfolder that a room may read but not write
LOGS = "logs"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

type_of = stat.S_IFMT
Visit = Callable[[int, str, os.stat_result], None]


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """The folder as a file descriptor, reached without a symbolic link anywhere in its path; raises Invalid."""
    try:
        handle = os.open(path, _FOLDER)
    except OSError as problem:
        raise Invalid(
            "room:folder", f"The folder {path} cannot be opened ({problem.strerror}).", "Check the path."
        ) from None
    try:
        if os.readlink(f"/proc/self/fd/{handle}") != str(path):
            raise Invalid("room:folder", f"The path {path} leads through a symbolic link.", "Give the real path.")
        yield handle
    finally:
        os.close(handle)


def walk(
    folder: int, visit: Visit, *, skip: frozenset[str] = frozenset(), closed: bool = False, depth: int = DEEPEST
) -> None:
    """Call visit(parent, name, stat) for everything below, contents before their folder.

    `skip`: names at the top. `closed`: pass over folders that this process may not open, instead of an error.
    """
    if depth == 0:
        raise Invalid(
            "room:deep", f"A folder is nested deeper than {DEEPEST} folders.", "Remove it, or start a new workspace."
        )
    for name in os.listdir(folder):
        if name in skip:
            continue
        try:
            about = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            continue
        if stat.S_ISDIR(about.st_mode):
            try:
                inner = os.open(name, _FOLDER, dir_fd=folder)
            except PermissionError:
                if closed:
                    continue
                raise
            try:
                walk(inner, visit, closed=closed, depth=depth - 1)
            finally:
                os.close(inner)
        visit(folder, name, about)


def is_channel(about: os.stat_result) -> bool:
    """Whether it is neither file, folder nor link: a socket or pipe works through a read-only bind as well."""
    return type_of(about.st_mode) not in {stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK}


def refuse_channels(folder: int, path: Path, *, closed: bool = False) -> None:
    """Raise Invalid if a socket, pipe or device lies anywhere in it: it would lead out of the room.

    `closed`: what this process may not open is no matter, since the room's user may not either.
    """

    def visit(_parent: int, name: str, about: os.stat_result) -> None:
        if is_channel(about):
            raise Invalid("room:channel", f"{path} holds {name}, a socket, pipe or device.", "Remove it.")

    walk(folder, visit, closed=closed)


def remove_channels(folder: int) -> None:
    """Take away the sockets and pipes that a finished room has left; nobody listens there any more."""

    def visit(parent: int, name: str, about: os.stat_result) -> None:
        if is_channel(about):
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=parent)

    walk(folder, visit)


def empty(folder: int) -> None:
    """Remove everything in it, never through a link."""

    def visit(parent: int, name: str, about: os.stat_result) -> None:
        with suppress(FileNotFoundError):
            (os.rmdir if stat.S_ISDIR(about.st_mode) else os.unlink)(name, dir_fd=parent)

    walk(folder, visit)


def lend(folder: int, *, uid: int, gid: int) -> None:
    """Let the room's group read the folder, where it cannot yet. Never write, never wider than the group."""

    def visit(parent: int, name: str, about: os.stat_result) -> None:
        _lend_one(parent, name, about, uid, gid)

    walk(folder, visit)
    _lend_one(folder, ".", os.fstat(folder), uid, gid)


def _lend_one(parent: int, name: str, about: os.stat_result, uid: int, gid: int) -> None:
    wanted = 0o5 if stat.S_ISDIR(about.st_mode) or about.st_mode & 0o100 else 0o4
    others_may = about.st_mode & wanted == wanted and about.st_gid != gid and about.st_uid != uid
    group_may = about.st_mode >> 3 & wanted == wanted and about.st_gid == gid
    if others_may or group_may or stat.S_ISLNK(about.st_mode):
        return
    with _exactly(parent, name, about) as itself:
        os.chown(itself, -1, gid)
        os.chmod(itself, stat.S_IMODE(about.st_mode) & 0o1707 | wanted << 3)


def hand_over(folder: int, *, uid: int, gid: int, rooms: frozenset[int]) -> None:
    """Give the workspace to the room's user, all but its code; the gateway's group keeps access to it.

    `rooms`: the users that rooms run as. Only their own files may have second names.
    """

    def visit(parent: int, name: str, about: os.stat_result) -> None:
        if not stat.S_ISLNK(about.st_mode):
            _give(parent, name, about, (uid, gid), rooms)

    walk(folder, visit, skip=frozenset({CODE}))
    _give(folder, ".", os.fstat(folder), (uid, gid), rooms)


def _give(parent: int, name: str, about: os.stat_result, owner: tuple[int, int], rooms: frozenset[int]) -> None:
    mode = stat.S_IMODE(about.st_mode)
    wanted = 0o2770 if stat.S_ISDIR(about.st_mode) else mode & 0o770 | 0o660
    if (about.st_uid, about.st_gid, mode) == (*owner, wanted):
        return
    with _exactly(parent, name, about, rooms) as itself:
        os.chown(itself, *owner)
        os.chmod(itself, wanted)


@contextmanager
def _exactly(parent: int, name: str, about: os.stat_result, rooms: frozenset[int] = frozenset()) -> Iterator[str]:
    """A path that means just the thing that was looked at, whatever happens to its name meanwhile.

    A file with a second name is refused, unless it is a room's: as root, changing it could change any file.
    """
    handle = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    try:
        now = os.fstat(handle)
        linked = stat.S_ISREG(now.st_mode) and now.st_nlink > 1 and now.st_uid not in rooms
        if (now.st_dev, now.st_ino) != (about.st_dev, about.st_ino) or linked:
            raise Invalid("room:linked", "A file of the workspace has a second name.", "Replace it by a copy.")
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)


def read_log(folder: Path, name: str, most: int = 1 << 21) -> bytes:
    """A log of a workspace, at most so many bytes of it; empty where there is none, or something else in its place."""
    return read_file(folder, LOGS, name, most)


def read_file(folder: Path, inside: str, name: str, most: int) -> bytes:
    """A file of a folder of a workspace, at most so many bytes; empty where there is none, or something else."""
    with suppress(Invalid, OSError), opened(folder) as whole:
        logs = os.open(inside, _FOLDER, dir_fd=whole)
        try:
            # never waits: a pipe could lie there
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            with open(os.open(name, flags, dir_fd=logs), "rb") as file:
                about = os.fstat(file.fileno())
                return file.read(most) if stat.S_ISREG(about.st_mode) and about.st_nlink == 1 else b""
        finally:
            os.close(logs)
    return b""


def write_log(folder: int, name: str, content: bytes, *, uid: int, gid: int) -> None:
    """Put a log into the workspace's logs folder, as a new file. A room that spoilt the place has no log."""
    with suppress(OSError):
        with suppress(FileExistsError):
            os.mkdir(LOGS, 0o700, dir_fd=folder)
        logs = os.open(LOGS, _FOLDER, dir_fd=folder)
        try:
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=logs)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with open(os.open(name, flags, 0o600, dir_fd=logs), "wb") as file:
                file.write(content)
                if os.geteuid() == 0:
                    os.fchown(file.fileno(), uid, gid)
                    os.fchmod(file.fileno(), 0o660)
            if os.geteuid() == 0:
                os.fchown(logs, uid, gid)
                os.fchmod(logs, 0o2770)
        finally:
            os.close(logs)
