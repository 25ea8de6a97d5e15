"""nginx with the shipped configuration before an application of gunicorn's, and raw words to it."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.factories.object_stores import free_port

SHIPPED = Path(__file__).parents[2] / "infra" / "deployment"
RECORDING = """
import os

def application(environ, start):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    path = environ["PATH_INFO"].encode("unicode_escape").decode()
    line = f"{environ['REQUEST_METHOD']} {path} {environ.get('HTTP_HOST')} {len(body)}\\n"
    with open(os.environ["RECORD"], "a", encoding="utf-8") as record:
        record.write(line)
    start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "4")])
    return [b"here"]
"""


@dataclass
class Front:
    """Where nginx listens, and what the application behind it was asked."""

    port: int
    record: Path

    def say(self, words: bytes, seconds: float = 1.0) -> bytes:
        """What comes back until nothing more does."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as line:
            line.settimeout(seconds)
            with suppress(OSError):  # it may hang up on us in the middle of a word
                line.sendall(words)
            heard = b""
            with suppress(OSError):
                while part := line.recv(65536):
                    heard += part
        return heard

    def asked(self) -> list[str]:
        return self.record.read_text(encoding="utf-8").splitlines() if self.record.exists() else []


@contextmanager
def front(folder: Path) -> Iterator[Front]:
    """Skipped where nginx is not installed: ./run setup does."""
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin")
    if nginx is None:
        pytest.skip("nginx is not installed")
    port, behind = free_port(), free_port()
    for name in ("run", "log"):
        (folder / name).mkdir(parents=True)
    for name in ("nginx.conf", "gateway.conf"):
        (folder / name).write_bytes((SHIPPED / name).read_bytes())
    (folder / "upstream.conf").write_text(f"upstream gateway {{ server 127.0.0.1:{behind}; }}\n", encoding="ascii")
    (folder / "listen.conf").write_text(f"listen 127.0.0.1:{port};\nserver_name gateway.example;\n", encoding="ascii")
    (folder / "recording.py").write_text(RECORDING, encoding="ascii")
    record = folder / "asked.txt"
    application = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "recording", "--bind", f"127.0.0.1:{behind}", "--no-control-socket"],
        cwd=folder,
        env={"RECORD": str(record), "PATH": "/usr/bin"},
        stderr=subprocess.DEVNULL,
    )
    server = subprocess.Popen(
        [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"], stderr=subprocess.DEVNULL
    )
    made = Front(port, record)
    try:
        for _ in range(200):
            with suppress(OSError):
                if b" 200 " in made.say(b"GET / HTTP/1.1\r\nHost: gateway.example\r\nConnection: close\r\n\r\n"):
                    break
            time.sleep(0.05)
        else:
            raise RuntimeError((folder / "log" / "error.log").read_text(encoding="utf-8"))
        record.unlink()
        yield made
    finally:
        for process in (server, application):
            process.terminate()
            process.wait(10)
