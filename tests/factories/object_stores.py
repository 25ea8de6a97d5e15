"""Object stores that really run: S3 as moto plays it, a second S3 server, and a door before one that can fail."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

KEY, SECRET = "an-access-key", "the secret of tests"
BUCKET = "snapshots"


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def client(address: str, *, secret: str = SECRET, attempts: int = 2, timeout: float = 10) -> Any:
    """A client of the server at that address."""
    patience = Config(
        connect_timeout=timeout,
        read_timeout=timeout,
        retries={"mode": "standard", "total_max_attempts": attempts},
        s3={"addressing_style": "path"},
    )
    names = {"aws_access_key_id": KEY, "aws_secret_access_key": secret, "region_name": "us-east-1"}
    return boto3.client("s3", endpoint_url=address, config=patience, **names)


@dataclass
class Server:
    """rclone's S3 server over a folder; it can be killed and started again on the same port."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        program = shutil.which("rclone", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
        assert program, "rclone comes with the development environment"
        (self.folder / BUCKET).mkdir(parents=True, exist_ok=True)
        told = {"PATH": os.environ["PATH"], "HOME": str(self.folder.parent), "RCLONE_CONFIG": os.devnull}
        arguments = ["serve", "s3", str(self.folder), "--addr", f"127.0.0.1:{self.port}"]
        self.process = subprocess.Popen(
            [program, *arguments, "--auth-key", f"{KEY},{SECRET}", "--vfs-cache-mode", "off"],
            env=told,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.05)
        raise RuntimeError("the server did not start")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextmanager
def rclone(folder: Path) -> Iterator[Server]:
    server = Server(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()


class Door(ThreadingHTTPServer):
    """A door before an S3 server: it passes requests on, or fails them as it is told."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.port = port
        self.failing = 0  # so many of the next requests are answered 503
        self.slow = 0.0  # seconds before each answer
        self.cut = 0  # so many of the next answers end in the middle
        self.asked = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Door

    def _pass(self) -> None:
        door = self.server
        door.asked += 1
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        time.sleep(door.slow)
        if door.failing > 0:
            door.failing -= 1
            self._say(503, {}, b"<Error><Code>SlowDown</Code></Error>")
            return
        behind = HTTPConnection("127.0.0.1", door.port, timeout=30)
        try:
            behind.request(self.command, self.path, body, dict(self.headers))
            answer = behind.getresponse()
            content = answer.read()
        except (OSError, HTTPException):  # the server was killed
            self.close_connection = True
            return
        finally:
            behind.close()
        if door.cut > 0 and len(content) > 1:
            door.cut -= 1
            self._say(answer.status, dict(answer.headers), content, content[: len(content) // 2])
            self.close_connection = True
            return
        self._say(answer.status, dict(answer.headers), content)

    def _say(self, status: int, headers: dict[str, str], content: bytes, sent: bytes | None = None) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                self.send_header(name, value)
        length = headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(content))
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            with suppress(OSError):
                self.wfile.write(content if sent is None else sent)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass  # noqa: N815 - the names of the protocol

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def door(port: int) -> Iterator[Door]:
    server = Door(port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def small_disk(folder: Path, kib: int, *, read_only: bool = False) -> Iterator[Path]:
    """A file system of so many KiB at that folder; skipped where mounting is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={kib}k" + (",ro" if read_only else "")
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True)
    if made.returncode != 0:
        pytest.skip("a file system can only be mounted by root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)
