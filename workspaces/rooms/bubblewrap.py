"""The walls of a room: which bubblewrap options a plan turns into, and the chain of programs that starts it.

The parts are named, so that a test can leave one out and show what it stops.
Order matters to bubblewrap: what comes later lies over what came before.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from workspaces.catalogue.errors import Invalid
from workspaces.rooms.base import PROCESSORS, RoomPlan
from workspaces.rooms.limits import MIB
from workspaces.rooms.users import RoomUser, Standing

PROGRAM = "/usr/bin/bwrap"
USER_INSIDE = "1000"  # what every room sees as its own uid, whichever it is outside
HOME = "/home/researcher"
DOOR = "/run/room"
SHM_MIB, HOME_MIB = 64, 16
# bubblewrap stays in the room as process 1 and its environment can be read there: it gets nothing of the gateway's.
STARTING_ENVIRONMENT = {"PATH": "/usr/bin:/bin"}

# The only files of /etc besides a few harmless ones of the machine.
ETC: Mapping[str, bytes] = {
    "/etc/passwd": b"researcher:x:1000:1000::/home/researcher:/bin/sh\nnobody:x:65534:65534::/:/usr/sbin/nologin\n",
    "/etc/group": b"researcher:x:1000:\nnogroup:x:65534:\n",
    "/etc/hosts": b"127.0.0.1 localhost\n::1 localhost\n",
    "/etc/nsswitch.conf": b"passwd: files\ngroup: files\nhosts: files\n",
}
HARMLESS = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/etc/fonts", "/etc/mime.types")
SYSTEM = ("bin", "lib", "lib32", "lib64", "libx32", "sbin")

# Joins the control groups, offers itself first when the machine runs out of memory, lays the mounts that it reads from
# its input, then becomes the rest of the chain (same process id throughout). Where it has a mount namespace of its own:
# the folders are put where the room's user can reach them, though it may not reach the places they come from. What was
# mounted must be the very folders that were looked at before (device and inode), so a name swapped meanwhile ends the
# run. The mounts go with the last process. Every program started here is a millisecond of each run.
BEGIN = (
    "set -eu; echo 1000 >/proc/self/oom_score_adj; "
    'while [ "$1" != -- ]; do echo 0 >"$1"; shift; done; shift; if [ "$1" != -- ]; then cd "$1"; shift; '
    'said=$(mount --all --fstab /dev/stdin 2>&1) || { echo "$said" >&2; exit 1; }; is=$1; shift; '
    'names=""; while [ "$1" != -- ]; do names="$names $1"; shift; done; '
    '[ "$(stat -c %d:%i $names)" = "$is" ]; cd /; fi; shift; exec "$@" </dev/null'
)


@dataclass(frozen=True)
class Part:
    """One protection or fixture and the options that make it."""

    name: str
    options: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where the bound folders are for bubblewrap."""

    data: str
    workspace: str
    environment: str
    code: str | None = None  # None: the workspace has no code folder
    door: str | None = None  # None: nothing in the room is reached from outside


@dataclass(frozen=True)
class Folder:
    """A folder that was opened and looked at: its path and its device and inode as `stat -c %d:%i` prints them."""

    path: Path
    identity: str


@dataclass(frozen=True)
class Stage:
    """Where folders are put before bubblewrap starts: a folder with an empty one of each name, and what goes there."""

    point: Path
    folders: Mapping[str, Folder]

    @property
    def mounts(self) -> bytes:
        """The lines of mount(8)'s table."""
        lines = (
            f"{_escaped(folder.path)} {_escaped(self.point / name)} none bind 0 0\n"
            for name, folder in self.folders.items()
        )
        return "".join(lines).encode()


def _escaped(path: Path) -> str:
    """As it stands in a table of mounts; a backslash first, as the others bring more of them."""
    text = str(path)
    for character in "\\ \t\n#":
        text = text.replace(character, f"\\{ord(character):03o}")
    return text


def parts(
    plan: RoomPlan, sources: Sources, *, data: Callable[[bytes], int], filter_program: bytes | None
) -> list[Part]:
    """The walls of this plan. `data` keeps bytes behind a file descriptor that bubblewrap inherits."""
    return [
        *_namespaces(),
        *_root_folder(data),
        *_no_local_software(plan.environment),
        Part("proc", ("--proc", "/proc")),
        Part("dev", ("--dev", "/dev")),
        Part("shm size", _tmpfs("/dev/shm", SHM_MIB)),  # noqa: S108
        Part("tmp size", _tmpfs("/tmp", plan.limits.tmp_mib)),  # noqa: S108
        Part("home size", (*_tmpfs("/home", HOME_MIB), "--dir", HOME)),
        Part("environment", ("--ro-bind", sources.environment, "/environment")),
        Part("snapshot read-only", ("--ro-bind", sources.data, "/data")),
        Part("workspace", ("--bind", sources.workspace, "/workspace", "--chdir", "/workspace")),
        *([Part("code read-only", ("--ro-bind", sources.code, "/workspace/code"))] if sources.code else []),
        *([Part("door", ("--bind", sources.door, DOOR))] if sources.door else []),
        Part("root read-only", ("--remount-ro", "/dev", "--remount-ro", "/")),
        *([Part("seccomp", ("--seccomp", str(data(filter_program))))] if filter_program else []),
        Part("clear environment", ("--clearenv",)),
        Part("variables", tuple(word for pair in variables(plan).items() for word in ("--setenv", *pair))),
    ]


def _namespaces() -> Iterable[Part]:
    yield Part("user", ("--unshare-user", "--uid", USER_INSIDE, "--gid", USER_INSIDE))
    yield Part("no nested user", ("--disable-userns", "--assert-userns-disabled"))
    yield Part("ipc", ("--unshare-ipc",))
    yield Part("pid", ("--unshare-pid",))
    yield Part("network", ("--unshare-net",))
    yield Part("uts", ("--unshare-uts", "--hostname", "room"))
    yield Part("cgroup", ("--unshare-cgroup",))
    yield Part("die with parent", ("--die-with-parent",))
    yield Part("new session", ("--new-session",))
    yield Part("no capabilities", ("--cap-drop", "ALL"))


def _root_folder(data: Callable[[bytes], int]) -> Iterable[Part]:
    """Built from nothing; of the machine only /usr and what the loader, the clock and fonts need."""
    yield Part("usr", ("--ro-bind", "/usr", "/usr"))
    for path in (Path("/", name) for name in SYSTEM):
        if path.is_symlink():
            yield Part("usr", ("--symlink", os.readlink(path), str(path)))
        elif path.is_dir():
            yield Part("usr", ("--ro-bind", str(path), str(path)))
    for name in HARMLESS:
        yield Part("etc", ("--ro-bind-try", name, name))
    for name, content in ETC.items():
        yield Part("etc", ("--perms", "0444", "--ro-bind-data", str(data(content)), name))


def _no_local_software(environment: Path) -> Iterable[Part]:
    """What this machine's administrator installed by hand is nothing for a room, unless its Python is from there."""
    if not (environment / "bin" / "python3").resolve().is_relative_to("/usr/local"):
        yield Part("no local software", (*_tmpfs("/usr/local", 1), "--remount-ro", "/usr/local"))


def _tmpfs(where: str, mib: int) -> tuple[str, ...]:
    return ("--size", str(mib * MIB), "--perms", "1777", "--tmpfs", where)


def variables(plan: RoomPlan) -> Mapping[str, str]:
    """All that a program in a room has for an environment."""
    threads = str(PROCESSORS)
    return {
        **dict(plan.variables),
        "PATH": "/environment/bin:/usr/bin:/bin",
        "HOME": HOME,
        "LANG": "C.UTF-8",
        "TMPDIR": "/tmp",  # noqa: S108
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
    }


def options(walls: Iterable[Part]) -> bytes:
    """The options as `bwrap --args FD` reads them: kept off the command line, which the room can read."""
    return b"".join(word.encode() + b"\0" for part in walls for word in part.options)


def chain(
    *,
    joins: tuple[str, ...],
    stage: Stage | None,
    limits: Mapping[str, int],
    user: RoomUser,
    arguments: int,
    command: tuple[str, ...],
) -> list[str]:
    """The command line from the gateway's process to the researcher's program, each step becoming the next."""
    own_mounts = ("/usr/bin/unshare", "--mount", "--propagation", "private", "--") if stage else ()
    return [
        *own_mounts,
        *("/bin/sh", "-c", BEGIN, "room", *joins, "--", *_staging(stage), "--"),
        *("/usr/bin/prlimit", *(f"--{name}={value}:{value}" for name, value in limits.items()), "--"),
        *_becoming(user),
        *(PROGRAM, "--args", str(arguments), "--", *command),
    ]


def _staging(stage: Stage | None) -> tuple[str, ...]:
    """The words of BEGIN: the place, what must lie there, and its names."""
    if stage is None:
        return ()
    return (str(stage.point), "\n".join(folder.identity for folder in stage.folders.values()), *stage.folders)


def _becoming(user: RoomUser) -> tuple[str, ...]:
    """As root: give up every identity for good. Otherwise the room runs as whoever started it."""
    if os.geteuid() != 0:
        return ()
    if user.standing is Standing.SAME:
        raise Invalid("room:root", "A room would run as root.", "Run ./run setup.")
    groups = ("--clear-groups",) if user.reading_gid == user.gid else ("--groups", str(user.reading_gid))
    identity = ("--reuid", str(user.uid), "--regid", str(user.gid), *groups, "--inh-caps=-all", "--no-new-privs")
    return ("/usr/bin/setpriv", *identity, "--")
