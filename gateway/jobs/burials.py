"""Tombstones of what ended, and the newest opt-out list, kept where no restore of the database reaches them.

Every worker looks again and again, and before anything is destroyed: what a restore brings back is ended again.
"""

from collections.abc import Iterator

from sqlmodel import col

from gateway.jobs.certificates import certify_key
from gateway.jobs.house import House
from gateway.models import OptOutList, Project, Release, Snapshot
from gateway.store.sealed_notes import LISTS, TOMBSTONES, Kind, bury, note_list
from gateway.store.unit_of_work import Work
from gateway.vocabulary import OptOutListState, ProjectState, ReleaseState, SnapshotState

ENDED_SNAPSHOTS = (SnapshotState.RETIRED, SnapshotState.FAILED, SnapshotState.DESTROYED)
ENDED_RELEASES = (ReleaseState.RECALLED, ReleaseState.REFUSED, ReleaseState.FAILED)


def bury_what_ended(house: House) -> None:
    """One note for each thing that ended since the last look, then the keys of projects that are over."""
    noted = {*house.objects.list(TOMBSTONES), *house.objects.list(LISTS)}
    now = house.gateway.now()
    with house.gateway.unit.reading() as work:
        ended = [each for each in _ended(work) if f"{TOMBSTONES}{each[0].value}/{each[1]}.json" not in noted]
        answers = work.all(OptOutList, OptOutList.state != OptOutListState.RECEIVED)
        over = _projects_without_snapshots(work)
    for kind, id, state in ended:
        bury(house.objects, kind=kind, id=id, at=now, state=state)
    for row in answers:
        if f"{LISTS}{row.local_id}.json" not in noted:
            at = row.activated_at or row.received_at
            note_list(house.objects, local_id=row.local_id, at=at, list_date=row.list_date.isoformat())
    for project_id in over:
        shred_key(house, project_id)


def shred_key(house: House, project_id: str) -> None:
    """The project's pseudonym key, noted first: nobody can make its pseudonyms again."""
    if house.keys.has_project(project_id):
        bury(house.objects, kind=Kind.KEY, id=project_id, at=house.gateway.now())
        house.keys.shred_project(project_id)
        certify_key(house, project_id)


def _ended(work: Work) -> Iterator[tuple[Kind, str, str]]:
    for snapshot in work.all(Snapshot, col(Snapshot.state).in_(ENDED_SNAPSHOTS)):
        yield Kind.SNAPSHOT, snapshot.id, snapshot.state.value
    for project in work.all(Project, Project.state == ProjectState.CLOSED):
        yield Kind.PROJECT, project.id, project.state.value
    for release in work.all(Release, col(Release.state).in_(ENDED_RELEASES)):
        yield Kind.RELEASE, release.id, release.state.value


def _projects_without_snapshots(work: Work) -> list[str]:
    closed = work.all(Project, Project.state == ProjectState.CLOSED)
    alive = {row.project_id for row in work.all(Snapshot, col(Snapshot.state).not_in(ENDED_SNAPSHOTS))}
    return [project.id for project in closed if project.id not in alive]
