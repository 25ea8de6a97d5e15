"""The worker: takes due tasks one at a time; several workers may run side by side."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from gateway.jobs.build_snapshot import build_snapshot
from gateway.jobs.house import House
from gateway.jobs.run_job import run_job
from gateway.jobs.run_release import run_release
from gateway.jobs.scan_transfer import scan_transfer
from gateway.jobs.sign_checkpoint import is_due, sign_checkpoint
from gateway.models import Task
from gateway.store.queries import tasks
from gateway.vocabulary import TaskKind

log = logging.getLogger("tre.worker")
IDLE_SECONDS = 0.2
LOOK_SECONDS = 60.0
MAX_ATTEMPTS = 5
_WORK: dict[TaskKind, Callable[[House, str], datetime | None]] = {
    TaskKind.BUILD_SNAPSHOT: build_snapshot,
    TaskKind.SCAN_TRANSFER: scan_transfer,
    TaskKind.RUN_JOB: run_job,
    TaskKind.DRAW_RELEASE: run_release,
    TaskKind.SIGN_CHECKPOINT: sign_checkpoint,
}


def run_once(house: House) -> bool:
    """One due task, if there is one; a defect in it is logged by kind alone and tried again later."""
    task = tasks.lease(house.gateway.unit, house.gateway.now())
    if task is None:
        return False
    try:
        again = _WORK[task.kind](house, task.subject_id)
    except Exception as error:
        log.error("task %s of kind %s failed: %s", task.id, task.kind.value, type(error).__name__)
        _after_defect(house, task)
        return True
    if again is None:
        tasks.finish(house.gateway.unit, task, house.gateway.now(), "done")
    else:
        tasks.postpone(house.gateway.unit, task, again)
    return True


def _after_defect(house: House, task: Task) -> None:
    now = house.gateway.now()
    if task.attempts >= MAX_ATTEMPTS:
        tasks.finish(house.gateway.unit, task, now, "given up")
    else:
        tasks.postpone(house.gateway.unit, task, now + timedelta(seconds=2**task.attempts))


def run_forever(house: House, stop: threading.Event) -> None:
    """Until told to stop."""
    looked = 0.0
    while not stop.is_set():
        if time.monotonic() - looked > LOOK_SECONDS:
            looked = time.monotonic()
            _daily(house)
        if not run_once(house):
            stop.wait(IDLE_SECONDS)


def _daily(house: House) -> None:
    try:
        if is_due(house):
            sign_checkpoint(house)
    except Exception as error:
        log.error("the daily checkpoint failed: %s", type(error).__name__)
