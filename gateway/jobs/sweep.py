"""Removes what nobody may read any more, whoever died before doing so; every worker does it again and again.

What is not a row of ours is left alone: a gateway that was started on the wrong database must not empty its store.
"""

from sqlmodel import col

from gateway.commands.terms import object_name, package_name
from gateway.jobs.burials import bury_what_ended
from gateway.jobs.destroy_snapshot import destroy_snapshot
from gateway.jobs.house import House
from gateway.models import Release, Snapshot
from gateway.vocabulary import ReleaseState, SnapshotState
from workspaces.scratch import scratch_folder

_GONE = (SnapshotState.FAILED, SnapshotState.RETIRED)


def sweep(house: House) -> None:
    """Files of failed and retired snapshots, bytes of failed draws, and what was being written by who died."""
    bury_what_ended(house)
    _sweep_snapshots(house)
    _sweep_draws(house)
    house.objects.tidy()
    for place in (house.folder / "snapshots", house.folder / "blocks", house.vault / "scratch", house.opt_outs):
        if place.is_dir():
            with scratch_folder(place):  # the next that works there removes what others left
                pass


def _sweep_snapshots(house: House) -> None:
    stored = {name.split("/")[1] for name in house.objects.list("snapshots/")}
    opened = {path.name.split(".")[0] for path in (house.folder / "snapshots").glob("snp-*")}
    with house.gateway.unit.reading() as work:
        over = work.all(Snapshot, col(Snapshot.id).in_(stored | opened), col(Snapshot.state).in_(_GONE))
    for snapshot in over:
        destroy_snapshot(house, snapshot.id)


def _sweep_draws(house: House) -> None:
    drawn = {name.split("/")[1] for name in house.objects.list("releases/")}
    with house.gateway.unit.reading() as work:
        failed = work.all(Release, col(Release.id).in_(drawn), Release.state == ReleaseState.FAILED)
    for release in failed:
        house.objects.delete(object_name(release))
        house.objects.delete(package_name(release))
