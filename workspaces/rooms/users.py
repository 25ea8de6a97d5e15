"""Which user a room runs as: one of the pool per workspace, never uid 0, never one uid for two rooms at work.

Locks are kernel file locks: they hold across processes and go with their owner, however it ends.
"""

import fcntl
import grp
import json
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from workspaces.catalogue.errors import Invalid

POOL_PREFIX = "tre-room-"
READERS = "tre-rooms"  # the group of all room users: what is lent to a room is lent to it
STATE = Path("/run/tre-rooms")
STAGED = ("data", "workspace", "environment", "code", "door", "shared")  # by their names in bubblewrap.Sources
NOBODY = 65534


class Standing(StrEnum):
    """How well a room's user keeps it apart from the others."""

    OWN = "OWN"  # from the pool, one for each workspace
    SHARED = "SHARED"  # nobody: not the gateway, but the same for all rooms
    SAME = "SAME"  # the gateway's own user


@dataclass(frozen=True, kw_only=True)
class RoomUser:
    """A user that a room may run as."""

    name: str
    uid: int
    gid: int
    reading_gid: int  # the group through which it reads what it does not own
    standing: Standing

    def __post_init__(self) -> None:
        if self.uid == 0 or (self.gid == 0 and self.standing is not Standing.SAME):
            raise Invalid("room:root", "A room would run as root.", "Run ./run setup, or start as another user.")


def pool() -> tuple[RoomUser, ...]:
    """The users that this process can give to rooms, best kind first available; looked up each time."""
    if os.geteuid() != 0:
        uid, gid = os.geteuid(), os.getegid()
        return (RoomUser(name="self", uid=uid, gid=gid, reading_gid=gid, standing=Standing.SAME),)
    return _own_users() or (
        RoomUser(name="nobody", uid=NOBODY, gid=NOBODY, reading_gid=NOBODY, standing=Standing.SHARED),
    )


def _own_users() -> tuple[RoomUser, ...]:
    """Read again when the machine's users have changed: who is asked for a room is asked often."""
    changed = tuple(os.stat(path).st_mtime_ns for path in ("/etc/passwd", "/etc/group"))
    return _users_as_of(changed)


@lru_cache(maxsize=1)
def _users_as_of(_changed: tuple[int, ...]) -> tuple[RoomUser, ...]:
    try:
        readers = grp.getgrnam(READERS).gr_gid
    except KeyError:  # setup did not run
        return ()
    made = sorted((entry for entry in pwd.getpwall() if entry.pw_name.startswith(POOL_PREFIX)), key=lambda e: e.pw_name)
    return tuple(
        RoomUser(name=e.pw_name, uid=e.pw_uid, gid=e.pw_gid, reading_gid=readers, standing=Standing.OWN) for e in made
    )


class Allocation:
    """Gives each workspace its user, the same one again while there are enough."""

    def __init__(self, state: Path = STATE, users: tuple[RoomUser, ...] | None = None) -> None:
        self._state = state
        self._users = users
        if os.geteuid() == 0:
            for name in STAGED:
                (self.stage / name).mkdir(mode=0o711, parents=True, exist_ok=True)
            for folder in (self._state, self.stage):
                folder.chmod(0o711)

    @property
    def stage(self) -> Path:
        """Empty folders over which a run lays its own mounts, in a mount namespace that only it sees."""
        return self._state / "stage"

    @property
    def users(self) -> tuple[RoomUser, ...]:
        """The pool as it is now."""
        return self._users or pool()

    @contextmanager
    def lease(self, room_key: str) -> Iterator[RoomUser]:
        """Hold a user for the length of a run. Raises Invalid when all users of the pool are at work."""
        users = self.users
        if users[0].standing is not Standing.OWN:
            yield users[0]
            return
        with self._locked("allocation.lock", wait=True):
            user, held = self._choose(room_key, users)
        try:
            yield user
        finally:
            os.close(held)

    def _choose(self, room_key: str, users: tuple[RoomUser, ...]) -> tuple[RoomUser, int]:
        """The workspace's former user if free, else one that nobody has, else the one least recently given."""
        given = self._read()
        before = dict(given)
        former = given.pop(room_key, None)
        last_given = {name: position for position, name in enumerate(given.values())}
        for user in sorted(users, key=lambda u: (u.name != former, last_given.get(u.name, -1))):
            held = self._try(f"{user.name}.lock")
            if held is not None:
                kept = {key: name for key, name in given.items() if name != user.name}
                now = kept | {room_key: user.name}
                if list(now.items()) != list(before.items()):  # the same, and the same to be given next
                    self._write(now)
                return user, held
        raise Invalid(
            "room:full", f"All {len(users)} room users are at work.", "Try again when a room has ended, or add users."
        )

    def _read(self) -> dict[str, str]:
        try:
            return {
                str(key): str(name) for key, name in json.loads((self._state / "allocation.json").read_text()).items()
            }
        except (FileNotFoundError, ValueError):
            return {}

    def _write(self, given: dict[str, str]) -> None:
        new = self._state / "allocation.new"
        new.write_text(json.dumps(given))
        new.replace(self._state / "allocation.json")

    def _try(self, name: str) -> int | None:
        handle = self._open(name)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        return handle

    @contextmanager
    def _locked(self, name: str, *, wait: bool) -> Iterator[None]:
        handle = self._open(name)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        finally:
            os.close(handle)

    def _open(self, name: str) -> int:
        return os.open(self._state / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
