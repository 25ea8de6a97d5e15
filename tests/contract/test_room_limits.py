"""The bounds of a run, and its end: what wears a limit out is stopped, and gets further where the limit is left out."""

import os
import resource
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.factories.rooms import SMALL, House, contents, groups_of, kept, start_supervisor, without
from workspaces.catalogue.errors import Invalid
from workspaces.rooms import disk, limits
from workspaces.rooms.base import Ended
from workspaces.rooms.limits import Groups
from workspaces.rooms.local import LocalRooms
from workspaces.rooms.supervised import SupervisedRooms

HOARDER = """
import os, time
if os.fork() == 0:  # the second process: the sum counts, not each
    second = bytearray(b"x" * (170 << 20)); time.sleep(5); os._exit(0)
first = bytearray(b"x" * (170 << 20)); os.wait(); print("both fitted")
"""
FORKER = """
import os, time
made = 0
try:
    for made in range(400):
        if os.fork() == 0:
            time.sleep(3); os._exit(0)
except OSError:
    pass
print(made)
"""
BIG_FILE = """
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
written = 0
try:
    with open("/workspace/big", "wb", buffering=0) as file:
        for _ in range(12):
            written += file.write(b"x" * (1 << 20))
except OSError:
    pass
import os
os.unlink("/workspace/big")
print(written >> 20)
"""
MANY_FILES = """
import time
for number in range(40):
    with open(f"/workspace/part{number}", "wb") as file:
        file.write(b"x" * (1 << 20))
time.sleep(60)
"""
UNLINKED_FILES = """
import os, time
kept = []
for number in range(7):
    kept.append(open(f"/workspace/part{number}", "wb"))
    os.unlink(f"/workspace/part{number}")
    kept[-1].write(b"x" * (7 << 20)); kept[-1].flush()
time.sleep(60)
"""
MAPPED_FILES = """
import mmap, os, time
kept = []
for number in range(7):
    with open(f"/workspace/part{number}", "w+b") as file:
        os.unlink(f"/workspace/part{number}")
        file.truncate(7 << 20)
        kept.append(mmap.mmap(file.fileno(), 7 << 20))  # duplicates the descriptor
    kept[-1][:] = b"x" * (7 << 20)
os.closerange(3, 1024)
time.sleep(60)
"""
FLOOD = """
import sys
for _ in range(20): sys.stdout.write("x" * (1 << 20)); sys.stderr.write("y" * (1 << 20))
"""
BEATING = """
import time
for _ in range(400):
    with open("/workspace/beat", "a") as file: file.write("x")
    time.sleep(0.05)
"""
DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 3)
        for beat in range(200):
            with open("/workspace/beat", "a") as file: file.write("x")
            time.sleep(0.05)
    os._exit(0)
time.sleep(0.4)
"""


def test_memory_counts_for_all_processes_together(house: House) -> None:
    result = house.run("memory", HOARDER)
    if kept(house, "memory of the run"):
        assert result.ended is Ended.KILLED or "both fitted" not in house.output("memory")
    result = house.run("memory", "b = bytearray(b'x' * (300 << 20)); print('fitted')")
    assert "fitted" not in house.output("memory")
    assert result.exit_code != 0


def test_processes_are_bounded(house: House) -> None:
    house.run("forks", FORKER)
    slack = 0 if kept(house, "number of processes") else SMALL.processes  # others of the user count, come and go
    assert 0 < int(house.output("forks")) <= SMALL.processes + slack


def test_file_size_is_bounded(house: House) -> None:
    house.run("big-file", BIG_FILE)
    assert int(house.output("big-file")) == SMALL.file_mib


@pytest.mark.parametrize(
    ("key", "program"), [("named", MANY_FILES), ("unlinked", UNLINKED_FILES), ("mapped", MAPPED_FILES)]
)
def test_disk_is_bounded(house: House, key: str, program: str) -> None:
    assert house.run(key, program).ended is Ended.KILLED  # the program sleeps on, the clock would end it as TIMED_OUT


def test_number_of_files_is_bounded(house: House) -> None:
    program = "import time\nfor n in range(600): open(f'/workspace/{n}', 'w').close()\ntime.sleep(60)"
    assert house.run("files", program).ended is Ended.KILLED


def test_logs_are_cut(house: House) -> None:
    assert house.run("flood", FLOOD).ended is Ended.FINISHED
    for name in ("stdout", "stderr"):
        log = house.output("flood", name)
        assert SMALL.log_kib << 10 <= len(log) < (SMALL.log_kib << 10) + 200
        assert "left out" in log


@pytest.mark.slow
def test_two_gigabytes_of_log_take_neither_memory_nor_disk(base: Path) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    program = "import os\nblock = b'x' * (1 << 20)\nfor _ in range(2048): os.write(1, block)\nos.write(2, b'said')"
    house = House(base, LocalRooms())
    assert house.run("chatter", program).ended is Ended.FINISHED
    assert len(house.output("chatter")) < (SMALL.log_kib << 10) + 200
    assert house.output("chatter", "stderr") == "said"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used < 100 << 10  # KiB


def test_time_is_bounded(house: House) -> None:
    result = house.run("sleeper", "import time; time.sleep(60)", limits=replace(SMALL, seconds=1))
    assert result.ended is Ended.TIMED_OUT
    assert result.exit_code is None
    assert 1 <= result.seconds < 9


def test_processor_time_is_bounded(house: House) -> None:
    result = house.run("spinner", "while True: pass", limits=replace(SMALL, cpu_seconds=1))
    assert result.ended is Ended.KILLED
    assert result.seconds < 15


WORN_OUT = {
    # what wears a limit out -> the program, what it prints (or how it ends) within the limit, and without it
    "nproc": (FORKER, range(1, 2 * SMALL.processes), range(2 * SMALL.processes, 401)),
    "fsize": (BIG_FILE, [SMALL.file_mib], [12]),
    "data": ("b = bytearray(b'x' * (300 << 20)); print(1)", [], [1]),
}


@pytest.mark.parametrize("name", WORN_OUT)
def test_a_limit_left_out_is_worn_out(name: str, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each resource limit is what stops its attack, where there is no control group to do it."""
    program, within, beyond = WORN_OUT[name]

    def printed() -> int | None:
        House(base, LocalRooms(groups=Groups("none"))).run("worn-out", program)
        output = (base / "workspaces" / "worn-out" / "logs" / "stdout.txt").read_text()
        return int(output) if output else None

    assert printed() in [*within, *([None] if not within else [])]
    whole = limits.resource_limits
    monkeypatch.setattr(
        limits, "resource_limits", lambda *args, **words: {k: v for k, v in whole(*args, **words).items() if k != name}
    )
    assert printed() in beyond


@pytest.mark.parametrize("program", [MANY_FILES, UNLINKED_FILES, MAPPED_FILES])
def test_without_a_look_at_the_disk_it_fills(base: Path, program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "over", lambda *_, **__: False)
    result = House(base, LocalRooms()).run("filler", program, limits=replace(SMALL, seconds=2))
    assert result.ended is Ended.TIMED_OUT


def test_without_a_process_namespace_something_outlives_the_run(base: Path) -> None:
    rooms = without("pid, proc")
    rooms._groups = Groups("none")  # the control group would find it as well
    House(base, rooms).run("daemon", DAEMON)
    beat = base / "workspaces" / "daemon" / "beat"
    first = beat.read_text()
    time.sleep(0.3)
    assert len(beat.read_text()) > len(first)


def test_nothing_outlives_the_run(house: House) -> None:
    house.run("daemon", DAEMON)
    beat = house.base / "workspaces" / "daemon" / "beat"
    first = beat.read_text()
    time.sleep(0.3)
    assert len(first) > 1
    assert beat.read_text() == first


def test_a_run_ends_as_its_program_does(house: House) -> None:
    assert house.run("fine", "print('fine')").exit_code == 0
    assert house.output("fine") == "fine\n"
    result = house.run("wrong", "import sys; sys.exit(3)")
    assert (result.exit_code, result.ended) == (3, Ended.FINISHED)
    plan = replace(house.plan("no-program", ""), command=("/usr/bin/no-such-program",))
    assert house.driver.run(plan).ended is Ended.FAILED_TO_START


def test_a_killed_supervisor_takes_its_rooms_with_it(base: Path) -> None:
    address, beat = base / "killed.sock", base / "workspaces" / "orphan" / "beat"
    with start_supervisor(address, base) as process, ThreadPoolExecutor(1) as threads:
        run = threads.submit(House(base, SupervisedRooms(address)).run, "orphan", BEATING)
        while not beat.exists():
            time.sleep(0.05)
        process.kill()
        assert run.result().ended is Ended.KILLED
    time.sleep(0.2)
    LocalRooms()  # the next start sweeps away the control group
    assert groups_of(process.pid) == []
    last = beat.read_text()
    time.sleep(0.3)
    assert beat.read_text() == last


def test_stop_ends_a_run(house: House) -> None:
    threading.Timer(0.5, lambda: house.driver.stop("stopped")).start()
    result = house.run("stopped", "import time; time.sleep(60)")
    assert result.ended is Ended.KILLED
    assert result.seconds < 9
    assert not house.driver.stop("stopped")


def test_a_room_is_gone_at_whatever_moment_it_is_stopped(base: Path) -> None:
    """Also while it is being made, when its process 1 is not yet bound to the life of its starter."""
    rooms = LocalRooms(groups=Groups("none"))  # a control group would find what is left
    house = House(base, rooms)
    mark = f"hurried-{os.getpid()}"  # on the command line of bubblewrap and of the program
    many = replace(SMALL, processes=500)  # what is dead counts for its user until the machine's first process sees it
    plan = house.plan("hurried", "import time; time.sleep(60)", words=(mark,), limits=many)
    for pause in range(60):
        with ThreadPoolExecutor(1) as threads:
            run = threads.submit(rooms.run, plan)
            while "hurried" not in rooms._at_work:
                time.sleep(0.0005)
            time.sleep(pause / 2000)
            rooms.stop("hurried")
            assert run.result().ended is Ended.KILLED
            assert run.result().seconds < 9  # not after the patience for a last process
    patience = time.monotonic() + 5
    while left := [p for p in Path("/proc").glob("[0-9]*/cmdline") if mark.encode() in contents(p)]:
        assert time.monotonic() < patience, left


def test_a_room_runs_one_program_at_a_time(house: House) -> None:
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(house.run, "busy", "import time; time.sleep(60)")
        time.sleep(0.7)
        with pytest.raises(Invalid) as refusal:
            house.driver.run(house.plan("busy", ""))
        house.driver.stop("busy")
        assert first.result().ended is Ended.KILLED
    assert refusal.value.code == "room:busy"


def test_no_descriptor_group_mount_or_child_is_left(house: House) -> None:
    def left() -> tuple[int, int, list[Path], str]:
        process = Path("/proc", str(house.starter))
        children = sum((task / "children").read_text().count(" ") for task in (process / "task").iterdir())
        return len(os.listdir(process / "fd")), children, groups_of(house.starter), (process / "mounts").read_text()

    house.run("tidy", "print(1)")
    before = left()
    for _ in range(3):
        house.run("tidy", "print(1)")
    assert left() == before
    assert before[2] == []
