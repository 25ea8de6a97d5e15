"""The processes of a demonstration: started together, watched, ended together. Each writes a log of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from workspaces.catalogue.errors import Invalid

START_SECONDS = 60
STOP_SECONDS = 10


@dataclass
class Children:
    """The running processes by name."""

    logs: Path
    environment: Mapping[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *command: str) -> None:
        """Start one, in a group of its own, so that Ctrl-C reaches it through us and in order."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(  # noqa: S603 - our own commands
                [sys.executable, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(self.environment),
                start_new_session=True,
            )

    def wait_for(self, addresses: Sequence[str]) -> None:
        """Until every address answers. Raises Invalid naming what ended or did not answer."""
        ends = time.monotonic() + START_SECONDS
        for address in addresses:
            while not _answers(address):
                self.check()
                if time.monotonic() > ends:
                    raise Invalid("demo:no_answer", f"{address} does not answer.", f"Read the logs in {self.logs}.")
                time.sleep(0.05)

    def check(self) -> None:
        """Raises Invalid when a process has ended by itself."""
        for name, process in self.running.items():
            if process.poll() is not None:
                raise Invalid(
                    "demo:process_ended",
                    f"The {name} ended by itself.",
                    f"Read {self.logs / name}.log and start again.",
                )

    def stop(self) -> None:
        """End all, the last started first; who does not listen is ended by force."""
        for process in reversed(self.running.values()):
            if process.poll() is None:
                process.terminate()
        ends = time.monotonic() + STOP_SECONDS
        for process in self.running.values():
            try:
                process.wait(max(0.1, ends - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@contextmanager
def children(logs: Path, environment: Mapping[str, str]) -> Iterator[Children]:
    """Processes that are gone when this block is left, however it is left."""
    found = Children(logs, environment)
    try:
        yield found
    finally:
        found.stop()


def need_free(*ports: int) -> None:
    """Raises Invalid naming the first port that something listens on already."""
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                raise Invalid(
                    "demo:port_taken", f"Port {port} is taken.", "End what uses it, or choose another with --port."
                ) from None


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=5).status_code < 500
    except requests.RequestException:
        return False
