"""What happened after a backup, from where no restore reaches: told to the door, then done again to bytes and keys."""

from contextlib import suppress
from dataclasses import dataclass

from gateway.backup.proving import Proof, shredded_ids
from gateway.backup.wrapped_keys import shred_ended
from gateway.commands.perform import perform
from gateway.commands.safekeeping import End, Restored, Spend
from gateway.jobs import erasures
from gateway.jobs.house import House
from gateway.jobs.opt_out_lists import exchange_of
from gateway.jobs.sweep import sweep
from gateway.models import OptOutList
from gateway.rules.facts import SYSTEM
from gateway.store.sealed_notes import Kind, buried, lists, spends
from gateway.vocabulary import Command
from workspaces.catalogue.errors import Invalid
from workspaces.snapshots import destroy, discard

_TOLD = {Kind.SNAPSHOT, Kind.PROJECT, Kind.RELEASE, Kind.ERASURE}


@dataclass(frozen=True)
class Replayed:
    """Counts of what was done again, and the opt-out list in force (empty for none)."""

    draws: int
    ends: int
    list_in_force: str


def replay(house: House, proof: Proof, *, with_records: bool) -> Replayed:
    """Twice is once. `with_records` also goes over the vault, which a rehearsal leaves alone."""
    notes = [note for note in buried(house.objects) if note.kind in _TOLD]
    spent = spends(house.objects)
    signature = house.keys.sign(proof.restoration.body())
    given = Restored(
        reason=proof.restoration.reason(signature),
        spends=[_spend(note.id, dict(note.told)) for note in spent],
        ends=[End(kind=Kind(note.kind), id=note.id, state=str(note.told.get("state", ""))) for note in notes],
        unreadable=list(proof.unreadable),
        list_in_force=_newest_list(house),
    )
    done = perform(house.gateway, actor=SYSTEM, command=Command.RESTORE_POOL, subject_id=house.pool_id(), given=given)
    for note in buried(house.objects, Kind.SNAPSHOT):
        with suppress(FileNotFoundError):
            destroy(house.objects, note.id)
            discard(house.folder / "snapshots", note.id)
    shred_ended(house.keys.folder, shredded_ids(house))
    if with_records:
        erasures.replay(house)
    sweep(house)
    return Replayed(int(done.returned["spent_again"]), len(notes), given.list_in_force)


def _spend(release: str, told: dict[str, object]) -> Spend:
    return Spend.model_validate(
        {"release": release, **{name: told[name] for name in Spend.model_fields if name != "release"}}
    )


def _newest_list(house: House) -> str:
    """The newest list that was ever in force, if the database knows it and its files lie here whole."""
    noted = lists(house.objects)
    with house.gateway.unit.reading() as work:
        known = {row.local_id: row for row in work.all(OptOutList)}
    in_force = [(row.activated_at.isoformat(), row.local_id) for row in known.values() if row.activated_at]
    newest = max([*in_force, *((note.at, note.id) for note in noted)], default=("", ""))[1]
    if newest not in known:
        return ""
    try:
        whole = exchange_of(house).opened(newest).digest == known[newest].digest
    except Invalid:
        return ""
    return newest if whole else ""
