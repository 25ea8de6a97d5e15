"""A batch run in a room: staged, run, ended; of how it went only one bit comes out (privacy model P13)."""

import json
import logging
import shutil
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import OperationalError

from gateway.commands.perform import perform
from gateway.commands.workspaces import Ended as EndedGiven
from gateway.jobs.house import House
from gateway.jobs.purge_workspace import waits_for_refresh
from gateway.jobs.submissions import RUN, draft, is_sealed, request_of, text_of
from gateway.models import Grant, Job, Transfer, Workspace
from gateway.rules.facts import SYSTEM
from gateway.rules.guards import grant_in_force, opt_outs_fresh
from gateway.rules.refusals import Refusal
from gateway.rules.tiers import tier_of
from gateway.store.queries.facts import MEMBERS, NOBODY, facts_of, informed_of, pool_of
from gateway.store.queries.views import grant_shown
from gateway.vocabulary import Command, JobState, WorkspaceState
from workspaces.catalogue.errors import Invalid
from workspaces.rooms import scripts
from workspaces.rooms.base import Ended, RoomPlan, RoomResult
from workspaces.snapshots import open_snapshot

log = logging.getLogger("tre.jobs")
PAUSE = timedelta(seconds=1)
LOOK_SECONDS = 0.5
GOING_ON = (grant_in_force, opt_outs_fresh)
GRANT = ".grant.json"  # beside the scripts, where `tre check` finds it in the room; no script may have this name


def run_job(house: House, job_id: str) -> datetime | None:
    """Run once. Where a worker died while it ran, its end is taken from the supervisor; if nobody knows it, unusable.

    Delivered again after its end, it stays as it ended. While a refresh has yet to come to its room, the notebook of
    its workspace is open, or the supervisor does not answer, it waits: gives when to try again.
    """
    with house.gateway.unit.reading() as work:
        job = work.need(Job, job_id)
        transfer = work.need(Transfer, job.transfer_id)
        workspace = work.need(Workspace, job.workspace_id)
        grant = work.find(Grant, Grant.project_id == workspace.project_id)
        members = frozenset(row.person_id for row in work.of(MEMBERS, workspace.project_id))
        informed = bool(informed_of(work, members))  # the room is everybody's
        granted = {"grant": grant and grant_shown(grant, pool_of(work), informed=informed)}
        waits = waits_for_refresh(work, workspace) or workspace.room_asked_at is not None
        sees_rows = tier_of(grant).sees_rows
        request = request_of(work, job)
    if job.state is JobState.ENDED:
        return draft(house, job.id)
    if (job.state is JobState.QUEUED and waits) or not _answers(house, job):
        return house.gateway.now() + PAUSE
    try:
        if job.state is JobState.QUEUED:
            perform(house.gateway, actor=SYSTEM, command=Command.START_JOB, subject_id=job.id)
            plan = _plan(house, workspace, transfer, _snapshot(house, job), granted)
            _bring(house, plan.workspace / "code", job, request)
            house.rooms().start(job.id, plan)
        result = _end_of(house, job, workspace)
    except (Refusal, Invalid, OSError) as why:
        # for the operator, who may have to mend it: which rule, or which error of the machine; no paths, no contents
        log.error("job %s did not run: %s", job.id, getattr(why, "code", None) or type(why).__name__)
        _end(house, job, usable=False)
        return None
    used = {"seconds": result.seconds, "cpu_seconds": result.cpu_seconds} if sees_rows else {}
    well = result.ended is Ended.FINISHED and result.exit_code == 0
    _end(house, job, usable=well and (request is None or is_sealed(house, workspace, job, request)), **used)
    return draft(house, job.id)


def _answers(house: House, job: Job) -> bool:
    """Whether rooms can be asked for: a supervisor that is not there costs nobody a job."""
    try:
        house.rooms().status(job.id)
    except Invalid as why:
        log.error("job %s waits: %s", job.id, why.code)
        return False
    return True


def _end_of(house: House, job: Job, workspace: Workspace) -> RoomResult:
    """Wait for it; meanwhile look whether it was stopped, or may not go on."""
    over = threading.Event()
    watcher = threading.Thread(target=_stop_when_asked, args=(house, job.id, workspace.room_key, over), daemon=True)
    watcher.start()
    try:
        return house.rooms().wait(job.id)
    finally:
        over.set()
        watcher.join()


def _stop_when_asked(house: House, job_id: str, room_key: str, over: threading.Event) -> None:
    while not over.wait(LOOK_SECONDS):
        with suppress(OperationalError, Invalid):
            with house.gateway.unit.reading() as work:
                settings = house.gateway.settings
                job = work.need(Job, job_id)
                facts = facts_of(work, job, house.gateway.now(), settings.list_max_age_days, NOBODY)
            frozen = facts.workspace is None or facts.workspace.state is not WorkspaceState.OPEN
            may_not = [why for guard in GOING_ON if (why := guard(SYSTEM, facts)) is not None]
            if job.stopped_at is not None or frozen or may_not:
                house.rooms().stop(room_key)


def _snapshot(house: House, job: Job) -> Path:
    """The room's folder of the snapshot that was cleared at the moment when the job started."""
    with house.gateway.unit.reading() as work:
        snapshot_id = work.need(Job, job.id).snapshot_id
    if snapshot_id is None:
        raise Invalid("snapshot:none", "The project has no snapshot.", "Request one.")
    return snapshot_room(house, snapshot_id)


def snapshot_room(house: House, snapshot_id: str) -> Path:
    """The folder of a snapshot that a room may read."""
    return open_snapshot(house.objects, snapshot_id, house.folder / "snapshots", house.keys.public()).room


def _plan(
    house: House, workspace: Workspace, transfer: Transfer, room: Path, granted: Mapping[str, object]
) -> RoomPlan:
    folder = house.rooms_folder / workspace.room_key
    code = folder / "code"
    code.mkdir(mode=0o750, parents=True, exist_ok=True)
    (code / GRANT).write_text(json.dumps(granted), encoding="utf-8")
    shutil.copyfile(house.folder / "transfers" / transfer.digest, code / transfer.name)
    return RoomPlan(
        room_key=workspace.room_key,
        snapshot=room.resolve(),
        workspace=folder.resolve(),
        command=scripts.command(transfer.name),
        environment=house.gateway.settings.room_environment,
    )


def _bring(house: House, code: Path, job: Job, request: Transfer | None) -> None:
    """What `tre submit` needs: which run this is, and the request that belongs to its script."""
    (code / RUN).write_text(json.dumps({"run": job.id}), encoding="utf-8")
    if request is not None:
        (code / request.name).write_bytes(text_of(house, request))


def _end(house: House, job: Job, *, usable: bool, **used: float) -> None:
    given = EndedGiven(usable=usable, **used)
    perform(house.gateway, actor=SYSTEM, command=Command.END_JOB, subject_id=job.id, given=given)
