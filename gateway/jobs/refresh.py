"""A refresh: every project's records anew without those who left, week by week (privacy model P15).

It acts for everybody at once, whether or not anybody left. Each visit looks at what the rows say and does what can be
done now, so that a worker that dies anywhere is followed by one that goes on.
"""

from contextlib import suppress
from datetime import datetime, timedelta

from sqlmodel import col

from gateway.commands.perform import perform
from gateway.commands.snapshots import Because, Renewed
from gateway.jobs import erasures
from gateway.jobs.destroy_snapshot import destroy_snapshot
from gateway.jobs.house import House
from gateway.jobs.purge_workspace import purged
from gateway.models import Load, Project, Refresh, Snapshot
from gateway.rules.facts import SYSTEM, Actor
from gateway.rules.refusals import Refusal
from gateway.rules.steps import Step
from gateway.rules.transitions import choose
from gateway.store.queries.facts import NOBODY, facts_of, pool_of
from gateway.vocabulary import Command, RefreshState, SnapshotState

PAUSE = timedelta(seconds=1)
_COMING = (SnapshotState.REQUESTED, SnapshotState.BUILDING)
_USABLE = (SnapshotState.BUILT, SnapshotState.CLEARED)


def begin_refresh(house: House, *, actor: Actor) -> str:
    """The id of a new refresh; workers carry it out."""
    return perform(house.gateway, actor=actor, command=Command.BEGIN_REFRESH, subject_id=house.pool_id()).created_id


def has_ended(house: House, refresh_id: str) -> bool:
    """True when no older version is left anywhere."""
    with house.gateway.unit.reading() as work:
        return work.need(Refresh, refresh_id).state is RefreshState.DONE


def begin_if_due(house: House) -> None:
    """A new refresh when the last one, or the first load, is as old as the period says."""
    settings, now = house.gateway.settings, house.gateway.now()
    with house.gateway.unit.reading() as work:
        newest = work.find(Refresh, col(Refresh.begun_at) > now - timedelta(days=settings.refresh_days))
        loaded = work.find(Load, col(Load.loaded_at) <= now - timedelta(days=settings.refresh_days))
        if newest is not None or loaded is None:
            return
        facts = facts_of(work, pool_of(work), now, settings.list_max_age_days, NOBODY)
        possible = isinstance(choose(SYSTEM, Command.BEGIN_REFRESH, facts), Step)
    if possible:
        begin_refresh(house, actor=SYSTEM)


def refresh(house: House, refresh_id: str) -> datetime | None:
    """One visit; gives when to come again, None when no older version is left anywhere."""
    with house.gateway.unit.reading() as work:
        row = work.need(Refresh, refresh_id)
        projects = [project.id for project in work.all(Project, order=col(Project.id))]
    if row.state is RefreshState.DONE:
        return None
    erasures.carry_out(house, row)
    # every project gets its turn: one that waits for a build or a draw keeps no other waiting
    gone = [_renewed(house, row, each) and purged(house, row, each) and _old_gone(house, each) for each in projects]
    if not all(gone):
        return house.gateway.now() + PAUSE
    erasures.conclude(house, row)
    perform(house.gateway, actor=SYSTEM, command=Command.END_REFRESH, subject_id=refresh_id)
    return None


def _renewed(house: House, row: Refresh, project_id: str) -> bool:
    """True when every snapshot that was there before is retired, and another is in the place of the cleared one."""
    with house.gateway.unit.reading() as work:
        snapshots = work.all(Snapshot, Snapshot.project_id == project_id, order=col(Snapshot.requested_at).desc())
    new = next((each for each in snapshots if each.refresh_id == row.id), None)
    before = [each for each in snapshots if each.refresh_id != row.id and each.requested_at <= row.begun_at]
    old = sorted((each for each in before if each.state in _USABLE), key=lambda each: each.state.value)
    if any(each.state in _COMING for each in before):
        return False
    if not old:
        return True
    cleared = next((each for each in old if each.state is SnapshotState.CLEARED), None)
    if new is None:
        return _ask_for_new(house, row, cleared or old[0], old)
    if new.state in _COMING:
        return False
    if new.state is SnapshotState.BUILT and cleared is not None:
        with suppress(Refusal):  # its grant has ended meanwhile: then the old one goes, and nothing takes its place
            perform(house.gateway, actor=SYSTEM, command=Command.CLEAR_SNAPSHOT, subject_id=new.id)
    _retire(house, old, "Refreshed." if new.state in _USABLE else "Its refresh failed.")
    return True


def _ask_for_new(house: House, row: Refresh, old: Snapshot, every: list[Snapshot]) -> bool:
    given = Renewed(refresh_id=row.id)
    try:
        perform(house.gateway, actor=SYSTEM, command=Command.RENEW_SNAPSHOT, subject_id=old.id, given=given)
    except Refusal as why:
        if why.code == "opt_outs:not_fresh":
            return False  # nothing may run on the old one either, until a newer list is in force
        _retire(house, every, why.sentence)
        return True
    return False


def _retire(house: House, snapshots: list[Snapshot], reason: str) -> None:
    for each in snapshots:
        with suppress(Refusal):  # the new one has retired the cleared one already
            given = Because(reason=reason)
            perform(house.gateway, actor=SYSTEM, command=Command.RETIRE_SNAPSHOT, subject_id=each.id, given=given)


def _old_gone(house: House, project_id: str) -> bool:
    with house.gateway.unit.reading() as work:
        retired = work.all(Snapshot, Snapshot.project_id == project_id, Snapshot.state == SnapshotState.RETIRED)
    return all([destroy_snapshot(house, each.id) for each in retired])
