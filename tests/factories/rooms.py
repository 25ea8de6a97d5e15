"""A place with rooms to try: an environment, a snapshot, workspaces, and what lies outside."""

import ctypes
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from workspaces.rooms import bubblewrap
from workspaces.rooms.base import Limits, RoomDriver, RoomPlan, RoomResult
from workspaces.rooms.bubblewrap import Part
from workspaces.rooms.limits import PREFIX
from workspaces.rooms.local import LocalRooms

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
        self.port6 = self._listen_by_ipv6()
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
            "port6": self.port6,
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

    def _listen_by_ipv6(self) -> int:
        """Its port; 0 on a machine without IPv6."""
        try:
            self._sockets.append(socket.create_server(("::1", 0), family=socket.AF_INET6))
        except OSError:
            return 0
        return int(self._sockets[-1].getsockname()[1])

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


def groups_of(process: int) -> list[Path]:
    return list(Path("/sys/fs/cgroup").glob(f"**/{PREFIX}{process}-*"))


def kept(house: House, name: str) -> bool:
    return {promise.name: promise.kept for promise in house.driver.promises()}[name]


def contents(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
