"""What an operator may count, on a port of its own: requests, tasks, and whether things wait. Nothing about people.

How long a draw or a job of a room takes follows from records, so it is not measured (privacy model P5, P13); neither
are projects, people or releases told apart. Each process of a server writes to a shared folder, from which one answers.
"""

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector

from gateway.vocabulary import TaskKind

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # set, and emptied, before this module is imported: see gateway.cli.admin
QUIET = frozenset({TaskKind.DRAW_RELEASE, TaskKind.RUN_JOB})

REQUESTS = Counter("tre_requests", "Requests answered", ["endpoint", "method", "status"])
REQUEST_SECONDS = Histogram("tre_request_seconds", "Seconds until a request was answered", ["endpoint"])
TASKS = Counter("tre_tasks", "Visits to a task", ["kind", "outcome"])
TASK_SECONDS = Histogram("tre_task_seconds", "Seconds of a visit to a task that reads no draw's records", ["kind"])
WAITING = Gauge("tre_tasks_waiting", "Tasks that are due and not begun", multiprocess_mode="mostrecent")


def answered(endpoint: str, method: str, status: int, seconds: float) -> None:
    """Note a request by its endpoint: never its address, which can name a project."""
    REQUESTS.labels(endpoint, method, str(status)).inc()
    REQUEST_SECONDS.labels(endpoint).observe(seconds)


def visited(kind: TaskKind, outcome: str, seconds: float) -> None:
    """Note a visit to a task; its time only where records have no part in it."""
    TASKS.labels(kind.value, outcome).inc()
    if kind not in QUIET:
        TASK_SECONDS.labels(kind.value).observe(seconds)


def waiting(number: int) -> None:
    """Note how many tasks are due."""
    WAITING.set(number)


def serve(port: int, host: str = "127.0.0.1") -> None:
    """Answer Prometheus on this port, beside what the process does."""
    if FOLDER not in os.environ:
        start_http_server(port, host)
        return
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    start_http_server(port, host, registry=registry)
