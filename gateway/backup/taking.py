"""Takes a backup: the database as it is at one moment, the keys, and the digests of what lies in the vault.

Records are not in it: they stay with their sources, who send them again. It is made in a folder that nobody takes
for a backup, and moved into place whole; what a kill left goes with the next one.
"""

import json
import os
from dataclasses import asdict
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from secrets import token_hex

from gateway.backup.wrapped_keys import seal_keys
from gateway.commands.perform import perform
from gateway.commands.safekeeping import Taken
from gateway.jobs.house import House
from gateway.rules.facts import SYSTEM
from gateway.store import backups
from gateway.store.backups import DATABASE, KEYS, VAULT, Backup, expire_keys
from gateway.store.dumps import dump
from gateway.vocabulary import Command
from workspaces.scratch import scratch_folder


def take(house: House, to: Path) -> Path:
    """The folder of a new backup below `to`; old key backups there are removed. Asks for no newest tables."""
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    with scratch_folder(to) as scratch:
        draft = scratch / "backup"
        draft.mkdir(mode=0o700)
        made = _fill(house, draft)
        os.rename(draft, to / made.id)
        _settle(to)
    expire_keys(house.gateway.settings, to, house.gateway.now())
    return to / made.id


def record(house: House, folder: Path) -> None:
    """One row of the log says that it was taken."""
    given = Taken(backup=folder.name)
    perform(house.gateway, actor=SYSTEM, command=Command.TAKE_BACKUP, subject_id=house.pool_id(), given=given)


def _fill(house: House, folder: Path) -> Backup:
    now = house.gateway.now()
    id = f"{now:%Y%m%dT%H%M%SZ}-{token_hex(4)}"
    expires = (now + timedelta(days=house.gateway.settings.key_backup_days)).isoformat()
    dumped = dump(house.gateway.settings.database, folder / DATABASE)
    (folder / VAULT).write_text(json.dumps(_vault(house), indent=1), encoding="utf-8")
    # after database and vault: a key that something in them needs was made before it
    (folder / KEYS).write_bytes(seal_keys(house.keys.folder, id=id, expires=expires, secret=_secret(house)))
    made = Backup(
        id=id,
        taken_at=now.isoformat(),
        keys_expire_at=expires,
        version=version("tre-gateway"),
        kind=dumped.kind,
        revision=dumped.revision,
        rows=dumped.rows,
        head=dumped.head,
        files={name: backups.digest_of(folder / name) for name in (DATABASE, KEYS, VAULT)},
    )
    backups.write(folder, made, _secret(house))
    for path in folder.iterdir():
        path.chmod(0o600)
        _settle(path)
    return made


def _vault(house: House) -> list[dict[str, object]]:
    """Each load by its digests; nothing is read of the records."""
    loads = house.records().all() if house.vault.is_dir() else ()
    return [{name: asdict(load)[name] for name in ("digest", "sequence", "files")} for load in loads]


def _settle(path: Path) -> None:
    held = os.open(path, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)


def _secret(house: House) -> str:
    return house.gateway.settings.secret_key.get_secret_value()
