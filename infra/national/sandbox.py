"""The NHS's own mesh-sandbox on the loopback, in its own environment (made by make_environment.sh), for one purpose."""

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import requests
from pydantic import SecretStr

from infra.national.service import MAILBOX

CHECKOUT = Path(__file__).parents[2]
PYTHON = CHECKOUT / ".venv-mesh" / "bin" / "python"
PASSWORD, SHARED_KEY = "password", "TestKey"
START_SECONDS = 60


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox: its address, and the folder with what lies in its mailboxes."""

    url: str
    folder: Path

    def settings(self) -> dict[str, str | SecretStr]:
        """What a gateway must be told to use it."""
        secrets = {"mesh_password": SecretStr(PASSWORD), "mesh_shared_key": SecretStr(SHARED_KEY)}
        return {"mesh_url": self.url, **secrets}


def is_here() -> bool:
    """True where both the sandbox and the client are installed."""
    return PYTHON.exists() and find_spec("mesh_client") is not None


@contextmanager
def sandbox(mailboxes: Sequence[str]) -> Iterator[Sandbox]:
    """A sandbox with these mailboxes and the national service's; gone afterwards, with all that lay in it."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="tre-mesh-") as name:
        folder = Path(name)
        for mailbox in (MAILBOX, *mailboxes):
            (folder / mailbox).mkdir()
        told = {"STORE_MODE": "file", "MAILBOXES_DATA_DIR": name, "SHARED_KEY": SHARED_KEY, "PATH": os.environ["PATH"]}
        command = ["-m", "uvicorn", "mesh_sandbox.api:app", "--ws", "none", "--host", "127.0.0.1", "--port", str(port)]
        process = subprocess.Popen(  # noqa: S603 - our own command
            [PYTHON, *command], env=told, cwd=name, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            yield _ready(Sandbox(f"http://127.0.0.1:{port}", folder), process)
        finally:
            process.terminate()
            process.wait(START_SECONDS)


def _ready(running: Sandbox, process: "subprocess.Popen[bytes]") -> Sandbox:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        try:
            if requests.get(f"{running.url}/health", timeout=5).ok:
                return running
        except requests.ConnectionError:
            time.sleep(0.05)
    raise RuntimeError("mesh-sandbox does not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
