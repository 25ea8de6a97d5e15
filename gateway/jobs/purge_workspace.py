"""A refresh in one project's room: its program stopped, what it wrote removed, its recorded job queued again."""

import json
from contextlib import suppress
from hashlib import sha256

from sqlmodel import col

from gateway.commands.perform import perform
from gateway.commands.rooms import Why
from gateway.commands.workspaces import Purged as Given
from gateway.jobs.house import House
from gateway.models import Job, Refresh, Snapshot, Workspace
from gateway.rules.facts import SYSTEM
from gateway.rules.refusals import Refusal
from gateway.store.unit_of_work import Work
from gateway.vocabulary import Command, JobState, RefreshState, WorkspaceState
from workspaces.rooms.purging import Purged, purge


def waits_for_refresh(work: Work, workspace: Workspace) -> bool:
    """True while a refresh has yet to purge this room: no program starts in it."""
    running = work.find(Refresh, Refresh.state == RefreshState.RUNNING)
    return running is not None and workspace.refresh_id != running.id


def purged(house: House, row: Refresh, project_id: str) -> bool:
    """True when the project's room, if it has one, is closed and holds nothing from before this refresh."""
    with house.gateway.unit.reading() as work:
        workspace = work.find(Workspace, Workspace.project_id == project_id)
        if workspace is None or workspace.refresh_id == row.id or workspace.state is WorkspaceState.DESTROYED:
            return True
        running = work.find(Job, Job.workspace_id == workspace.id, Job.state == JobState.RUNNING)
        people = max((each.people for each in work.all(Snapshot, Snapshot.project_id == project_id)), default=0)
        again = _recorded_job(work, workspace)
    if workspace.room_asked_at is not None:
        why = Why(reason="refresh")
        with suppress(Refusal):  # somebody closed it meanwhile
            perform(house.gateway, actor=SYSTEM, command=Command.END_ROOM, subject_id=workspace.id, given=why)
    if house.rooms().stop(workspace.room_key) or running is not None:
        return False  # looked at again when nothing is at work there
    folder = (house.rooms_folder / workspace.room_key).resolve()
    gone = purge(folder, people=people) if folder.is_dir() else Purged({}, 0)
    if again is not None:
        with suppress(Refusal):  # today's jobs are used up, or the grant has ended
            perform(house.gateway, actor=SYSTEM, command=Command.RERUN_JOB, subject_id=again.transfer_id)
    given = Given(refresh_id=row.id, receipt=_receipt(house, row, workspace, gone), removed=sum(gone.removed.values()))
    perform(house.gateway, actor=SYSTEM, command=Command.PURGE_WORKSPACE, subject_id=workspace.id, given=given)
    return True


def _recorded_job(work: Work, workspace: Workspace) -> Job | None:
    """The newest job that ended usable, unless its script waits to run already."""
    jobs = work.all(Job, Job.workspace_id == workspace.id, order=col(Job.submitted_at).desc())
    newest = next((job for job in jobs if job.usable), None)
    queued = {job.transfer_id for job in jobs if job.state is JobState.QUEUED}
    return newest if newest is not None and newest.transfer_id not in queued else None


def _receipt(house: House, row: Refresh, workspace: Workspace, gone: Purged) -> str:
    """Seal what was removed, by kind of file and without names; gives the digest."""
    told = {
        "refresh": row.id,
        "workspace": workspace.id,
        "at": house.gateway.now().isoformat(),
        "removed": gone.removed,
        "kept": gone.kept,
    }
    body = json.dumps(told, sort_keys=True, indent=1).encode()
    digest = sha256(body).hexdigest()
    place = f"receipts/{row.id}/{workspace.id}-{digest[:16]}"
    house.objects.seal(f"{place}.json", body)
    house.objects.seal(f"{place}.sig", house.keys.sign(body))
    return digest
