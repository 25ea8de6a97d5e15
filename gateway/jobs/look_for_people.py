"""Looking for people in a snapshot: permission first, then the library's look, then the door records it."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

from gateway.commands.perform import noted, perform, permit
from gateway.jobs.house import House
from gateway.rules.facts import Actor
from gateway.vocabulary import Command
from workspaces.snapshots import Contained, contains, open_snapshot


def look_for_people(house: House, *, actor: Actor, snapshot_id: str, numbers: Iterable[str]) -> Contained:
    """How many of these NHS numbers are in a snapshot. That somebody looked is logged; for whom is not."""
    permit(house.gateway, actor=actor, command=Command.LOOK_FOR_PEOPLE, subject_id=snapshot_id)
    with (
        noted(house.gateway, actor=actor, command=Command.LOOK_FOR_PEOPLE, subject_id=snapshot_id),
        tempfile.TemporaryDirectory(dir=house.folder) as scratch,
    ):
        opened = open_snapshot(house.objects, snapshot_id, house.folder / "snapshots", house.keys.public())
        found = contains(
            numbers=numbers, snapshot=opened, sample_key=house.keys.pool(house.pool_id()), scratch=Path(scratch)
        )
    perform(house.gateway, actor=actor, command=Command.LOOK_FOR_PEOPLE, subject_id=snapshot_id)
    return found
