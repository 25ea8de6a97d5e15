"""A batch run in a room: staged, run, ended; of how it went only one bit comes out (privacy model P13)."""

import json
import logging
import shutil
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from gateway.commands.perform import perform
from gateway.commands.workspaces import Ended as EndedGiven
from gateway.jobs.house import House
from gateway.jobs.purge_workspace import waits_for_refresh
from gateway.models import Grant, Job, Transfer, Workspace
from gateway.rules.facts import SYSTEM
from gateway.rules.refusals import Refusal
from gateway.store.queries.facts import MEMBERS, people_informed, pool_of
from gateway.store.queries.views import grant_shown
from gateway.vocabulary import Command, JobState
from workspaces.catalogue.errors import Invalid
from workspaces.rooms.base import Ended, RoomPlan, RoomResult
from workspaces.snapshots import open_snapshot

log = logging.getLogger("tre.jobs")
PAUSE = timedelta(seconds=1)
GRANT = ".grant.json"  # beside the scripts, where `tre check` finds it in the room; no script may have this name


def run_job(house: House, job_id: str) -> datetime | None:
    """Run once. A worker that died while it ran leaves a job that ends unusable; it is not run again.

    Delivered again after its end, it stays as it ended. While a refresh has yet to come to its room it waits: gives
    when to try again.
    """
    with house.gateway.unit.reading() as work:
        job = work.need(Job, job_id)
        transfer = work.need(Transfer, job.transfer_id)
        workspace = work.need(Workspace, job.workspace_id)
        grant = work.find(Grant, Grant.project_id == workspace.project_id)
        members = {row.person_id for row in work.of(MEMBERS, workspace.project_id)}
        informed = bool(members & people_informed(work))  # the room is everybody's
        granted = {"grant": grant and grant_shown(grant, pool_of(work), informed=informed)}
        waits = waits_for_refresh(work, workspace)
    if job.state is JobState.QUEUED and waits:
        return house.gateway.now() + PAUSE
    if job.state is JobState.RUNNING:
        _end(house, job, usable=False)
    if job.state is not JobState.QUEUED:
        return None
    try:
        perform(house.gateway, actor=SYSTEM, command=Command.START_JOB, subject_id=job.id)
        result = _run(house, workspace, transfer, _snapshot(house, job), granted)
    except (Refusal, Invalid, OSError) as why:
        # for the operator, who may have to mend it: which rule, or which error of the machine; no paths, no contents
        log.error("job %s did not run: %s", job.id, getattr(why, "code", None) or type(why).__name__)
        _end(house, job, usable=False)
        return None
    _end(house, job, usable=result.ended is Ended.FINISHED and result.exit_code == 0)
    return None


def _snapshot(house: House, job: Job) -> Path:
    """The room's folder of the snapshot that was cleared at the moment when the job started."""
    with house.gateway.unit.reading() as work:
        snapshot_id = work.need(Job, job.id).snapshot_id
    if snapshot_id is None:
        raise Invalid("snapshot:none", "The project has no snapshot.", "Request one.")
    return open_snapshot(house.objects, snapshot_id, house.folder / "snapshots", house.keys.public()).room


def _run(
    house: House, workspace: Workspace, transfer: Transfer, room: Path, granted: Mapping[str, object]
) -> RoomResult:
    folder = house.rooms_folder / workspace.room_key
    code = folder / "code"
    code.mkdir(mode=0o750, parents=True, exist_ok=True)
    (code / GRANT).write_text(json.dumps(granted), encoding="utf-8")
    shutil.copyfile(house.folder / "transfers" / transfer.digest, code / transfer.name)
    plan = RoomPlan(
        room_key=workspace.room_key,
        snapshot=room.resolve(),
        workspace=folder.resolve(),
        command=("python3", "-I", f"/workspace/code/{transfer.name}"),
        environment=house.gateway.settings.room_environment,
    )
    return house.rooms().run(plan)


def _end(house: House, job: Job, *, usable: bool) -> None:
    given = EndedGiven(usable=usable)
    perform(house.gateway, actor=SYSTEM, command=Command.END_JOB, subject_id=job.id, given=given)
