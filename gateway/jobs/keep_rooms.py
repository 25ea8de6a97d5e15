"""Notebooks that are to be open are open, and no others: looked at again and again by every worker.

What is to be stands in the database, what is stands with the driver. A worker that begins anew finds a room that the
supervisor kept; a supervisor that began anew has none, so that it is opened again.
"""

import fcntl
import json
import logging
import threading
from contextlib import suppress
from pathlib import Path

from sqlalchemy.exc import OperationalError
from sqlmodel import col

from gateway.commands.perform import perform
from gateway.commands.rooms import Why, run_name, token_of
from gateway.jobs.house import House
from gateway.jobs.run_job import snapshot_room
from gateway.models import Job, Workspace
from gateway.rules.facts import SYSTEM, Facts
from gateway.rules.refusals import Refusal
from gateway.rules.room_guards import why_it_ends
from gateway.rules.tiers import tier_of
from gateway.store.queries.facts import NOBODY, facts_of
from gateway.store.standing import Closed, at_work
from gateway.vocabulary import Command, JobState
from workspaces.catalogue.errors import Invalid
from workspaces.rooms import desktops, notebooks
from workspaces.rooms.base import RoomPlan

log = logging.getLogger("tre.rooms")
LOOK_SECONDS = 1.0


def keep_forever(house: House, stop: threading.Event) -> None:
    """Until told to stop. Of several workers one keeps the rooms; a failure is logged by its kind and tried again."""
    place = house.folder / "doors"
    place.mkdir(mode=0o750, parents=True, exist_ok=True)
    with open(place / "keeper.lock", "w") as lock:
        while not stop.wait(LOOK_SECONDS):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                with at_work(house.folder):
                    keep_rooms(house)
            except (BlockingIOError, Closed):
                continue  # another worker keeps them, or the gateway is closed
            except (OperationalError, Invalid, OSError) as why:
                log.error("rooms could not be looked at: %s", getattr(why, "code", None) or type(why).__name__)


def keep_rooms(house: House) -> None:
    """One look: opens what is wanted and may be, ends what may not go on or is not wanted any more."""
    with house.gateway.unit.reading() as work:
        wanted = {run_name(row): row for row in work.all(Workspace, col(Workspace.room_asked_at).is_not(None))}
        keys = {row.id: row.room_key for row in work.all(Workspace)}
    kept = {name for name, workspace in wanted.items() if _keep(house, name, workspace)}
    for name in house.rooms().at_work():
        workspace_id = name.partition(".")[0]
        if workspace_id in keys and name not in kept:  # jobs have other names
            house.rooms().stop(keys[workspace_id])


def _keep(house: House, name: str, workspace: Workspace) -> bool:
    """Whether it goes on."""
    settings = house.gateway.settings
    with house.gateway.unit.reading() as work:
        row = work.need(Workspace, workspace.id)
        facts = facts_of(work, row, house.gateway.now(), settings.list_max_age_days, NOBODY)
        busy = work.find(Job, Job.workspace_id == row.id, Job.state == JobState.RUNNING) is not None
    why = why_it_ends(facts)
    if why is not None or facts.snapshot is None:
        return _end(house, workspace, why.code if why else "snapshot:none")
    sitting = house.rooms().status(name)
    if sitting is None and not busy:  # else it opens when the job has ended
        house.rooms().start(name, _plan(house, workspace, facts, snapshot_room(house, facts.snapshot.id)))
    elif sitting is not None and not sitting.at_work:
        return _end(house, workspace, sitting.refused.code if sitting.refused else "room:ended")
    return True


def _end(house: House, workspace: Workspace, why: str) -> bool:
    with suppress(Refusal):  # somebody closed it meanwhile
        given = Why(reason=why)
        perform(house.gateway, actor=SYSTEM, command=Command.END_ROOM, subject_id=workspace.id, given=given)
    return False


def _plan(house: House, workspace: Workspace, facts: Facts, room: Path) -> RoomPlan:
    settings = house.gateway.settings
    shown = desktops if tier_of(facts.grant).desktop else notebooks
    folder, door = house.rooms_folder / workspace.room_key, house.folder / "doors" / workspace.id / "inside"
    said = folder / "code" / notebooks.CONFIGURATION
    for each in (said.parent, door):
        each.mkdir(mode=0o750, parents=True, exist_ok=True)
    said.write_text(json.dumps(notebooks.PAGE), encoding="utf-8")
    return RoomPlan(
        room_key=workspace.room_key,
        snapshot=room.resolve(),
        workspace=folder.resolve(),
        environment=Path(settings.notebook_environment).resolve(),
        command=shown.COMMAND,
        limits=shown.LIMITS,
        door=door.resolve(),
        variables=notebooks.variables(token_of(settings, workspace)),
    )
