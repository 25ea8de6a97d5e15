"""What outsiders run: no Flask, no database, no network; only published files and the pure proofs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from gateway.evidence.chain import verify
from workspaces.catalogue.errors import Invalid


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of an export: JSON lines, or one JSON list. Raises Invalid when a line is not a row."""
    text = path.read_text(encoding="utf-8")
    try:
        rows = json.loads(text) if text.lstrip().startswith("[") else [json.loads(line) for line in text.splitlines()]
    except ValueError:
        raise Invalid("audit:unreadable", "The export is not JSON.", "Export the log again.") from None
    if not all(isinstance(row, dict) for row in rows):
        raise Invalid("audit:unreadable", "The export holds something that is not a row.", "Export the log again.")
    yield from rows


@click.command("verify")
@click.argument("export", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--head", help="The last hash as it was published, to see that no rows are missing at the end.")
@click.option("--json", "as_json", is_flag=True, help="The verdict as JSON.")
def verify_audit(export: Path, head: str | None, as_json: bool) -> None:
    """Walk an exported log and name the first row that was changed, moved or lost."""
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
