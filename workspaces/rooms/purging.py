"""What a room wrote is removed when the records that it was written from are: all that could hold a person's row.

A file stays only when it is plain text in which no whole number could be a person's of the old version, neither in
it nor in its name. Everything else goes: tables, archives, pickles, whatever is packed, encoded or unknown. The
scripts in code/ came through the scan and stay. Nothing may run in the room meanwhile.
"""

import os
import re
import stat
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from workspaces.rooms.folders import CODE, opened, walk

LONGEST_TEXT = 1 << 20
_NUMBER = re.compile(r"[0-9]+")
_PACKED = re.compile(r"[A-Za-z0-9+/=_-]{20}")  # base64, hexadecimal, a hash: words are shorter
_KINDS = (
    (b"PAR1", "parquet"),
    (b"\x1f\x8b", "gzip"),
    (b"PK", "zip"),
    (b"\x80", "pickle"),
    (b"ARROW1", "arrow"),
    (b"\x93NUMPY", "numpy"),
    (b"SQLite", "sqlite"),
    (b"\x89HDF", "hdf5"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstandard"),
)
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True)
class Purged:
    """How many files were removed, by kind, and how many stayed; names are not told, for they may hold numbers."""

    removed: dict[str, int]
    kept: int


def purge(folder: Path, *, people: int) -> Purged:
    """Remove what could hold rows of people numbered 1 to `people`; called again after a kill, it goes on.

    Raises `Invalid` for a folder reached through a link, OSError for one that may not be read.
    """
    removed: Counter[str] = Counter()
    kept = 0

    def visit(parent: int, name: str, about: os.stat_result) -> None:
        nonlocal kept
        if stat.S_ISDIR(about.st_mode):
            with suppress(OSError):  # it holds something that stays
                os.rmdir(name, dir_fd=parent)
            return
        where = os.path.relpath(os.readlink(f"/proc/self/fd/{parent}"), folder)
        kind = _why_not(parent, name, about, lambda text: _could_be_people(text, people), where)
        if kind is None:
            kept += 1
            return
        os.unlink(name, dir_fd=parent)
        removed[kind] += 1

    with opened(folder) as root:
        _let_in(root)
        walk(root, visit, skip=frozenset({CODE}))
    return Purged(dict(sorted(removed.items())), kept)


def _why_not(parent: int, name: str, about: os.stat_result, numbered: Callable[[str], bool], where: str) -> str | None:
    """The kind under which a file is removed; None for one that stays."""
    if not stat.S_ISREG(about.st_mode):
        return "link or channel"
    with suppress(PermissionError):
        os.chmod(name, 0o600, dir_fd=parent)
    with open(os.open(name, _READ, dir_fd=parent), "rb") as file:
        marked = bool(os.listxattr(file.fileno()))
        content = file.read(LONGEST_TEXT + 1)
    kind = next((kind for begins, kind in _KINDS if content.startswith(begins)), None)
    if kind or b"\0" in content:
        return kind or "binary"
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return "binary"
    if len(content) > LONGEST_TEXT or marked or _PACKED.search(text):
        return "packed"
    return "text with numbers" if numbered(text) or numbered(f"{where}/{name}") else None


def _could_be_people(text: str, people: int) -> bool:
    return any(1 <= int(found[-18:]) <= people for found in _NUMBER.findall(text))


def _let_in(root: int) -> None:
    """Open what the room's program closed, where that is ours to do; a link is never followed."""
    for _, folders, _, place in os.fwalk(dir_fd=root, topdown=True, onerror=None):
        for name in folders:
            if not stat.S_ISLNK(os.stat(name, dir_fd=place, follow_symlinks=False).st_mode):
                with suppress(PermissionError):
                    os.chmod(name, 0o700, dir_fd=place)
