"""What every room promises, stated once: the names that drivers answer for, and which of them nothing runs without."""

from collections.abc import Iterable
from dataclasses import dataclass

from workspaces.catalogue.errors import Invalid
from workspaces.rooms.base import Promise


@dataclass(frozen=True)
class Stated:
    """One promise. `needed`: a driver that does not keep it is refused; else the status page says what is weaker."""

    name: str
    needed: bool
    meaning: str


STATED: tuple[Stated, ...] = (
    Stated("own user", False, "A workspace's programs run as a user that no other workspace has at the same time."),
    Stated("no network", True, "Nothing is reached: no other machine, no name service, not the machine itself."),
    Stated("nothing of the machine", True, "Of the machine's files only software; no process, device or log of it."),
    Stated("snapshot read-only", True, "Records can be read and not changed."),
    Stated("no user namespaces inside", True, "A program cannot make itself an administrator of a room inside."),
    Stated("gateway's secrets unseen", True, "No key, token or variable of the gateway or the cluster is inside."),
    Stated("nothing outlives the run", True, "With the program everything that it started is gone."),
    Stated("wall clock and CPU time", True, "A run ends when its time is over."),
    Stated("file size", True, "One file has a largest size."),
    Stated("memory of the run", False, "All processes together have no more than was set aside."),
    Stated("number of processes", False, "There are no more processes than was set aside."),
    Stated("disk quota", False, "The workspace cannot grow beyond its size, not even for a moment."),
    Stated("system calls", False, "What a program may ask of the kernel is limited."),
)
NEEDED = frozenset(each.name for each in STATED if each.needed)


def refuse_unkept(promises: Iterable[Promise]) -> None:
    """Raise Invalid where a driver does not keep, or says nothing of, what nothing runs without."""
    kept = {promise.name for promise in promises if promise.kept}
    missing = [each.name for each in STATED if each.needed and each.name not in kept]
    if missing:
        raise Invalid(
            "room:promises", f"Rooms do not keep what they promise: {', '.join(missing)}.", "See the status page."
        )
