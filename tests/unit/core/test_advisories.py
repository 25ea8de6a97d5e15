"""The locks are checked where the advisory service is reached, and nobody is told that they were where it is not."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from infra import advisories
from tests.factories.object_stores import free_port

BAD = ("jinja2", "2.4.1")


class Service(ThreadingHTTPServer):
    """Plays osv.dev: knows of one bad version; `body` is said instead where it is set."""

    body: bytes | None = None
    asked: list[dict[str, Any]]


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        self.server.asked += sent
        results = [self.result(each["package"]["name"], each["version"]) for each in sent]
        said = self.server.body if self.server.body is not None else json.dumps({"results": results}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def result(self, name: str, version: str) -> dict[str, Any]:
        return {"vulns": [{"id": "PYSEC-1"}, {"id": "GHSA-2"}]} if (name, version) == BAD else {}

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def service() -> Iterator[Service]:
    server = Service(("127.0.0.1", 0), Handler)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def address(service: Service) -> str:
    return f"http://127.0.0.1:{service.server_address[1]}"


def test_every_lock_is_read() -> None:
    found = dict(advisories.pins())
    assert {"flask", "duckdb", "pyspark", "opentelemetry-sdk", "pytest", "diffprivlib"} <= found.keys()
    for lock in advisories.ROOT.glob("requirements*.txt"):
        lines = [line for line in lock.read_text(encoding="utf-8").splitlines() if "==" in line]
        assert all((line.split("==")[0], line.split("==")[1].split()[0]) in advisories.pins() for line in lines)


def test_what_is_known_is_told_and_ends_with_1(
    service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert advisories.main(address(service)) == 0
    assert len(service.asked) == len(advisories.pins())
    monkeypatch.setattr(advisories, "pins", lambda: [("flask", "3.1.3"), BAD])
    monkeypatch.setattr(advisories, "MOST", 1)
    assert advisories.main(address(service)) == 1
    assert "advisories: jinja2 2.4.1: PYSEC-1, GHSA-2\nadvisories: 1 of 2" in capsys.readouterr().out


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"results": []}', b'{"results": 3}', b'{"results": [[]]}'])
def test_nonsense_is_no_verdict(service: Service, capsys: pytest.CaptureFixture[str], body: bytes) -> None:
    service.body = body
    assert advisories.main(address(service)) == 0
    assert "NOT CHECKED" in capsys.readouterr().out


def test_offline_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert advisories.main(f"http://127.0.0.1:{free_port()}") == 0
    said = capsys.readouterr().out
    assert "NOT CHECKED" in said
    assert "have one" not in said
