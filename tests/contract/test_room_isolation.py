"""What every room driver must keep: researchers' programs attack from inside, and get nowhere.

The attacks are one program (attacks_in_room.py) that reports what it could do; a few more runs wear out the limits.
Where leaving a protection out can be shown to let the attack through, a test does so: else "stopped" could mean that
the attack was badly written.
"""

import ctypes
import json
import os
import shutil
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from workspaces.catalogue.errors import Invalid
from workspaces.rooms import bubblewrap, disk, limits
from workspaces.rooms.base import Ended, Limits, RoomDriver, RoomPlan, RoomResult
from workspaces.rooms.bubblewrap import Part
from workspaces.rooms.limits import PREFIX, Groups
from workspaces.rooms.local import LocalRooms
from workspaces.rooms.supervised import SupervisedRooms

ATTACKS = Path(__file__).with_name("attacks_in_room.py")
libc = ctypes.CDLL(None, use_errno=True)
SECRET = "a-secret-of-the-gateway"
SMALL = Limits(
    memory_mib=256, processes=24, seconds=20, disk_mib=24, file_mib=8, log_kib=64, cpu_seconds=10, tmp_mib=32, files=500
)


@dataclass
class House:
    """A place with an environment, a snapshot, and workspaces of two projects."""

    base: Path
    driver: RoomDriver
    starter: int = field(default_factory=os.getpid)  # the process that starts bubblewrap

    def workspace(self, key: str, program: str = "") -> Path:
        folder = self.base / "workspaces" / key
        (folder / "code").mkdir(parents=True, exist_ok=True)
        (folder / "code" / "script.py").write_text(program)
        return folder

    def run(self, key: str, program: str, *, limits: Limits = SMALL, words: tuple[str, ...] = ()) -> RoomResult:
        return self.driver.run(self.plan(key, program, limits=limits, words=words))

    def plan(self, key: str, program: str, *, limits: Limits = SMALL, words: tuple[str, ...] = ()) -> RoomPlan:
        return RoomPlan(
            room_key=key,
            snapshot=self.base / "snapshot",
            workspace=self.workspace(key, program),
            environment=self.base / "environment",
            command=("python3", "-I", "/workspace/code/script.py", *words),
            limits=limits,
        )

    def output(self, key: str, name: str = "stdout") -> str:
        return (self.base / "workspaces" / key / "logs" / f"{name}.txt").read_text()


@pytest.fixture(scope="module")
def base() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="rooms-"))
    (folder / "snapshot").mkdir()
    (folder / "snapshot" / "person.parquet").write_bytes(b"rows")
    (folder / "snapshot" / "person.parquet").chmod(0o666)  # so that the walls alone keep it from being written
    (folder / "snapshot").chmod(0o777)
    (folder / "workspaces").mkdir()
    venv.create(folder / "environment", with_pip=False, symlinks=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module", params=["local", "without control groups", "supervised"])
def house(request: pytest.FixtureRequest, base: Path) -> Iterator[House]:
    if request.param != "supervised":
        yield House(base, LocalRooms(groups=Groups("none") if request.param != "local" else None))
        return
    address = base / "supervisor.sock"
    process = start_supervisor(address, base)
    try:
        yield House(base, SupervisedRooms(address), process.pid)
    finally:
        process.terminate()
        assert process.wait(20) == 0
        assert not address.exists()


def start_supervisor(address: Path, base: Path) -> "subprocess.Popen[bytes]":
    """The supervisor as its own process, as an operator starts it."""
    asker = ["--gateway-user", "root"] if os.geteuid() == 0 else []  # else whoever starts it may ask
    program = [sys.executable, "-m", "workspaces.rooms.supervisor", *asker]
    process = subprocess.Popen(
        [*program, "--socket", str(address), "--roots", str(base)],
        env={"PATH": "/usr/bin:/bin", "GATEWAY_SECRET": SECRET, "PYTHONPATH": os.getcwd()},
        stderr=subprocess.DEVNULL,
    )
    while not address.exists():
        assert process.poll() is None
        time.sleep(0.05)
    return process


class Outside:
    """What a program in a room may want to reach: servers on this machine, a secret, another's folder."""

    def __init__(self, base: Path) -> None:
        self._sockets = [socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)]
        self._abstract = f"room-test-{os.getpid()}"
        self._sockets[1].bind("\0" + self._abstract)
        self._sockets[1].listen()
        for each in self._sockets:
            threading.Thread(target=self._serve, args=(each,), daemon=True).start()
        self._memory = libc.shmget(0, 4096, 0o1666)  # IPC_CREAT, for everybody
        self._semaphores, self._messages = libc.semget(0, 1, 0o1666), libc.msgget(0, 0o1666)
        libc.msgsnd(self._messages, struct.pack("l6s", 1, b"theirs"), 6, 0)
        self._queue = f"/room-test-{os.getpid()}"
        os.close(libc.mq_open(self._queue.encode(), os.O_CREAT | os.O_RDWR, 0o666, None))
        libc.semctl(self._semaphores, 0, 16, 1)  # SETVAL
        self._victim = subprocess.Popen(["/bin/sleep", "600"], env={"VICTIM": SECRET})
        other = base / "workspaces" / "other"
        other.mkdir(exist_ok=True)
        (other / "result.csv").write_text("theirs")
        self.facts = {
            "port": self._sockets[0].getsockname()[1],
            "abstract": self._abstract,
            "victim": self._victim.pid,
            "memory": self._memory,
            "semaphores": self._semaphores,
            "messages": self._messages,
            "queue": self._queue,
            "other": str(other / "result.csv"),
            "base": str(base),
            "secret": SECRET,
        }

    @staticmethod
    def _serve(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"reached")

    def close(self) -> None:
        for each in self._sockets:
            each.shutdown(socket.SHUT_RDWR)
            each.close()
        libc.shmctl(self._memory, 0, None)
        libc.semctl(self._semaphores, 0, 0)
        libc.msgctl(self._messages, 0, None)
        libc.mq_unlink(self._queue.encode())
        self._victim.kill()
        self._victim.wait()


@pytest.fixture(scope="module")
def outside(base: Path) -> Iterator[Outside]:
    with closing(Outside(base)) as there:
        os.environ["GATEWAY_SECRET"] = SECRET
        yield there
        del os.environ["GATEWAY_SECRET"]


def attack(house: House, outside: Outside, key: str = "attacker") -> dict[str, str]:
    """What each attack got: name -> "stopped: why" or "through: what"."""
    (house.workspace(key) / "code" / "facts.json").write_text(json.dumps(outside.facts))
    result = house.run(key, ATTACKS.read_text())
    assert result == RoomResult(exit_code=0, ended=Ended.FINISHED, seconds=result.seconds), house.output(key, "stderr")
    return dict(json.loads(house.output(key)))


def through(outcomes: dict[str, str]) -> dict[str, str]:
    return {name: outcome for name, outcome in outcomes.items() if not outcome.startswith("stopped")}


def test_no_attack_gets_through(house: House, outside: Outside) -> None:
    outcomes = attack(house, outside)

    assert len(outcomes) > 50
    assert through(outcomes) == {}


# protections left out -> attacks that get through then: else "stopped" could mean that an attack is badly written
ABLATIONS = {
    "network": {"network to the machine's loopback", "abstract socket of the machine"},
    "seccomp": {"vsock", "ptrace", "keyring", "io_uring"},
    "seccomp, no nested user": {"nested user namespace", "nested namespace by clone"},
    "ipc": {
        *("shared memory of the machine", "semaphores of the machine", "messages of the machine"),
        "queue of the machine",
    },
    "pid, proc": {"processes of the machine"},
    "snapshot read-only": {"write the snapshot", "add to the snapshot"},
    "root read-only": {"write to /", "write to /dev"},
    "code read-only": {"replace the code's folder"},
    "shm size, tmp size, home size": {"fill /dev/shm", "fill /tmp", "fill /home"},
    "no local software": {"files of the machine"},
}
INSTEAD = {  # what stands in place of a wall that cannot simply be missing
    "pid, proc": "--ro-bind /proc /proc",
    "snapshot read-only": "--bind {data} /data",
    "shm size, tmp size, home size": f"--tmpfs /dev/shm --tmpfs /tmp --tmpfs /home --dir {bubblewrap.HOME}",
}


def without(names: str) -> LocalRooms:
    """Rooms that lack the named walls."""
    out = set(names.split(", "))

    def walls(every: list[Part]) -> list[Part]:
        assert out <= {part.name for part in every}
        data = next(part.options[1] for part in every if part.name == "snapshot read-only")
        instead = Part("instead", tuple(INSTEAD.get(names, "").format(data=data).split()))
        position = next(i for i, part in enumerate(every) if part.name in out)
        return [*every[:position], instead, *(part for part in every[position:] if part.name not in out)]

    return LocalRooms(walls=walls)


@pytest.mark.parametrize("names", ABLATIONS)
def test_attacks_get_through_where_their_protection_is_left_out(names: str, base: Path, outside: Outside) -> None:
    try:
        assert ABLATIONS[names] <= set(through(attack(House(base, without(names)), outside)))
    finally:
        (base / "snapshot" / "person.parquet").write_bytes(b"rows")


def test_process_1_would_show_what_the_starter_is_given(
    base: Path, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bubblewrap, "STARTING_ENVIRONMENT", bubblewrap.STARTING_ENVIRONMENT | {"GATEWAY": SECRET})

    assert set(through(attack(House(base, LocalRooms()), outside))) == {"environment of process 1"}


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


LEFTOVERS = r"""
import os
os.umask(0)
open("/workspace/a\nname", "w").close()
open(b"/workspace/\xff\xfe", "w").close()
os.symlink("/etc/passwd", "/workspace/away")
os.symlink("/", "/workspace/root")
with open("/workspace/sparse", "wb") as file: file.truncate(8 << 20)
os.link("/workspace/sparse", "/workspace/second")
open("/workspace/raised", "w").close(); os.chmod("/workspace/raised", 0o6777)
open("/workspace/closed", "w").close(); os.chmod("/workspace/closed", 0)
os.mkfifo("/workspace/pipe")
print("left")
"""


def test_what_a_room_leaves_changes_nothing_outside_and_hinders_no_next_run(house: House) -> None:
    def outside() -> list[tuple[int, int, int]]:
        return [(s.st_mode, s.st_uid, s.st_gid) for s in map(os.stat, ("/etc/passwd", "/", house.base))]

    before = outside()
    shutil.rmtree(house.base / "workspaces" / "leftovers", ignore_errors=True)  # another driver's
    house.run("leftovers", LEFTOVERS)
    assert house.output("leftovers") == "left\n"
    assert house.run("leftovers", "print('again')").exit_code == 0
    assert house.output("leftovers") == "again\n"
    assert outside() == before
    folder = house.base / "workspaces" / "leftovers"
    assert not (folder / "pipe").exists()
    if kept(house, "own user"):
        assert stat.S_IMODE((folder / "raised").stat().st_mode) == 0o770  # no setuid bit


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


def test_results_stay_in_the_workspace(house: House) -> None:
    house.run("result", "open('/workspace/result.csv', 'w').write(open('/data/person.parquet').read())")
    assert (house.base / "workspaces" / "result" / "result.csv").read_text() == "rows"


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
    plan = house.plan("hurried", "import time; time.sleep(60)", words=(mark,))
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


def contents(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_a_room_runs_one_program_at_a_time(house: House) -> None:
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(house.run, "busy", "import time; time.sleep(60)")
        time.sleep(0.7)
        with pytest.raises(Invalid) as refusal:
            house.driver.run(house.plan("busy", ""))
        house.driver.stop("busy")
        assert first.result().ended is Ended.KILLED
    assert refusal.value.code == "room:busy"


@pytest.mark.parametrize("where", ["snapshot", "workspaces/socketed", "workspaces/socketed/code"])
def test_a_folder_that_holds_a_socket_is_refused(house: House, where: str) -> None:
    plan = house.plan("socketed", "")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(house.base / where / "s"))
    try:
        with pytest.raises(Invalid) as refusal:
            house.driver.run(plan)
    finally:
        (house.base / where / "s").unlink()
    assert refusal.value.code == "room:channel"


def test_a_socket_that_a_room_leaves_behind_is_gone(house: House) -> None:
    house.run("leaver", "import socket, os; socket.socket(socket.AF_UNIX).bind('s'); os.mkfifo('p'); print('made')")
    assert house.output("leaver") == "made\n"
    assert sorted(path.name for path in (house.base / "workspaces" / "leaver").iterdir()) == ["code", "logs"]


def test_a_link_for_a_folder_is_refused(house: House) -> None:
    link = house.base / "workspaces" / "linked"
    link.symlink_to(house.workspace("real"))
    try:
        with pytest.raises(Invalid) as refusal:
            house.driver.run(replace(house.plan("real", ""), workspace=link))
    finally:
        link.unlink()
    assert refusal.value.code == "room:folder"


def test_logs_do_not_follow_a_link_that_a_room_left(house: House, base: Path) -> None:
    target = base / "workspaces" / "target"
    target.mkdir(exist_ok=True)
    house.run(
        "linker", f"import os; os.rmdir('logs') if os.path.isdir('logs') else 0; os.symlink({str(target)!r}, 'logs')"
    )
    house.run("linker", "print('out')")
    assert list(target.iterdir()) == []


def groups_of(process: int) -> list[Path]:
    return list(Path("/sys/fs/cgroup").glob(f"**/{PREFIX}{process}-*"))


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


def kept(house: House, name: str) -> bool:
    return {promise.name: promise.kept for promise in house.driver.promises()}[name]


def test_promises_say_what_is_weaker(house: House) -> None:
    promises = {promise.name: promise for promise in house.driver.promises()}
    assert promises["no network"].kept
    assert not promises["disk quota"].kept
    assert all(promise.how for promise in promises.values())
