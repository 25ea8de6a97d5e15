"""What outsiders run: no Flask, no database server, no network; only published files and the pure proofs."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from gateway.cli.groups import example
from gateway.cli.log_files import FILE, read_key, read_log, read_published
from gateway.evidence.chain import Verdict, verify
from gateway.evidence.checkpoints import Checkpoint, verify_checkpoints
from gateway.evidence.exports import Log
from gateway.evidence.handovers import Handover, believed
from gateway.evidence.row_proofs import RowProof, prove, read_proof, why_not
from gateway.evidence.verification import MAX_BYTES, verify_package
from workspaces.catalogue.errors import Invalid
from workspaces.catalogue.json_files import read_json

PUBLISHED = "release:published"  # as the log names it
KEY = click.option("--key", help="The gateway's public key, as the register's page shows it.")
KEPT = click.option(
    "--checkpoints",
    "kept",
    type=FILE,
    help="Checkpoints kept from earlier (`tre audit checkpoints --json`); their key is used where --key is not given.",
)


@dataclass(frozen=True)
class Signed:
    """What a log is held to: checkpoints under one key, and those that it followed or that followed it."""

    key: str
    checkpoints: list[Checkpoint]
    handovers: list[Handover]


def signed_over(log: Log, key: str | None, kept: Path | None) -> Signed | None:
    """The checkpoints to look at; None without a key. Raises Invalid when there is a key and nothing it signed."""
    published = read_published(kept) if kept else None
    trusted = published.key if key is None and published else key
    if trusted is None:
        return None
    checkpoints = [*log.checkpoints, *(published.checkpoints if published else ())]
    if not checkpoints:
        raise Invalid(
            "audit:no_checkpoint",
            "The export holds no checkpoint, so that the key proves nothing.",
            "Export the log again, or name published checkpoints with --checkpoints.",
        )
    return Signed(read_key(trusted), checkpoints, published.handovers if published else [])


@click.command("verify", epilog=example("tre audit verify audit.jsonl --key HEX"))
@click.argument("export", type=FILE)
@click.option("--head", help="The last hash as it was published, to see that no rows are missing at the end.")
@KEY
@KEPT
@click.option("--json", "as_json", is_flag=True, help="The verdict as JSON.")
def verify_audit(export: Path, head: str | None, key: str | None, kept: Path | None, as_json: bool) -> None:
    """Walk the log and name the first row that was changed, moved, added or lost.

    EXPORT is what `tre audit export` wrote, or a copy of the gateway's SQLite database (copied while it was
    stopped, or made by SQLite's own backup). With --key the log is held to its signed checkpoints as well, which
    finds a log whose hashes were made anew. Ends with 1 when the log does not hold.
    """
    log = read_log(export)
    verdict = verify(log.rows, head)
    signed = signed_over(log, key, kept)
    if signed is not None and verdict.broken_at is None:
        verdict = verify_checkpoints(log.rows, signed.checkpoints, signed.key, signed.handovers) or verdict
    if as_json:
        click.echo(json.dumps(_verdict(verdict, signed)))
    elif verdict.broken_at is None:
        click.echo(f"{verdict.why}: {verdict.rows} rows, head {verdict.head}")
        click.echo(_held(signed))
    if verdict.broken_at is not None:
        raise Invalid(
            "audit:broken", f"At row {verdict.broken_at}: {verdict.why}.", "Ask who keeps the log for an explanation."
        )


def _verdict(verdict: Verdict, signed: Signed | None) -> dict[str, Any]:
    shown = {"rows": verdict.rows, "head": verdict.head, "broken_at": verdict.broken_at, "why": verdict.why}
    return shown | {"checkpoints": _looked_at(signed)}


def _looked_at(signed: Signed | None) -> dict[str, int] | None:
    """How many checkpoints were held against the log, and how many rows the newest covers; None for not looked at."""
    sizes = {each.size for each in signed.checkpoints} if signed else set()
    return {"looked_at": len(sizes), "rows": max(sizes)} if sizes else None


def _held(signed: Signed | None) -> str:
    told = _looked_at(signed)
    if told is None:
        return "signed checkpoints were not looked at (--key): a log made anew from some row on is not found"
    return f"signed checkpoints agree: {told['looked_at']}, the newest over {told['rows']} rows"


@click.command("prove", epilog=example("tre audit prove audit.jsonl 17 > proof.json"))
@click.argument("export", type=FILE)
@click.argument("row", type=click.IntRange(1))
def prove_row(export: Path, row: int) -> None:
    """Print a proof that ROW (its number) stands in the log, for `tre audit verify-proof`; it shows no other row.

    The proof leads to the newest checkpoint in EXPORT.
    """
    log = read_log(export)
    verdict = verify(log.rows)
    newest = max(log.checkpoints, key=lambda each: each.size, default=None)
    if verdict.broken_at is not None:
        raise Invalid("audit:broken", f"At row {verdict.broken_at}: {verdict.why}.", "Prove rows of a whole log.")
    if newest is None or not row <= newest.size <= len(log.rows):
        raise Invalid(
            "audit:not_signed",
            f"No checkpoint in the export reaches row {row}.",
            "Export the log after the next checkpoint: one is signed with every release, and once a day.",
        )
    proof = prove(log.rows, row, newest)
    need(why_not(proof, {newest.public_key}))
    click.echo(json.dumps(proof.shown(), indent=2, ensure_ascii=False))


@click.command("verify-proof", epilog=example("tre audit verify-proof proof.json --key HEX"))
@click.argument("proof", type=FILE)
@KEY
@KEPT
@click.option("--json", "as_json", is_flag=True, help="The row that is proved, as JSON.")
def verify_proof(proof: Path, key: str | None, kept: Path | None, as_json: bool) -> None:
    """See that one row stands in the signed log, from the proof and the key alone.

    With --checkpoints the proof's checkpoint must be one of those as well. Ends with 1 when that is not shown.
    """
    published = read_published(kept) if kept else None
    found = _proved(proof, trusted_keys(key, kept))
    checkpoint = found.checkpoint
    if published and (checkpoint.size, checkpoint.root) not in {(one.size, one.root) for one in published.checkpoints}:
        need(f"the checkpoint of {checkpoint.size} rows is not one of those that were published")
    if as_json:
        click.echo(json.dumps(found.row, indent=2, ensure_ascii=False))
        return
    row = found.row
    click.echo(f"row {row['seq']} stands in the log of {checkpoint.size} rows signed at {checkpoint.at}")
    click.echo(f"  {row.get('at')}  {row.get('event')}  {row.get('actor')}  {row.get('subject_id')}")


def _proved(path: Path, keys: frozenset[str] | None) -> RowProof:
    """The proof in a file, found to hold under one of the keys. Raises Invalid."""
    if keys is None:
        raise Invalid("key:missing", "A proof is checked with the gateway's key.", "Name it with --key.")
    try:
        found = read_proof(read_json(path))
    except ValueError:
        raise Invalid("proof:unreadable", "The file does not hold a proof.", "Have it made again.") from None
    need(why_not(found, keys))
    return found


def need(why: str | None) -> None:
    """Raises Invalid where there is a reason why a proof shows nothing."""
    if why is not None:
        raise Invalid("proof:broken", f"{why[0].upper()}{why[1:]}.", "Ask who made the proof for another.")


@click.command("verify", epilog=example("tre releases verify package.zip --register register.json --key HEX"))
@click.argument("package", type=FILE)
@click.option("--register", type=FILE, help="The public register: what `tre register --json` printed.")
@click.option("--proof", type=FILE, help="Proof of the row of its publication: what `tre audit prove` printed.")
@KEY
@KEPT
@click.option("--json", "as_json", is_flag=True, help="The verdict as JSON.")
def verify_release(
    package: Path, register: Path | None, proof: Path | None, key: str | None, kept: Path | None, as_json: bool
) -> None:
    """See that a release package is the sealed one, and the one that the public register names.

    Tables, page and metadata are made again from the sealed artefact and compared byte for byte. With --key the
    gateway's signature is checked, over the commitments to snapshot and opt-out list too; with --proof that the log
    under a signed checkpoint says it was published. Ends with 1 when something was changed or is not shown.
    """
    with package.open("rb") as file:
        data = file.read(MAX_BYTES + 1)  # of what is longer it need not be known how long
    keys = trusted_keys(key, kept)
    found = verify_package(data, _entries(register) if register else None, keys)
    row = _published(found.release_id, proof, keys) if proof and not found.broken else None
    if as_json:
        shown: dict[str, Any] = {"release_id": found.release_id, "mark": found.mark, "artefact_digest": found.digest}
        shown |= {"registered": found.registered, "signed": found.signed, "published": row and row["seq"]}
        shown |= {"recalled_on": found.recalled_on or None}
        click.echo(json.dumps({**shown, "broken": found.broken}))
    if found.broken:
        raise Invalid("package:broken", f"{found.broken[0].upper()}{found.broken[1:]}.", "Download the package again.")
    if not as_json:
        named = "the register names it" if found.registered else "not compared with a register (--register)"
        signed = "signed by the gateway" if found.signed else "its signature was not looked at (--key)"
        logged = f"published in row {row['seq']} of the log" if row else "not looked up in the log (--proof)"
        told = f"{named}; {signed}; {logged}"
        if found.recalled_on:
            click.echo(f"RECALLED on {found.recalled_on}: do not use it, and destroy your copies")
        click.echo(f"the package is whole: release {found.release_id}, artefact {found.digest}; {told}")


def trusted_keys(key: str | None, kept: Path | None) -> frozenset[str] | None:
    """The keys that may have signed: the named one, else that of kept checkpoints, and those it followed."""
    published = read_published(kept) if kept else None
    trusted = published.key if key is None and published else key
    return believed(read_key(trusted), published.handovers if published else ()) if trusted else None


def _published(release_id: str, path: Path, keys: frozenset[str] | None) -> dict[str, Any]:
    """The row of the log that says this release was published. Raises Invalid when that is not shown."""
    proof = _proved(path, keys)
    said = proof.row.get("event"), proof.row.get("subject_id")
    if said != (PUBLISHED, release_id):
        need("the row that is proved does not say that this release was published")
    return dict(proof.row)


def _entries(path: Path) -> list[Any]:
    try:
        entries = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        entries = None
    if not isinstance(entries, list):
        raise Invalid("register:unreadable", "The register is not a JSON list.", "Save `tre register --json` again.")
    return entries
