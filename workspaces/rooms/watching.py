"""One started room, watched to its end: its output, its clock, its disk, a request to stop."""

import json
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from workspaces.rooms.base import Ended, RoomResult
from workspaces.rooms.disk import processes_with

CHUNK = 1 << 16
LOOK_EVERY = 0.5  # seconds between two looks, more when a look takes long
LAST_PROCESS = 10.0  # seconds to wait for the kernel to have ended every process of the room
SIGNALLED = 128  # exit codes above are a signal's number plus this
TRUNCATED = b"\n[the rest of the output was left out: the limit of the log is reached]\n"


@dataclass
class Output:
    """What came out of one pipe, up to a limit; the rest is read and thrown away, so that nothing blocks."""

    limit: int
    content: bytearray = field(default_factory=bytearray)
    lost: bool = False

    def take(self, data: bytes) -> None:
        """Keep what fits."""
        room = self.limit - len(self.content)
        self.content += data[:room]
        self.lost |= len(data) > room

    def log(self) -> bytes:
        """The log, with a note where it was cut."""
        return bytes(self.content) + (TRUNCATED if self.lost else b"")


class Watch:
    """Waits for one room. Single-threaded: everything that can happen is one selector's event or timeout."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        *,
        status: int,
        stops: tuple[int, ...],
        seconds: float,
        log_bytes: int,
        look: Callable[[int | None], bool],
    ) -> None:
        self._process = process
        self._stops = stops  # each ends the run when it can be read: an event, or a connection that its owner left
        self._look = look  # asked again and again with process 1 of the room; True ends the run
        self._began = time.monotonic()
        self._deadline = self._began + seconds
        self._next_look = self._began + LOOK_EVERY
        self._forced: Ended | None = None
        self._cpu_seconds = 0.0
        self._init: int | None = None  # process 1 of the room, as a pidfd: when it is gone, so is everything in it
        self.stdout, self.stderr, self._status = Output(log_bytes), Output(log_bytes), Output(CHUNK)
        assert process.stdout is not None  # noqa: S101
        assert process.stderr is not None  # noqa: S101
        self._pipes = {process.stdout.fileno(): self.stdout, process.stderr.fileno(): self.stderr, status: self._status}

    def to_end(self) -> RoomResult:
        """Block until nothing of the room is left."""
        own = os.pidfd_open(self._process.pid)
        try:
            with selectors.DefaultSelector() as selector:
                for source in (own, *self._stops, *self._pipes):
                    selector.register(source, selectors.EVENT_READ)
                while not self._step(selector, own):
                    pass
            return self._result()
        finally:
            os.close(own)
            if self._init is not None:
                os.close(self._init)

    def _step(self, selector: selectors.BaseSelector, own: int) -> bool:
        """One wait; answers whether the starter has ended."""
        due = min(self._deadline, self._next_look) - time.monotonic()
        for key, _ in selector.select(max(due, 0) if self._forced is None else None):
            source = key.fd
            if source == own:
                return True
            if source in self._stops:
                selector.unregister(source)
                self._end(Ended.KILLED)
            elif not self._read(source):
                selector.unregister(source)
        self._look_at_clocks()
        return False

    def _read(self, source: int) -> bool:
        data = os.read(source, CHUNK)
        self._pipes[source].take(data)
        if self._pipes[source] is self._status and self._init is None:
            self._find_init()
        return bool(data)

    def _find_init(self) -> None:
        process = self._reports().get("child-pid")
        if process is not None:
            with suppress(ProcessLookupError):
                self._init = os.pidfd_open(process)

    def _reports(self) -> dict[str, int]:
        """What bubblewrap has told: JSON documents one after the other, the last perhaps not whole yet."""
        found: dict[str, int] = {}
        for line in bytes(self._status.content).splitlines():
            with suppress(ValueError):
                found |= json.loads(line)
        return found

    def _look_at_clocks(self) -> None:
        now = time.monotonic()
        if self._forced is not None:
            return
        if now >= self._deadline:
            self._end(Ended.TIMED_OUT)
        elif now >= self._next_look:
            init = self._reports().get("child-pid")
            self._cpu_seconds = max(self._cpu_seconds, cpu_seconds(init))
            if self._look(init):
                self._end(Ended.KILLED)
            self._next_look = time.monotonic() + max(LOOK_EVERY, 5 * (time.monotonic() - now))

    def _end(self, how: Ended) -> None:
        if self._forced is None:
            self._forced = how
            with suppress(ProcessLookupError):  # the group: what was just forked is not yet bound to its starter's life
                os.killpg(self._process.pid, signal.SIGKILL)

    def _result(self) -> RoomResult:
        code = self._reap()
        self._drain()
        self._wait_for_last()
        self._drain()
        seconds = time.monotonic() - self._began
        reported = self._reports().get("exit-code")
        if self._forced is not None:
            return self._told(None, self._forced, seconds)
        if code < 0 or (reported is None and code > SIGNALLED):  # the room's own processes were, e.g. for memory
            return self._told(None, Ended.KILLED, seconds)
        if reported is None:
            return self._told(None, Ended.FAILED_TO_START, seconds)
        by_signal = SIGNALLED < reported <= SIGNALLED + signal.NSIG
        return self._told(reported, Ended.KILLED if by_signal else Ended.FINISHED, seconds)

    def _told(self, exit_code: int | None, ended: Ended, seconds: float) -> RoomResult:
        return RoomResult(exit_code=exit_code, ended=ended, seconds=seconds, cpu_seconds=self._cpu_seconds)

    def _reap(self) -> int:
        """The starter's end, with the time that it and all that it waited for were at work.

        Where the run was ended from outside nobody waited for its processes: what was seen last counts.
        """
        _, status, used = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self._cpu_seconds = max(self._cpu_seconds, used.ru_utime + used.ru_stime)
        return self._process.returncode

    def _drain(self) -> None:
        """Take what is still in the pipes, without waiting for more."""
        for source in self._pipes:
            os.set_blocking(source, False)
            with suppress(BlockingIOError):
                while self._read(source):
                    pass

    def _wait_for_last(self) -> None:
        """Process 1 dies with its starter, unless that died before it had asked for this: so it is killed as well."""
        if self._init is None:
            return
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._init, signal.SIGKILL)
        with selectors.DefaultSelector() as selector:
            selector.register(self._init, selectors.EVENT_READ)
            selector.select(LAST_PROCESS)


def cpu_seconds(init: int | None) -> float:
    """Time that the processes of a room, and those that they waited for, have been at work. 0 if not known yet."""
    ticks = 0
    for process in processes_with(init) if init is not None else ():
        with suppress(OSError):
            # after the name, which may hold anything: field 3 comes first; 14 to 17 are the four times
            ticks += sum(int(word) for word in (process / "stat").read_bytes().rpartition(b")")[2].split()[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")
