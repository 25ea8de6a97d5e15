"""The end of a snapshot that nobody may read any more: noted, its files gone, told to the door."""

from contextlib import suppress

from gateway.commands.perform import perform
from gateway.jobs.certificates import certify_snapshot
from gateway.jobs.house import House
from gateway.models import Job, Release, Snapshot, Workspace
from gateway.rules.facts import SYSTEM
from gateway.rules.refusals import Refusal
from gateway.store.sealed_notes import Kind, bury
from gateway.store.unit_of_work import Work
from gateway.vocabulary import Command, JobState, ReleaseState, SnapshotState
from workspaces.snapshots import destroy, discard


def destroy_snapshot(house: House, snapshot_id: str) -> bool:
    """Destroy a retired or failed snapshot; False while something that has begun still reads it."""
    with house.gateway.unit.reading() as work:
        snapshot = work.need(Snapshot, snapshot_id)
        if _in_use(work, snapshot):
            return False
    now, state = house.gateway.now(), snapshot.state
    bury(house.objects, kind=Kind.SNAPSHOT, id=snapshot_id, at=now, state=state.value)
    with suppress(FileNotFoundError):  # another worker does it as well
        destroy(house.objects, snapshot_id)
        discard(house.folder / "snapshots", snapshot_id)
    if state is SnapshotState.RETIRED:
        certify_snapshot(house, snapshot)
        with suppress(Refusal):
            perform(house.gateway, actor=SYSTEM, command=Command.DESTROY_SNAPSHOT, subject_id=snapshot_id)
    return True


def _in_use(work: Work, snapshot: Snapshot) -> bool:
    """A draw that has begun on it is spent and ends as it may; so does a job that runs in the project's room."""
    drawing = Release.snapshot_id == snapshot.id, Release.state == ReleaseState.DRAWING
    room = work.find(Workspace, Workspace.project_id == snapshot.project_id)
    running = room and work.find(
        Job, Job.workspace_id == room.id, Job.state == JobState.RUNNING, Job.snapshot_id == snapshot.id
    )
    return work.find(Release, *drawing) is not None or running is not None
