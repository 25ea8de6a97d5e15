"""`tre audit prove-growth` and `verify-growth`: that the log only grew, for who keeps checkpoints and sees no row."""

import json
from pathlib import Path

import click

from gateway.cli.groups import example
from gateway.cli.log_files import FILE, read_log, read_published
from gateway.cli.offline import KEPT, KEY, need, trusted_keys
from gateway.evidence.chain import verify
from gateway.evidence.checkpoints import Checkpoint
from gateway.evidence.growth_proofs import prove_growth, read_growth, why_not_grown
from workspaces.catalogue.errors import Invalid
from workspaces.catalogue.json_files import read_json


@click.command("prove-growth", epilog=example("tre audit prove-growth audit.jsonl 1200 > growth.json"))
@click.argument("export", type=FILE)
@click.argument("rows", type=click.IntRange(1))
def prove(export: Path, rows: int) -> None:
    """Print a proof that the log still begins with what the checkpoint of so many ROWS signed; it shows no row.

    The proof leads to the newest checkpoint in EXPORT, for `tre audit verify-growth`.
    """
    log = read_log(export)
    verdict = verify(log.rows)
    if verdict.broken_at is not None:
        raise Invalid("audit:broken", f"At row {verdict.broken_at}: {verdict.why}.", "Prove growth of a whole log.")
    before = next((each for each in log.checkpoints if each.size == rows), None)
    after = max(log.checkpoints, key=lambda each: each.size, default=None)
    if before is None or after is None or after.size > len(log.rows):
        raise Invalid(
            "audit:not_signed",
            f"The export has no checkpoint of {rows} rows.",
            "Name one that it has, or export again.",
        )
    proof = prove_growth(log.rows, before, after)
    need(why_not_grown(proof, {before.public_key, after.public_key}))
    click.echo(json.dumps(proof.shown(), indent=2))


@click.command("verify-growth", epilog=example("tre audit verify-growth growth.json --key HEX"))
@click.argument("proof", type=FILE)
@KEY
@KEPT
def verify_growth(proof: Path, key: str | None, kept: Path | None) -> None:
    """See that a log only grew between two signed checkpoints, from the proof and the key alone.

    With --checkpoints the earlier one must be one of those that you kept. Ends with 1 when that is not shown.
    """
    keys = trusted_keys(key, kept)
    if keys is None:
        raise Invalid("key:missing", "A proof is checked with the gateway's key.", "Name it with --key.")
    try:
        found = read_growth(read_json(proof))
    except ValueError:
        raise Invalid("proof:unreadable", "The file does not hold a proof.", "Have it made again.") from None
    need(why_not_grown(found, keys))
    if kept and not _kept(found.before, read_published(kept).checkpoints):
        need(f"the checkpoint of {found.before.size} rows is not one of those that were kept")
    click.echo(
        f"the log of {found.after.size} rows, signed at {found.after.at}, begins with the {found.before.size} rows"
    )
    click.echo(f"that were signed at {found.before.at}: nothing of them was changed, moved or left out")


def _kept(checkpoint: Checkpoint, among: list[Checkpoint]) -> bool:
    return (checkpoint.size, checkpoint.root) in {(each.size, each.root) for each in among}
