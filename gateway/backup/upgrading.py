"""Moves the database to the newest tables: backed up first, checked afterwards, and put back if anything is wrong."""

from dataclasses import dataclass
from pathlib import Path

from gateway.backup.proving import prove
from gateway.backup.taking import record, take
from gateway.jobs.doctor import Stand, examine
from gateway.jobs.house import House
from gateway.store import backups, migrate, standing
from gateway.store.backups import DATABASE, Backup
from gateway.store.dumps import facts_of, place
from workspaces.catalogue.errors import Invalid
from workspaces.scratch import scratch_folder

_LOOKED_AT = {"database", "keys", "store", "audit log"}


@dataclass(frozen=True)
class Upgraded:
    """From which tables to which, and the backup that was taken before."""

    before: str
    after: str
    backup: Path


def upgrade(house: House, to: Path, *, patience: float) -> Upgraded:
    """Raises Invalid: with the code upgrade:rolled_back everything is as it was before, and the gateway open."""
    address, now = house.gateway.settings.database, house.gateway.now()
    with standing.closed(house.folder, standing.UPGRADING, now, patience=patience):
        _finish_earlier(house)
        try:
            taken = take(house, to)
        except BaseException:
            standing.reopen(house.folder)  # nothing was touched
            raise
        standing.note(house.folder, standing.Standing(standing.UPGRADING, now.isoformat(), str(taken)))
        backup = backups.read(taken, _secret(house), now)
        try:
            migrate.upgrade(address)
            _check(house, backup)
        except Exception as why:
            _roll_back(house, taken, backup)
            raise _rolled_back(why, backup) from None
        record(house, taken)
        standing.reopen(house.folder)
    return Upgraded(backup.revision, facts_of(address).revision, taken)


def _finish_earlier(house: House) -> None:
    """What an upgrade that was killed left is put back first; what a restore left is the restore's to finish."""
    was = standing.standing(house.folder)
    if was is None or not was.backup:
        return
    if was.why == standing.ROTATING:
        raise Invalid("standing:rotating", "A change of the key was cut off here.", "Finish it: tre keys rotate.")
    if was.why != standing.UPGRADING:
        raise Invalid("standing:restoring", "A restore was cut off here.", "Finish it: tre restore.")
    taken = Path(was.backup)
    _roll_back(house, taken, backups.read(taken, _secret(house), house.gateway.now()))
    standing.note(house.folder, standing.Standing(standing.UPGRADING, was.since))


def _check(house: House, backup: Backup) -> None:
    house.gateway.unit.dispose()
    bad = [each for each in examine(house) if each.part in _LOOKED_AT and each.stand is Stand.BAD]
    if bad:
        raise Invalid("upgrade:check", f"{bad[0].part}: {bad[0].sentence}", bad[0].next_step)
    prove(house, backup)


def _roll_back(house: House, taken: Path, backup: Backup) -> None:
    """The database as it was; the gateway opens only when it is that, row for row of the log."""
    address = house.gateway.settings.database
    house.gateway.unit.dispose()
    with scratch_folder(taken.parent) as scratch:
        place(address, taken / DATABASE, scratch)
    now = facts_of(address)
    if (now.rows, now.head, now.revision) != (backup.rows, backup.head, backup.revision):
        raise Invalid("upgrade:not_back", "The database did not come back as it was.", f"Restore {taken}.")
    standing.reopen(house.folder)


def _rolled_back(why: Exception, backup: Backup) -> Invalid:
    said = f"{why.code}: {why.sentence}" if isinstance(why, Invalid) else f"it ended with {type(why).__name__}."
    return Invalid(
        "upgrade:rolled_back",
        f"The upgrade failed and was undone: {said} The tables are those of {backup.revision} again.",
        f"Go on with version {backup.version}, and report it.",
    )


def _secret(house: House) -> str:
    return house.gateway.settings.secret_key.get_secret_value()
