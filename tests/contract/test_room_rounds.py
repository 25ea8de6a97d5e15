"""Rooms started, stopped and killed at random, their supervisor too: nothing of any of them is left."""

import os
import random
import signal
import subprocess
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.factories.rooms import House, groups_of, start_supervisor
from workspaces.catalogue.errors import Invalid
from workspaces.rooms.base import Ended
from workspaces.rooms.supervised import SupervisedRooms
from workspaces.rooms.users import STATE

pytestmark = pytest.mark.slow
ROUNDS = int(os.environ.get("TRE_ROOM_ROUNDS", "10"))
SEED = int(os.environ.get("TRE_SEED", "1"))
PROGRAMS = {
    "sleeper": "import time; time.sleep(60)",
    "spinner": "while True: pass",
    "forker": "import os, time\nfor _ in range(6): os.fork()\ntime.sleep(60)",
    "daemon": "import os, time\nif os.fork() == 0: os.setsid(); os.closerange(0, 9); time.sleep(60)\ntime.sleep(1)",
    "server": "import socket, time\ns = socket.socket(1); s.bind('/run/room/s'); s.listen(); time.sleep(60)",
    "leaver": "import os, socket\nos.mkfifo('p'); socket.socket(1).bind('left'); os.symlink('/', 'root')",
    "ender": "print('done')",
}


@dataclass
class Place:
    """Supervisors that come and go over one folder."""

    base: Path
    process: "subprocess.Popen[bytes] | None" = None
    starters: list[int] = field(default_factory=list)

    @property
    def address(self) -> Path:
        return self.base / "supervisor.sock"

    def begin(self) -> House:
        if self.process is None:
            self.address.unlink(missing_ok=True)
            self.process = start_supervisor(self.address, self.base)
            self.starters.append(self.process.pid)
        return House(self.base, SupervisedRooms(self.address), self.process.pid)

    def end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None

    def processes(self) -> list[str]:
        """What runs anywhere on the machine with this folder's mark in its command line, supervisors apart."""
        mark, found = self.base.name.encode(), []
        for each in Path("/proc").iterdir():
            with suppress(OSError):
                words = (each / "cmdline").read_bytes() if each.name.isdigit() else b""
                if mark in words and b"workspaces.rooms.supervisor" not in words:
                    found.append(f"{each.name} {words!r}")
        return found

    def mounts(self) -> list[str]:
        return [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if self.base.name in line]

    def files(self) -> list[str]:
        """Sockets and pipes below the folder, and doors that are still open."""
        return [str(path) for path in self.base.rglob("*") if path.is_socket() or path.is_fifo()]

    def spoilt(self) -> list[str]:
        """Rooms in whose workspaces a program has left such, as its supervisor was killed before it could look."""
        left = self.files()
        return [each.name for each in (self.base / "workspaces").iterdir() if any(f"{each}/" in path for path in left)]


@pytest.fixture
def place() -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="rounds-") as name:
        base = Path(name).resolve()
        base.chmod(0o711)
        (base / "snapshot").mkdir()
        (base / "snapshot" / "person.parquet").write_bytes(b"rows")
        venv.create(base / "environment", with_pip=False, symlinks=True)
        found = Place(base)
        yield found
        found.end(signal.SIGKILL)


def until_gone(look: "object", seconds: float = 20) -> list[str]:
    """What is still there after so long; the kernel takes a moment to end what lost its parent."""
    ends = time.monotonic() + seconds
    while (left := look()) and time.monotonic() < ends:  # type: ignore[operator]
        time.sleep(0.05)
    return list(left)


def test_nothing_is_left_of_rooms_that_were_started_stopped_and_killed(place: Place) -> None:
    dice = random.Random(SEED)  # noqa: S311 - which order, no secret
    done = {"stop": 0, "wait": 0, "kill the supervisor": 0, "end the supervisor": 0, "kill the starter": 0}
    for number in range(ROUNDS):
        house = place.begin()
        keys = [f"r{number}-{each}" for each in range(dice.randint(1, 3))]
        for key in keys:
            begin(house, key, dice.choice(sorted(PROGRAMS)))
        time.sleep(dice.choice((0, 0.02, 0.2, 0.7)))
        what = dice.choice(sorted(done)) if number >= len(done) else sorted(done)[number]
        done[what] += 1
        act(place, house, keys, what)
    place.end(signal.SIGTERM)
    house = place.begin()  # what a killed one could not take away the next one does
    for key in place.spoilt():
        assert house.run(key, PROGRAMS["ender"]).ended is Ended.FINISHED, "its workspace may be used again"
    place.end(signal.SIGTERM)
    assert until_gone(place.processes) == []
    assert until_gone(place.mounts, 1) == []
    assert place.files() == []
    assert [group for pid in place.starters for group in groups_of(pid)] == []
    assert [path for folder in (STATE / "stage").glob("*") for path in folder.iterdir()] == []
    assert all(done.values())


def begin(house: House, key: str, kind: str) -> None:
    plan = house.plan(key, PROGRAMS[kind], words=(house.base.name,))
    door = house.base / "doors" / key / "inside"
    door.mkdir(parents=True)
    house.driver.start(key, replace(plan, door=door))


def act(place: Place, house: House, keys: list[str], what: str) -> None:
    """One thing that may happen to rooms; afterwards none of them is at work."""
    if what in ("kill the supervisor", "end the supervisor"):
        place.end(signal.SIGKILL if what.startswith("kill") else signal.SIGTERM)
        return
    if what == "kill the starter":
        for starter in starters(house.starter):
            with suppress(ProcessLookupError):
                os.kill(starter, signal.SIGKILL)
    for key in keys:
        if what != "wait" or not ends_by_itself(house, key):
            while (sitting := house.driver.status(key)) is not None and sitting.at_work:
                house.driver.stop(key)
                time.sleep(0.02)
        with suppress(Invalid):  # refused, as all users were at work
            house.driver.wait(key)


def ends_by_itself(house: House, key: str) -> bool:
    script = (house.base / "workspaces" / key / "code" / "script.py").read_text()
    return script in (PROGRAMS["leaver"], PROGRAMS["ender"], PROGRAMS["daemon"])


def starters(process: int) -> list[int]:
    """The children of a process: each the start of a room, or bubblewrap already."""
    with suppress(OSError):
        return [
            int(child)
            for task in Path(f"/proc/{process}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    return []
