"""The worker: takes due tasks one at a time; several workers may run side by side."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from sqlalchemy.exc import OperationalError

from gateway import metrics, traces
from gateway.jobs.build_snapshot import build_snapshot
from gateway.jobs.house import House
from gateway.jobs.keep_rooms import keep_forever
from gateway.jobs.refresh import begin_if_due, refresh
from gateway.jobs.retention import apply_retention
from gateway.jobs.run_job import run_job
from gateway.jobs.run_release import run_release
from gateway.jobs.scan_transfer import scan_transfer
from gateway.jobs.settle_projects import settle_projects
from gateway.jobs.sign_checkpoint import is_due, sign_checkpoint
from gateway.jobs.sweep import sweep
from gateway.jobs.warn_of_lapses import warn_of_lapses
from gateway.models import Task
from gateway.store.queries import tasks
from gateway.store.standing import Closed, at_work
from gateway.vocabulary import TaskKind
from workspaces.snapshots.objects import StoreUnavailable

log = logging.getLogger("tre.worker")
IDLE_SECONDS = 0.2
AWAY_SECONDS = 1.0
STORE_AWAY = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=15)
_WORK: dict[TaskKind, Callable[[House, str], datetime | None]] = {
    TaskKind.BUILD_SNAPSHOT: build_snapshot,
    TaskKind.SCAN_TRANSFER: scan_transfer,
    TaskKind.RUN_JOB: run_job,
    TaskKind.DRAW_RELEASE: run_release,
    TaskKind.SIGN_CHECKPOINT: sign_checkpoint,
    TaskKind.REFRESH: refresh,
}


def run_once(house: House) -> bool:
    """One due task, if there is one."""
    task = tasks.lease(house.gateway.unit, house.gateway.now(), house.gateway.settings.lease_seconds)
    if task is None:
        return False
    begun = time.perf_counter()
    watched = traces.silence() if task.kind in metrics.QUIET else traces.span(traces.Kind.TASK, task=task.kind.value)
    with watched:
        outcome = _visit(house, task)
        traces.tell(outcome=outcome)
    metrics.visited(task.kind, outcome, time.perf_counter() - begun)
    return True


def _visit(house: House, task: Task) -> str:
    """Do it, and tell the queue what came of it; a defect is logged by kind alone and tried again later."""
    unit = house.gateway.unit
    try:
        with _heartbeat(house, task):
            again = _WORK[task.kind](house, task.subject_id)
    except OperationalError:
        raise  # the database went away: nobody's defect, and nothing could be noted now
    except StoreUnavailable:
        log.error("the object store does not answer; task %s comes back", task.id)
        tasks.postpone(unit, task, house.gateway.now() + STORE_AWAY)  # no defect: the pause does not grow
        return "store away"
    except Exception as error:
        log.error("task %s of kind %s failed: %s", task.id, task.kind.value, type(error).__name__)
        # never given up: somebody waits for it, and a later version may be able to do it
        pause = min(LONGEST_PAUSE, timedelta(seconds=2 ** min(task.defects + 1, 20)))
        tasks.postpone(unit, task, house.gateway.now() + pause, defect=True)
        return "defect"
    if again is None:
        tasks.finish(unit, task, house.gateway.now(), "done")
        return "done"
    tasks.postpone(unit, task, again)
    return "later"


@contextmanager
def _heartbeat(house: House, task: Task) -> Iterator[None]:
    """Renews the lease for as long as the work goes on."""
    stop, seconds = threading.Event(), house.gateway.settings.lease_seconds

    def beat() -> None:
        while not stop.wait(seconds / 4):
            with suppress(OperationalError):
                if not tasks.renew(house.gateway.unit, task, house.gateway.now(), seconds):
                    return

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def run_forever(house: House, stop: threading.Event) -> None:
    """Until told to stop. Notebooks, where there are any, are kept beside the queue: a long job hinders none."""
    if house.gateway.settings.notebook_environment:
        threading.Thread(target=keep_forever, args=(house, stop), daemon=True).start()
    looked = 0.0
    while not stop.is_set():
        try:
            with at_work(house.folder):
                if time.monotonic() - looked > house.gateway.settings.lease_seconds:
                    looked = time.monotonic()
                    _beside_the_queue(house)
                worked = run_once(house)
            if not worked:
                stop.wait(IDLE_SECONDS)
        except Closed:
            stop.wait(AWAY_SECONDS)
        except OperationalError:
            log.error("the database does not answer; looking again")
            stop.wait(AWAY_SECONDS)


def _beside_the_queue(house: House) -> None:
    _aside(house, "daily checkpoint", _daily)
    _aside(house, "sweep", sweep)
    _aside(house, "retention", apply_retention)
    _aside(house, "refresh", begin_if_due)
    _aside(house, "settlements", settle_projects)
    _aside(house, "warnings", warn_of_lapses)
    metrics.waiting(tasks.due(house.gateway.unit, house.gateway.now()))


def _aside(house: House, what: str, do: Callable[[House], None]) -> None:
    """Beside the queue: a defect of it is logged and keeps no task waiting."""
    try:
        do(house)
    except OperationalError:
        raise
    except Exception as error:
        log.error("the %s failed: %s", what, type(error).__name__)


def _daily(house: House) -> None:
    if is_due(house):
        sign_checkpoint(house)
