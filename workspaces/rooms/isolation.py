"""Which promises of rooms (promised.py) this machine can keep, and how: found by looking, and by trying."""

import os
import subprocess
from functools import cache

from workspaces.rooms import bubblewrap
from workspaces.rooms.base import Promise
from workspaces.rooms.limits import Groups
from workspaces.rooms.users import RoomUser, Standing

SETUP = "run ./run setup as root"


def promises(users: tuple[RoomUser, ...], groups: Groups, *, starts: str | None) -> tuple[Promise, ...]:
    """Each promise with whether and how it is kept. `starts`: why no room can be made, or None."""
    walls = (
        Promise("no network", True, "an empty network namespace: not the machine's loopback, not DNS"),
        Promise("nothing of the machine", True, "a root folder built from /usr alone; one workspace, one snapshot"),
        Promise(
            "snapshot read-only",
            True,
            "bound read-only, and owned by another user" if _other(users) else "bound read-only",
        ),
        Promise("no user namespaces inside", True, "their number is set to 0 inside, and the system call refused"),
        Promise("gateway's secrets unseen", True, "nothing of its environment, arguments or processes is inside"),
        Promise("nothing outlives the run", True, "a process namespace that dies with its starter"),
        Promise("wall clock and CPU time", True, "the run is ended from outside; CPU time by resource limit"),
        Promise("file size", True, "resource limit; logs are cut at their limit"),
    )
    every = (_own_user(users), *walls, _memory(groups), _processes(users, groups), _disk(), _system_calls())
    if starts is None:
        return every
    return tuple(Promise(each.name, False, f"rooms do not start here ({starts}); {SETUP}") for each in every)


def _other(users: tuple[RoomUser, ...]) -> bool:
    return users[0].standing is not Standing.SAME


def _own_user(users: tuple[RoomUser, ...]) -> Promise:
    how = {
        Standing.OWN: f"a system user for each workspace, {len(users)} of them, never two at work with the same",
        Standing.SHARED: f"all rooms run as nobody, so only the walls keep them apart; {SETUP}",
        Standing.SAME: "rooms run as the gateway's own user, so only the walls keep them in; start the supervisor",
    }[users[0].standing]
    return Promise("own user", users[0].standing is Standing.OWN, how)


def _memory(groups: Groups) -> Promise:
    if groups.kind == "none":
        how = "resource limit on each process's private data, not on their sum: no writable control group"
        return Promise("memory of the run", False, how)
    return Promise("memory of the run", True, f"control group ({groups.kind}), shared memory and /tmp included")


def _processes(users: tuple[RoomUser, ...], groups: Groups) -> Promise:
    if groups.kind != "none":
        return Promise("number of processes", True, f"control group ({groups.kind})")
    own = users[0].standing is Standing.OWN
    how = "resource limit of its own user" if own else "resource limit, counted with the user's other processes"
    return Promise("number of processes", own, how)


def _disk() -> Promise:
    return Promise(
        "disk quota",
        False,
        "looked at every half second, unlinked files too, and the run ended when over; hard for one file",
    )


def _system_calls() -> Promise:
    if filter_program() is None:
        return Promise("system calls", False, f"libseccomp2 is not installed; {SETUP}")
    return Promise("system calls", True, "ptrace, mount, namespaces, io_uring, vsock and other families are refused")


@cache
def filter_program() -> bytes | None:
    """The seccomp program, or None where the library is missing."""
    try:
        from workspaces.rooms import seccomp
    except (ImportError, RuntimeError, OSError):
        return None
    return seccomp.program()


@cache
def can_stage() -> bool:
    """Whether this process may make mounts that only its child sees (root may, except in some containers)."""
    if os.geteuid() != 0:
        return False
    trial = ("/usr/bin/unshare", "--mount", "--propagation", "private", "--", "/bin/true")
    return subprocess.run(trial, capture_output=True, check=False).returncode == 0  # noqa: S603


def why_rooms_do_not_start() -> str | None:
    """Try the smallest room; None when it works."""
    if not os.access(bubblewrap.PROGRAM, os.X_OK):
        return "bubblewrap is not installed"
    bare = ("--unshare-user", "--unshare-pid", "--unshare-net", "--disable-userns", "--ro-bind", "/", "/")
    drop = ("/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--") if os.geteuid() == 0 else ()
    trial = (*drop, bubblewrap.PROGRAM, *bare, "--", "/bin/true")
    done = subprocess.run(trial, capture_output=True, check=False, env={}, text=True)  # noqa: S603
    return None if done.returncode == 0 else done.stderr.strip()[:200]
