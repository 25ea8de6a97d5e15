"""Removes what nobody may read any more, whoever died before doing so; every worker does it again and again.

What is not a row of ours is left alone: a gateway that was started on the wrong database must not empty its store.
"""

from contextlib import suppress

from sqlmodel import col

from gateway.commands.terms import object_name, package_name
from gateway.jobs.burials import bury_what_ended
from gateway.jobs.house import House
from gateway.models import Job, Release, Snapshot, Workspace
from gateway.store.unit_of_work import Work
from gateway.vocabulary import JobState, ReleaseState, SnapshotState
from workspaces.scratch import scratch_folder
from workspaces.snapshots import destroy, discard

_GONE = (SnapshotState.FAILED, SnapshotState.RETIRED)


def sweep(house: House) -> None:
    """Files of failed and retired snapshots, bytes of failed draws, and what was being written by who died."""
    bury_what_ended(house)
    _sweep_snapshots(house)
    _sweep_draws(house)
    house.objects.tidy()
    for place in (house.folder / "snapshots", house.vault / "scratch", house.opt_outs):
        if place.is_dir():
            with scratch_folder(place):  # the next that works there removes what others left
                pass


def _sweep_snapshots(house: House) -> None:
    stored = {name.split("/")[1] for name in house.objects.list("snapshots/")}
    opened = {path.name.split(".")[0] for path in (house.folder / "snapshots").glob("snp-*")}
    with house.gateway.unit.reading() as work:
        rows = work.all(Snapshot, col(Snapshot.id).in_(stored | opened), col(Snapshot.state).in_(_GONE))
        over = [row.id for row in rows if not _in_use(work, row)]
    for snapshot_id in over:
        with suppress(FileNotFoundError):  # another worker sweeps as well
            destroy(house.objects, snapshot_id)
            discard(house.folder / "snapshots", snapshot_id)


def _in_use(work: Work, snapshot: Snapshot) -> bool:
    """A draw that has begun on it is spent and ends as it may; so does a job that runs in the project's room."""
    drawing = Release.snapshot_id == snapshot.id, Release.state == ReleaseState.DRAWING
    room = work.find(Workspace, Workspace.project_id == snapshot.project_id)
    running = room and work.find(Job, Job.workspace_id == room.id, Job.state == JobState.RUNNING)
    return work.find(Release, *drawing) is not None or running is not None


def _sweep_draws(house: House) -> None:
    drawn = {name.split("/")[1] for name in house.objects.list("releases/")}
    with house.gateway.unit.reading() as work:
        failed = work.all(Release, col(Release.id).in_(drawn), Release.state == ReleaseState.FAILED)
    for release in failed:
        house.objects.delete(object_name(release))
        house.objects.delete(package_name(release))
