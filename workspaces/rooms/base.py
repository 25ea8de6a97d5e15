"""What a room is asked to do and what it answers: plain frozen values and the protocol that every driver keeps."""

import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from workspaces.catalogue.errors import Invalid

ROOM_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
RUN_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,79}")
VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
LONGEST_COMMAND = 64
MOST_VARIABLES = 32
PROCESSORS = min(os.cpu_count() or 1, 8)  # what numerical libraries of a room are told to use


class Ended(StrEnum):
    """How a run came to its end."""

    FINISHED = "FINISHED"  # the program ended by itself, with whatever exit code
    TIMED_OUT = "TIMED_OUT"  # the wall clock ran out
    KILLED = "KILLED"  # by a limit (memory, disk, CPU, file size), by another signal, or by stop()
    FAILED_TO_START = "FAILED_TO_START"  # the room could not be made; the program never ran


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The bounds of one run. MiB are 2**20 bytes; every bound is a whole number from 1 to its ceiling."""

    memory_mib: int = field(default=2048, metadata={"ceiling": 1 << 20})
    processes: int = field(default=64, metadata={"ceiling": 4096})  # processes and threads together
    seconds: int = field(default=600, metadata={"ceiling": 7 * 86400})  # wall clock
    cpu_seconds: int = field(default=1200, metadata={"ceiling": 7 * 86400})  # per process
    disk_mib: int = field(default=1024, metadata={"ceiling": 1 << 22})  # the whole workspace folder
    files: int = field(default=20_000, metadata={"ceiling": 10_000_000})  # entries in the workspace folder
    file_mib: int = field(default=512, metadata={"ceiling": 1 << 22})  # one file
    log_kib: int = field(default=1024, metadata={"ceiling": 1 << 16})  # stdout and stderr, each
    tmp_mib: int = field(default=256, metadata={"ceiling": 1 << 20})  # /tmp, which is memory
    open_files: int = field(default=1024, metadata={"ceiling": 1 << 16})  # per process

    def __post_init__(self) -> None:
        for bound in fields(self):
            value, ceiling = getattr(self, bound.name), bound.metadata["ceiling"]
            if type(value) is not int or not 1 <= value <= ceiling:
                raise Invalid("room:limits", f"The limit {bound.name} is not between 1 and {ceiling}.", "Correct it.")


@dataclass(frozen=True, kw_only=True)
class RoomPlan:
    """One run in one room. `room_key` names the workspace, opaquely: it shows inside the room."""

    room_key: str
    snapshot: Path  # bound read-only at /data
    workspace: Path  # bound at /workspace; its subfolder code/, if there, read-only
    command: tuple[str, ...]  # e.g. ("python3", "-I", "/workspace/code/script.py")
    environment: Path  # a virtual environment of /usr/bin/python3, bound read-only at /environment
    limits: Limits = Limits()
    door: Path | None = None  # bound at /run/room; a socket `s` made there is reached outside beside this folder
    variables: tuple[tuple[str, str], ...] = ()  # environment variables on top of those that every room has

    def __post_init__(self) -> None:
        if not ROOM_KEY.fullmatch(self.room_key):
            raise Invalid("room:key", "A room's key is not 1 to 40 of a-z, 0-9 and -.", "Use the workspace's own key.")
        for path in self.folders:
            if not path.is_absolute() or ".." in path.parts:
                raise Invalid("room:path", "A folder of the room is not an absolute path.", "Give the whole path.")
        if not 1 <= len(self.command) <= LONGEST_COMMAND or any("\0" in word for word in self.command):
            raise Invalid("room:command", "The command is empty, too long or holds NUL.", "Give 1 to 64 words.")
        odd = any(not VARIABLE.fullmatch(name) or "\0" in value for name, value in self.variables)
        if odd or len(self.variables) > MOST_VARIABLES:
            raise Invalid("room:variables", "A variable has no plain name, or there are too many.", "Give at most 32.")

    @property
    def folders(self) -> tuple[Path, ...]:
        """Every folder that is bound."""
        return (self.snapshot, self.workspace, self.environment, *((self.door,) if self.door else ()))


@dataclass(frozen=True, kw_only=True)
class RoomResult:
    """How a run ended. Outside the room it is shown only as far as the tier of the project allows."""

    exit_code: int | None  # None when the program never ran or was ended from outside
    ended: Ended
    seconds: float
    cpu_seconds: float = field(default=0.0, compare=False)  # of all its processes; 0 where the kernel did not tell


@dataclass(frozen=True)
class Sitting:
    """A run that goes on without whoever asked for it: still at work, or how it ended."""

    result: RoomResult | None = None
    refused: Invalid | None = None

    @property
    def at_work(self) -> bool:
        """True while nothing is known of its end."""
        return self.result is None and self.refused is None


@dataclass(frozen=True)
class Promise:
    """One property of a room: whether it is kept on this machine and by what, or why it is weaker."""

    name: str
    kept: bool
    how: str


class RoomDriver(Protocol):
    """Runs plans in isolated rooms. Every driver passes tests/contract/test_room_isolation.py."""

    def run(self, plan: RoomPlan) -> RoomResult:
        """Run to the end and answer. Raises Invalid if the plan cannot be accepted (nothing ran)."""

    def start(self, name: str, plan: RoomPlan) -> None:
        """Begin a run that goes on without the caller. A name that was given before changes nothing."""

    def status(self, name: str) -> Sitting | None:
        """What is known of a run by its name; None for one that is not known (any more)."""

    def at_work(self) -> tuple[str, ...]:
        """The names of the runs that were started and have not ended."""

    def wait(self, name: str) -> RoomResult:
        """The end of a run that was started; raises Invalid if it was refused, or is not known."""

    def stop(self, room_key: str) -> bool:
        """End the run of that room, if there is one; safe from any thread. Answers whether there was."""

    def promises(self) -> tuple[Promise, ...]:
        """What rooms keep on this machine, in a fixed order."""


def plan_to_wire(plan: RoomPlan) -> dict[str, Any]:
    """A plan as JSON-ready values."""
    folders = {name: str(getattr(plan, name)) for name in ("snapshot", "workspace", "environment")}
    door = str(plan.door) if plan.door else None
    said = {"room_key": plan.room_key, "command": list(plan.command), "limits": asdict(plan.limits)}
    return said | folders | {"door": door, "variables": dict(plan.variables)}


def plan_from_wire(wire: Mapping[str, Any]) -> RoomPlan:
    """The plan back from JSON; raises Invalid for anything that is not exactly one."""
    words, variables, door = wire.get("command"), wire.get("variables"), wire.get("door")
    if set(wire) != {bound.name for bound in fields(RoomPlan)} or not isinstance(words, list):
        raise Invalid("room:plan", "The plan lacks a field or has one too many.", "Send every field.")
    texts = {name: wire[name] for name in ("room_key", "snapshot", "workspace", "environment")}
    said = (*texts.values(), *words, *((door,) if door is not None else ()))
    if not isinstance(variables, dict) or not all(
        isinstance(text, str) and "\0" not in text for text in (*said, *variables.values())
    ):
        raise Invalid("room:plan", "A field of the plan is not text.", "Send text.")
    if not isinstance(wire["limits"], dict) or set(wire["limits"]) - {bound.name for bound in fields(Limits)}:
        raise Invalid("room:limits", "The plan names a limit that does not exist.", "Leave it out.")
    return RoomPlan(
        room_key=texts["room_key"],
        snapshot=Path(texts["snapshot"]),
        workspace=Path(texts["workspace"]),
        environment=Path(texts["environment"]),
        command=tuple(words),
        limits=Limits(**wire["limits"]),
        door=Path(door) if door is not None else None,
        variables=tuple(variables.items()),
    )
