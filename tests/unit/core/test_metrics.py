"""What Prometheus is told: requests by endpoint, tasks by kind; no addresses, no times that records decide."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import requests
from prometheus_client import generate_latest

from gateway import metrics
from gateway.store.migrate import upgrade
from gateway.vocabulary import TaskKind
from tests.factories.object_stores import free_port
from tests.factories.sites import open_site


def told() -> str:
    return generate_latest().decode()


def value(name: str) -> float:
    found = [line for line in told().splitlines() if line.startswith(name)]
    return float(found[0].rsplit(" ", 1)[1]) if found else 0.0


def test_requests_are_counted_by_endpoint_and_never_by_address(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    client = site.client("lead")
    name = 'tre_requests_total{endpoint="projects.page",method="GET",status="404"}'
    before = value(name)
    client.get("/projects/prj-0123456789abcdef?nhs=9990000018")
    assert value(name) == before + 1
    client.get("/nowhere/9990000018")
    assert "9990000018" not in told()
    assert "prj-0123456789abcdef" not in told()
    site.town.gateway.unit.dispose()


def test_how_long_a_draw_or_a_run_took_is_not_told() -> None:
    for kind in TaskKind:
        metrics.visited(kind, "done", 1.0)
    timed = {line.split('kind="')[1].split('"')[0] for line in told().splitlines() if "tre_task_seconds_count{" in line}
    assert timed == {kind.value for kind in TaskKind} - {"DRAW_RELEASE", "RUN_JOB"}
    assert value('tre_tasks_total{kind="DRAW_RELEASE",outcome="done"}') >= 1


def test_a_server_of_several_processes_answers_on_a_port_of_its_own(tmp_path: Path) -> None:
    port, aside = free_port(), free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "TRE_FOLDER": str(tmp_path),
        "TRE_SECRET_KEY": "k" * 32,
        "TRE_DEMO": "true",
    }
    upgrade(f"sqlite:///{tmp_path / 'gateway.db'}")
    options = ["--port", str(port), "--workers", "2", "--metrics-port", str(aside)]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli.main", "serve", *options], env=environment, stderr=log
        )
    try:
        answered = 0
        for _ in range(600):
            with suppress(requests.ConnectionError):
                answered += requests.get(f"http://127.0.0.1:{port}/api/v1/health", timeout=30).ok
            if answered == 8:
                break
            time.sleep(0.1)
        assert answered == 8
        text = requests.get(f"http://127.0.0.1:{aside}/metrics", timeout=30).text
        assert 'tre_requests_total{endpoint="api.health",method="GET",status="200"} 8.0' in text
        assert requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30).status_code in {303, 404}
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)
    logged = (tmp_path / "log").read_text(encoding="utf-8")
    assert '"endpoint": "api.health"' in logged
