"""What outsiders run: no Flask, no database server, no network; only published files and the pure proofs."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from gateway.cli.groups import example
from gateway.evidence.chain import verify
from gateway.evidence.verification import verify_package
from workspaces.catalogue.errors import Invalid

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_SQLITE = b"SQLite format 3\0"


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of an export (JSON lines or one JSON list), or of a copied database. Raises Invalid."""
    with path.open("rb") as file:
        copied = file.read(len(_SQLITE)) == _SQLITE
    rows = _rows_of_database(path) if copied else _rows_of_export(path)
    if not all(isinstance(row, dict) for row in rows):
        raise _unreadable("holds something that is not a row")
    yield from rows


def _rows_of_export(path: Path) -> list[Any]:
    try:
        text = path.read_text(encoding="utf-8")
        rows = json.loads(text) if text.lstrip().startswith("[") else [json.loads(line) for line in text.splitlines()]
        json.dumps(rows, ensure_ascii=False).encode()  # a lone surrogate is not text
    except (ValueError, RecursionError):
        raise _unreadable("is not JSON") from None
    return rows if isinstance(rows, list) else [rows]


def _rows_of_database(path: Path) -> list[dict[str, Any]]:
    # immutable: a copy is only read, and nothing is written beside it
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as copy:
            copy.row_factory = sqlite3.Row
            found = [dict(row) for row in copy.execute("SELECT * FROM audit_event ORDER BY seq")]
    except (sqlite3.Error, UnicodeError):
        raise _unreadable("is a database without a log that can be read") from None
    return [_exported(row) for row in found]


def _exported(row: dict[str, Any]) -> dict[str, Any]:
    """A stored row as it was hashed; what cannot be read stays as it is, and breaks the chain there."""
    try:
        at = datetime.fromisoformat(row["at"]).replace(tzinfo=UTC).isoformat()
        return {**row, "at": at, "roles": json.loads(row["roles"])}
    except (ValueError, TypeError, KeyError, RecursionError):
        return row


def _unreadable(why: str) -> Invalid:
    return Invalid("audit:unreadable", f"The export {why}.", "Export the log again.")


@click.command("verify", epilog=example("tre audit verify audit.jsonl"))
@click.argument("export", type=_FILE)
@click.option("--head", help="The last hash as it was published, to see that no rows are missing at the end.")
@click.option("--json", "as_json", is_flag=True, help="The verdict as JSON.")
def verify_audit(export: Path, head: str | None, as_json: bool) -> None:
    """Walk the log and name the first row that was changed, moved, added or lost.

    EXPORT is what `tre audit export` wrote, or a copy of the gateway's SQLite database (copied while it was
    stopped, or made by SQLite's own backup). Ends with 1 when the chain is broken.
    """
    verdict = verify(read_rows(export), head)
    if as_json:
        shown = {"rows": verdict.rows, "head": verdict.head, "broken_at": verdict.broken_at, "why": verdict.why}
        click.echo(json.dumps(shown))
    elif verdict.broken_at is None:
        click.echo(f"{verdict.why}: {verdict.rows} rows, head {verdict.head}")
    if verdict.broken_at is not None:
        raise Invalid(
            "audit:broken", f"At row {verdict.broken_at}: {verdict.why}.", "Ask who keeps the log for an explanation."
        )


@click.command("verify", epilog=example("tre releases verify package.zip --register register.json"))
@click.argument("package", type=_FILE)
@click.option("--register", type=_FILE, help="The public register: what `tre register --json` printed.")
@click.option("--json", "as_json", is_flag=True, help="The verdict as JSON.")
def verify_release(package: Path, register: Path | None, as_json: bool) -> None:
    """See that a release package is the sealed one, and the one that the public register names.

    Tables and page are made again from the sealed artefact and compared byte for byte. Ends with 1 when something
    in the package was changed.
    """
    found = verify_package(package.read_bytes(), _entries(register) if register else None)
    if as_json:
        shown = {"release_id": found.release_id, "mark": found.mark, "artefact_digest": found.digest}
        click.echo(json.dumps({**shown, "registered": found.registered, "broken": found.broken}))
    if found.broken:
        raise Invalid("package:broken", f"{found.broken[0].upper()}{found.broken[1:]}.", "Download the package again.")
    if not as_json:
        named = "the register names it" if found.registered else "not compared with a register (--register)"
        click.echo(f"the package is whole: release {found.release_id}, artefact {found.digest}; {named}")


def _entries(path: Path) -> list[Any]:
    try:
        entries = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        entries = None
    if not isinstance(entries, list):
        raise Invalid("register:unreadable", "The register is not a JSON list.", "Save `tre register --json` again.")
    return entries
