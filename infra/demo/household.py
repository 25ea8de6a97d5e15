"""Who runs what in a demonstration that root starts after ./run setup.

Only the room supervisor stays root. Everything else runs as the gateway's user, where the demonstration's folder is
this user's (or new, so that it can be given to it) and the checkout can be read by everybody.
"""

import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from infra.rooms.environment import room_environment
from workspaces.catalogue.errors import Invalid
from workspaces.rooms.supervisor import GATEWAY_USER
from workspaces.rooms.users import STATE, Standing, pool

START_SECONDS = 20
# What the gateway's user must be able to do: import, write the folder (the first argument), read the other folders.
TRIAL = """
import os, pathlib, sys
import click, infra.demo.place
os.access(sys.argv[1], os.R_OK | os.W_OK | os.X_OK) or sys.exit(1)
every = (path for name in sys.argv[2:] for path in (pathlib.Path(name), *pathlib.Path(name).rglob("*")))
all(os.access(path, os.R_OK) for path in every) or sys.exit(1)
"""


def why_not_the_gateway_user(folder: Path, data: Path | None) -> str | None:
    """None if the gateway can run as its own user here, else why not. A new or empty folder is given to that user."""
    if os.geteuid() != 0:
        return "only root can start it as another user"
    try:
        user = pwd.getpwnam(GATEWAY_USER)
    except KeyError:
        return f"there is no user {GATEWAY_USER}: run ./run setup"
    if pool()[0].standing is not Standing.OWN:
        return "there are no users for rooms: run ./run setup"
    owner = _adopt(folder, user)
    if owner != user.pw_uid:
        return f"{folder} belongs to another user: name a new folder with --dir"
    if not _tried(user, folder, data):
        _give_back(folder)
        return f"{GATEWAY_USER} cannot read the programs, the folder or the data where they lie: put them elsewhere"
    return None


def _adopt(folder: Path, user: pwd.struct_passwd) -> int:
    """The folder's owner, after giving it to the user if it is root's and has nothing in it yet."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    if folder.stat().st_uid == 0 and not any(folder.iterdir()):
        os.chown(folder, user.pw_uid, user.pw_gid)
    return folder.stat().st_uid


def _give_back(folder: Path) -> None:
    if not any(folder.iterdir()):
        os.chown(folder, 0, 0)


def _tried(user: pwd.struct_passwd, folder: Path, data: Path | None) -> bool:
    names = [str(folder), *([str(data)] if data else [])]
    try:
        return _as(user, [sys.executable, "-c", TRIAL, *names], quiet=True).wait() == 0
    except OSError:  # the very interpreter lies where the user may not go
        return False


def _as(user: pwd.struct_passwd, command: Sequence[str], *, quiet: bool = False) -> "subprocess.Popen[bytes]":
    silent = subprocess.DEVNULL if quiet else None
    return subprocess.Popen(  # noqa: S603 - our own commands
        command,
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        cwd="/",
        env=os.environ | {"HOME": "/nonexistent"},
        stdin=subprocess.DEVNULL,
        stdout=silent,
        stderr=silent,
    )


def run_as_gateway_user(arguments: Sequence[str], *, folder: Path) -> int:
    """The demonstration as the gateway's user, its rooms by a supervisor beside it; answers the exit code."""
    environment = room_environment(folder)
    with supervisor(folder / "state", environment) as address:
        rooms = ["--rooms-socket", str(address)]
        if environment is not None:
            rooms += ["--room-environment", str(environment)]
        command = [sys.executable, "-m", "gateway.cli.main", "demo", *arguments, *rooms]
        child = _as(pwd.getpwnam(GATEWAY_USER), command)
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:  # the terminal has told the child as well
                continue


@contextmanager
def supervisor(state: Path, environment: Path | None) -> Iterator[Path]:
    """A room supervisor for the gateway's user; yields its socket. It ends with this block."""
    STATE.mkdir(mode=0o711, parents=True, exist_ok=True)
    address = STATE / f"demo-{os.getpid()}.sock"
    command = [sys.executable, "-m", "workspaces.rooms.supervisor", "--gateway-user", GATEWAY_USER]
    command += ["--socket", str(address), "--roots", str(state)]
    command += ["--environments", str(environment.parent if environment else "/usr")]
    with (STATE / "demo.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    try:
        _wait_for(address, process)
        yield address
    finally:
        process.terminate()
        process.wait()


def _wait_for(address: Path, process: "subprocess.Popen[bytes]") -> None:
    ends = time.monotonic() + START_SECONDS
    while not address.exists():
        if process.poll() is not None or time.monotonic() > ends:
            raise Invalid("demo:no_supervisor", "The room supervisor did not start.", f"Read {STATE / 'demo.log'}.")
        time.sleep(0.05)
