"""The notebooks of `bench rooms`: how soon one answers, what an idle one weighs, and very many at once.

Memory is the proportional share of each process of a room (PSS), so that pages shared with others count once in all.
Root may read it of everybody; another user sees its own processes only, as which rooms then run.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from time import perf_counter

from infra.bench.report import Measure, measure
from infra.bench.rooms import VARIABLES, Place
from workspaces.catalogue.errors import Invalid
from workspaces.rooms import doors, notebooks
from workspaces.rooms.base import RoomPlan
from workspaces.rooms.local import LocalRooms

READY_BAR, IDLE_MB, MANY_SECONDS, MANY_GIB, AT_ONCE = 1.3, 130, 300, 8, 4
TOKEN, PATIENCE, LOOK_SECONDS = "benchmark", 300.0, 0.02
MB = 1_000_000


class _Connection(http.client.HTTPConnection):
    """HTTP to a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(self._path))


def ask(door: Path, path: str, method: str = "GET") -> object:
    """What the notebook at that socket answers; OSError while it does not."""
    connection = _Connection(door)
    try:
        connection.request(method, path, headers={"Authorization": f"token {TOKEN}"})
        answer = connection.getresponse()
        said = answer.read()
        if answer.status >= http.client.BAD_REQUEST:
            raise OSError(f"answered {answer.status}")
        return json.loads(said)
    except http.client.HTTPException as why:
        raise OSError(str(why)) from why
    finally:
        connection.close()


def until_ready(door: Path, alive: Callable[[], bool]) -> None:
    """Wait until it answers."""
    ends = perf_counter() + PATIENCE
    while perf_counter() < ends and alive():
        with suppress(OSError):
            ask(door, "/api/status")
            return
        time.sleep(LOOK_SECONDS)
    raise RuntimeError("a notebook of the benchmark did not answer")


@dataclass(frozen=True)
class Notebooks:
    """Notebooks in rooms, by number."""

    here: Place

    def plan(self, number: int) -> RoomPlan:
        """One with a workspace and a door of its own."""
        plan = self.here.plan(f"notebook-{number}", *notebooks.COMMAND, limits=notebooks.LIMITS)
        door = plan.workspace.parent / "door" / "inside"
        door.mkdir(parents=True, exist_ok=True)
        return replace(plan, door=door, variables=notebooks.variables(TOKEN))

    def open(self, number: int) -> Path:
        """Start it and wait until it answers; gives its socket."""
        plan, rooms = self.plan(number), self.here.rooms
        assert plan.door is not None  # noqa: S101 - by plan()
        rooms.start(plan.room_key, plan)
        until_ready(doors.outside(plan.door), lambda: rooms.status(plan.room_key).at_work)  # type: ignore[union-attr]
        return doors.outside(plan.door)

    def close_all(self) -> None:
        """End them, and wait for it."""
        for name in self.here.rooms.at_work():
            self.here.rooms.stop(name)
        for name in self.here.rooms.at_work():
            with suppress(Invalid):
                self.here.rooms.wait(name)


@contextmanager
def bare_notebook(environment: Path) -> Iterator[Path]:
    """The same JupyterLab without a room; gives its socket."""
    with tempfile.TemporaryDirectory(prefix="tre-lab-") as name, ExitStack() as ends:
        base, door = Path(name), Path(name, "s")
        said = {"/workspace": name, str(doors.INSIDE): str(door), "/tmp/jupyter": f"{name}/jupyter"}  # noqa: S108

        def here(text: str) -> str:
            for inside, outside in said.items():
                text = text.replace(inside, outside)
            return text

        command = [str(environment / "bin" / "python3"), *(here(word) for word in notebooks.COMMAND[1:])]
        command += ["--ServerApp.allow_root=True"] * (os.geteuid() == 0)
        variables = {key: here(value) for key, value in notebooks.variables(TOKEN)}
        process = subprocess.Popen(  # noqa: S603
            command,
            env={**VARIABLES, "HOME": name, **variables},
            cwd=base,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        ends.callback(process.wait)
        ends.callback(os.killpg, process.pid, signal.SIGKILL)
        until_ready(door, lambda: process.poll() is None)
        yield door


def measures(here: Place, *, rounds: int, many: int) -> Iterator[Measure]:
    """One notebook beside a bare one, its memory, and many."""
    ours, other, weights = [], [], []
    warm = min(1, rounds - 1)  # turns that do not count
    for _ in range(warm + rounds):
        begun = perf_counter()
        with bare_notebook(here.environment):
            other.append(perf_counter() - begun)
        alone = Notebooks(replace(here, rooms=LocalRooms()))
        begun = perf_counter()
        door = alone.open(0)
        ours.append(perf_counter() - begun)
        weights.append(_idle(door, here.base))
        alone.close_all()
    yield measure("bar", "JupyterLab ready", median(ours[warm:]), "the same, bare", median(other[warm:]), READY_BAR)
    yield measure("bar", "an idle notebook: MB (PSS)", median(weights) / MB, f"{IDLE_MB} MB", IDLE_MB, 1.0)
    yield from _many(here, many)


def _idle(door: Path, base: Path) -> int:
    """Bytes of a notebook with one kernel that has nothing to do."""
    ask(door, "/api/kernels", "POST")
    ends = perf_counter() + PATIENCE
    while perf_counter() < ends:
        kernels = ask(door, "/api/kernels")
        if isinstance(kernels, list) and kernels and kernels[0]["execution_state"] in {"idle", "starting"}:
            break
        time.sleep(LOOK_SECONDS)
    time.sleep(1)
    return pss(base)


def _many(here: Place, many: int) -> Iterator[Measure]:
    every, heaviest, over = Notebooks(replace(here, rooms=LocalRooms())), [0], threading.Event()

    def weigh() -> None:
        while not over.wait(1):
            heaviest[0] = max(heaviest[0], pss(here.base))

    scales = threading.Thread(target=weigh)
    scales.start()
    try:
        begun = perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as starters:
            opened = list(starters.map(every.open, range(1, many + 1)))
        with ThreadPoolExecutor(AT_ONCE) as askers:
            list(askers.map(lambda door: ask(door, "/api/status"), opened))
        seconds = perf_counter() - begun
        heaviest[0] = max(heaviest[0], pss(here.base))
    finally:
        over.set()
        scales.join()
        every.close_all()
    yield measure("bar", f"{many} notebooks: all answer", seconds, f"{MANY_SECONDS} s", MANY_SECONDS, 1.0)
    yield measure("bar", f"{many} notebooks: GiB (PSS)", heaviest[0] / 2**30, f"{MANY_GIB} GiB", MANY_GIB, 1.0)


def pss(base: Path) -> int:
    """Bytes of all processes that see a folder below `base` as their workspace."""
    total = 0
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            if process.name.isdigit() and f"/{base.name}/" in (process / "mountinfo").read_text():
                words = (process / "smaps_rollup").read_text().split()
                total += int(words[words.index("Pss:") + 1]) * 1024
    return total
