"""The processes of a run: several gunicorn workers as `tre serve` starts them, two `tre work`, a bare page beside."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from infra.demo.processes import Children, children

THREADS = 4
QUEUES = 2


@contextmanager
def gateway(logs: Path, environment: Mapping[str, str], port: int, workers: int) -> Iterator[Children]:
    """Web and queue workers of a house; gone with this block."""
    with children(logs, environment) as ours:
        serve = ("serve", "--port", str(port), "--workers", str(workers), "--threads", str(THREADS))
        ours.start("web", "-m", "gateway.cli.main", *serve)
        for number in range(QUEUES):
            ours.start(f"work-{number}", "-m", "gateway.cli.main", "work")
        ours.wait_for([f"http://127.0.0.1:{port}/api/v1/health"])
        yield ours


@contextmanager
def bare_page(logs: Path, environment: Mapping[str, str], port: int, workers: int) -> Iterator[Children]:
    """The bare page on the same server with as many workers and threads."""
    with children(logs, environment) as ours:
        bound = ("--bind", f"127.0.0.1:{port}", "--workers", str(workers), "--threads", str(THREADS))
        how = ("--worker-class", "gthread", "--no-control-socket", "--log-level", "warning")
        ours.start("bare", "-m", "gunicorn", "infra.bench.traffic.bare", *bound, *how)
        ours.wait_for([f"http://127.0.0.1:{port}/"])
        yield ours
