"""Puts a backup back: rehearsed beside the living database first, proven, replayed, and only then served.

From the first write to the last the gateway is closed; whatever kills this leaves it closed, and the same command
goes on from the beginning.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from alembic.script import ScriptDirectory

from gateway.backup.overlay import Overlay
from gateway.backup.proving import Proof, missing_loads, prove, shredded_ids
from gateway.backup.replaying import Replayed, replay
from gateway.backup.wrapped_keys import open_keys, put_keys
from gateway.commands.perform import Gateway
from gateway.jobs.house import House
from gateway.jobs.rotate_key import need_newest, record_missing
from gateway.jobs.sign_checkpoint import sign_checkpoint
from gateway.store import backups, migrate, standing
from gateway.store.backups import DATABASE, KEYS, VAULT, Backup
from gateway.store.dumps import beside, kind_of, place
from gateway.store.unit_of_work import UnitOfWork
from workspaces.catalogue.errors import Invalid
from workspaces.scratch import scratch_folder


@dataclass(frozen=True)
class Report:
    """What a restore, or its rehearsal, proved and did again."""

    backup: Backup
    proof: Proof
    replayed: Replayed
    findings: tuple[str, ...]


def rehearse(house: House, folder: Path, *, with_keys: bool = True) -> Report:
    """Put the backup back beside the living gateway, prove and replay it there; nothing of the living one changes."""
    backup = _opened(house, folder, with_keys=with_keys)
    place_ = house.folder / "rehearsals"
    place_.mkdir(mode=0o700, parents=True, exist_ok=True)
    with scratch_folder(place_) as scratch, _stage(house, scratch) as stage:
        _copy_keys(house, stage.keys.folder)
        done = _settle(stage, folder, backup, scratch, living=False, with_keys=with_keys)
        # with the stage's keys: asked for here, one that the backup brings would be made anew in the living folder
        here = replace(house, keys=stage.keys)
        found = tuple(missing_loads(here, json.loads((folder / VAULT).read_bytes())))
        return replace(done, findings=(*found, *done.findings))


def restore(house: House, folder: Path, *, patience: float, with_keys: bool = True) -> Report:
    """Rehearse, then put it in the place of the living database. Raises Invalid, closed where that had begun."""
    now = house.gateway.now()
    with standing.closed(house.folder, standing.RESTORING, now, patience=patience):
        was = standing.standing(house.folder)
        try:
            rehearsed = rehearse(house, folder, with_keys=with_keys)
        except Invalid:
            if was is not None and not was.backup:
                standing.reopen(house.folder)  # nothing of the living gateway was touched
            raise
        standing.note(house.folder, standing.Standing(standing.RESTORING, now.isoformat(), str(folder)))
        with scratch_folder(house.folder / "rehearsals") as scratch:
            done = _settle(house, folder, rehearsed.backup, scratch, living=True, with_keys=with_keys)
        standing.reopen(house.folder)
    return replace(done, findings=rehearsed.findings)


def _opened(house: House, folder: Path, *, with_keys: bool) -> Backup:
    """The backup, whole, for this kind of database and no newer than this code, its keys not too old."""
    now: datetime = house.gateway.now()
    backup = backups.read(folder, _secret(house), now)
    kind = kind_of(house.gateway.settings.database)
    if backup.kind != kind:
        raise Invalid("backup:other_database", f"It is of {backup.kind}; this gateway keeps {kind}.", "Use that one.")
    known = {each.revision for each in ScriptDirectory(migrate.SCRIPTS).walk_revisions()}
    if backup.revision not in known:
        raise Invalid("backup:newer", f"It was made by version {backup.version}.", "Install that version first.")
    if with_keys and (backup.expired(now) or not (folder / KEYS).exists()):
        raise Invalid(
            "backup:keys_expired",
            f"Its keys expired on {backup.keys_expire_at[:10]}.",
            "Use a newer backup; where the keys are still in TRE_FOLDER, add --without-keys.",
        )
    return backup


def _settle(house: House, folder: Path, backup: Backup, scratch: Path, *, living: bool, with_keys: bool) -> Report:
    if with_keys:
        put_keys(open_keys(folder, backup, _secret(house)), house.keys.folder, ended=shredded_ids(house))
    elif not (house.keys.folder / "signing.key").exists():
        raise Invalid("backup:no_keys", "The keys are not in this folder.", "Restore with the backup's keys.")
    need_newest(house)
    place(house.gateway.settings.database, folder / DATABASE, scratch)
    migrate.upgrade(house.gateway.settings.database)
    proof = prove(house, backup)
    replayed = replay(house, proof, with_records=living)
    record_missing(house)
    sign_checkpoint(house)
    return Report(backup, proof, replayed, proof.findings)


@contextmanager
def _stage(house: House, scratch: Path) -> Iterator[House]:
    """The house of a rehearsal: another database, another folder, a store that keeps its changes to itself."""
    with beside(house.gateway.settings.database, scratch) as address:
        settings = house.gateway.settings.model_copy(update={"database_url": address, "folder": scratch / "folder"})
        unit = UnitOfWork(address)
        try:
            gateway = Gateway(unit, settings, house.gateway.clock)
            keys = house.keys.elsewhere(scratch / "keys")
            settings.folder.mkdir(mode=0o700)
            (settings.folder / "opt_outs").symlink_to(house.opt_outs.absolute())  # its files say which list is whole
            yield replace(house, gateway=gateway, objects=Overlay(house.objects, scratch / "objects"), keys=keys)
        finally:
            unit.dispose()


def _copy_keys(house: House, to: Path) -> None:
    put_keys({path.name: path.read_bytes() for path in house.keys.folder.glob("*.key")}, to, ended=())


def _secret(house: House) -> str:
    return house.gateway.settings.secret_key.get_secret_value()
