"""`tre backup`, `tre restore`, `tre upgrade`, `tre keys`: for operators, on the gateway's machine."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from gateway.backup.restoring import Report
from gateway.cli.admin import house, settings
from gateway.cli.groups import example
from gateway.jobs.house import House, open_house
from gateway.store.away import AWAY, told
from gateway.store.backups import folder_of
from workspaces.catalogue.errors import Invalid

_FOLDER = click.Path(file_okay=False, path_type=Path)
_PATIENCE = click.option(
    "--patience",
    type=click.FloatRange(0),
    default=120,
    show_default=True,
    help="Seconds to wait for who is at work.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


@contextmanager
def _at(open_it: Callable[[], House]) -> Iterator[House]:
    """A house whose connections end with the command; what does not answer is told as everywhere."""
    at = open_it()
    try:
        yield at
    except AWAY as trouble:
        raise told(trouble) from None
    finally:
        at.gateway.unit.dispose()


def _anywhere() -> House:
    """The house whatever stands in its database, which may be empty, older, or gone."""
    try:
        return open_house(settings())
    except (SQLAlchemyError, ImportError):
        raise Invalid("database:unusable", "The database cannot be opened.", "See TRE_DATABASE_URL.") from None


@click.command(epilog=example("tre backup"))
@click.option("--to", type=_FOLDER, help="Where backups go; TRE_BACKUPS unless told.")
def backup(to: Path | None) -> None:
    """Back up the database, the wrapped keys and the vault's digests, while everybody works.

    Prints the folder of the backup. Records are not in it, nor is TRE_SECRET_KEY, without which nothing of it can be
    used: keep that elsewhere. Keys that are older than TRE_KEY_BACKUP_DAYS are removed from earlier backups.
    """
    from gateway.backup.taking import record, take

    with _at(house) as at:
        made = take(at, to or folder_of(at.gateway.settings))
        record(at, made)
    click.echo(made)


@click.command(epilog=example("tre restore backups/20261101T020000Z-1a2b3c4d --rehearse"))
@click.argument("backup", type=_FOLDER)
@click.option("--rehearse", "only_rehearse", is_flag=True, help="Prove that it could be done; change nothing.")
@click.option("--without-keys", is_flag=True, help="Use the keys that are in TRE_FOLDER, not those of the backup.")
@_PATIENCE
@_JSON
def restore(backup: Path, only_rehearse: bool, without_keys: bool, patience: float, as_json: bool) -> None:
    """Put a BACKUP back: rehearsed beside the living database, proven, then what happened since is done again.

    Draws that the backup does not know stay spent; what was destroyed, erased, recalled or closed since ends again; no
    opt-out list older than the newest comes into force. The gateway is closed meanwhile.
    """
    from gateway.backup import restoring

    with _at(_anywhere) as at:
        if only_rehearse:
            done = restoring.rehearse(at, backup, with_keys=not without_keys)
        else:
            done = restoring.restore(at, backup, patience=patience, with_keys=not without_keys)
    shown = _shown(done)
    if as_json:
        click.echo(json.dumps(shown, indent=1))
        return
    click.echo("It can be restored." if only_rehearse else "Restored; everybody signs in again.")
    for name, value in shown.items():
        if name != "findings":
            click.echo(f"  {name.replace('_', ' '):<18} {value}")
    for finding in shown["findings"]:
        click.echo(f"  look at: {finding}")


def _shown(done: Report) -> dict[str, Any]:
    proof, replayed = done.proof, done.replayed
    return {
        "backup": done.backup.id,
        "rows_kept": proof.restoration.kept,
        "rows_lost_at_least": proof.restoration.lost,
        "checkpoints_agree": proof.checkpoints - len(proof.restoration.abandoned),
        "sealed_releases": proof.releases,
        "draws_spent_again": replayed.draws,
        "ends_done_again": replayed.ends,
        "opt_out_list": replayed.list_in_force or "none in force: exchange a new one",
        "findings": list(done.findings),
    }


@click.command(epilog=example("tre upgrade"))
@click.option("--to", type=_FOLDER, help="Where the backup goes; TRE_BACKUPS unless told.")
@_PATIENCE
def upgrade(to: Path | None, patience: float) -> None:
    """Back up, migrate, check, and put everything back by itself if the check fails.

    Run it after installing a new version, with the services stopped. A second call after a kill first undoes what
    the first left half done.
    """
    from gateway.backup import upgrading

    with _at(_anywhere) as at:
        done = upgrading.upgrade(at, to or folder_of(at.gateway.settings), patience=patience)
    click.echo(f"The tables are those of {done.after}; before they were of {done.before}. Backup: {done.backup}")


@click.command(epilog=example("tre keys rotate"))
@_PATIENCE
def rotate(patience: float) -> None:
    """Replace the signing key: what it signed stays valid, and nothing that it signs from now on is.

    The old key and the new one sign the handover, which is sealed, recorded in the log and published beside the
    checkpoints. Take a backup afterwards: an older one has no key that signs.
    """
    from gateway.jobs.rotate_key import rotate_key

    with _at(_anywhere) as at:
        done = rotate_key(at, patience=patience)
    click.echo(f"The key is {done.new} now. It followed {done.old}. Take a backup: tre backup.")


@click.command("list", epilog=example("tre keys list"))
@_JSON
def list_keys(as_json: bool) -> None:
    """The key that signs, and those before it."""
    from gateway.jobs.rotate_key import sealed_handovers

    with _at(house) as at:
        key, handovers = at.keys.public().hex(), sealed_handovers(at)
    if as_json:
        click.echo(json.dumps({"public_key": key, "handovers": [each.shown() for each in handovers]}, indent=1))
        return
    for each in handovers:
        click.echo(f"{each.old}  until {each.at}")
    click.echo(f"{key}  signs")
