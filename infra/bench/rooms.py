"""`bench rooms`: what the walls of a room cost, beside the same program without them.

A start is a program that does nothing; a job does a fixed amount of arithmetic in the room's own Python. Ours takes the
whole of a run as the gateway has it: folders handed over, a control group, logs written. It alternates with the
reference, the same program started as a bare process.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from infra.bench.releases import alternating
from infra.bench.report import Measure, measure
from infra.rooms.environment import room_environment
from workspaces.rooms.base import PROCESSORS, Ended, Limits, RoomDriver, RoomPlan
from workspaces.rooms.limits import Groups
from workspaces.rooms.local import LocalRooms

START_S, JOB_BAR = 0.025, 1.05
NOTHING = ("/usr/bin/true",)
SCRIPT = """
import sys
total = 0
for number in range(int(sys.argv[1])):
    total += number * number % 7
print(total)
"""
TRIAL = 3_000_000  # turns of the script's loop, to see how fast this machine is
VARIABLES: Mapping[str, str] = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": str(PROCESSORS),
    "OPENBLAS_NUM_THREADS": str(PROCESSORS),
}


@dataclass(frozen=True)
class Place:
    """Folders that a room may be given, and a driver."""

    base: Path
    environment: Path
    rooms: RoomDriver

    def plan(self, key: str, *command: str, limits: Limits | None = None) -> RoomPlan:
        """A room of its own, its folders made where they are not there yet."""
        snapshot, workspace = self.base / key / "snapshot", self.base / key / "workspace"
        for folder in (snapshot, workspace / "code"):
            folder.mkdir(parents=True, exist_ok=True)
        return RoomPlan(
            room_key=key,
            snapshot=snapshot,
            workspace=workspace,
            command=command,
            environment=self.environment,
            limits=limits or Limits(),
        )

    def run(self, plan: RoomPlan) -> None:
        """To its good end."""
        result = self.rooms.run(plan)
        if result.ended is not Ended.FINISHED or result.exit_code:
            raise RuntimeError(f"a room of the benchmark ended badly: {result}")


@contextmanager
def place(environment: Path) -> Iterator[Place]:
    """Somewhere that room users come to; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="tre-bench-") as name:
        base = Path(name).resolve()
        base.chmod(0o711)
        yield Place(base, environment, LocalRooms())


def made(*extra: str) -> Path:
    """The Python of rooms, made at its first use."""
    environment = room_environment(Path(tempfile.gettempdir()), *extra)
    if environment is None:
        raise RuntimeError("the environment of rooms cannot be made: see above")
    return environment


def bare(*command: str) -> None:
    """The same program as a process of its own, its output read."""
    subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, env=VARIABLES, check=True)  # noqa: S603


def measures(here: Place, *, rounds: int, starts: int, job_seconds: float) -> Iterator[Measure]:
    """How long a start takes, and a job."""
    yield from _starts(here, starts)
    yield _job(here, rounds, job_seconds)


def _starts(here: Place, starts: int) -> Iterator[Measure]:
    nothing = here.plan("start", *NOTHING)
    ungrouped = replace(here, rooms=LocalRooms(groups=Groups("none")))
    ours, without, other = alternating(
        starts, lambda: here.run(nothing), lambda: ungrouped.run(nothing), lambda: bare(*NOTHING)
    )
    yield measure("bar", "start over a bare process", ours - other, "25 ms", START_S, 1.0)
    yield measure("info", "start of a room", ours, "a bare process", other)
    yield measure("info", "start of a room", ours, "without a control group", without)


def _job(here: Place, rounds: int, seconds: float) -> Measure:
    plan = here.plan("job", "python3", "-I", "/workspace/code/script.py", "TURNS")
    script = plan.workspace / "code" / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    python = os.fspath(here.environment / "bin" / "python3")
    begun = perf_counter()
    bare(python, "-I", str(script), str(TRIAL))
    turns = str(max(1, int(TRIAL * seconds / (perf_counter() - begun))))
    timed = replace(plan, command=(*plan.command[:-1], turns))
    ours, other = alternating(rounds, lambda: here.run(timed), lambda: bare(python, "-I", str(script), turns))
    return measure("bar", f"a job of {seconds:g} s", ours, "the same script outside", other, JOB_BAR)
