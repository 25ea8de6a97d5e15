"""Files with the audit log or its checkpoints, read by outsiders: no Flask, no database server, no network."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from gateway.evidence.checkpoints import Checkpoint, read
from gateway.evidence.exports import KIND, Log, parted
from gateway.evidence.handovers import Handover
from gateway.evidence.handovers import read as read_handover
from workspaces.catalogue.errors import Invalid
from workspaces.catalogue.json_files import read_json

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_SQLITE = b"SQLite format 3\0"
_COLUMNS = "size, root, at, public_key, signature"


def read_log(path: Path) -> Log:
    """The rows and checkpoints of an export (JSON lines or one JSON list), or of a copied database. Raises Invalid."""
    with path.open("rb") as file:
        copied = file.read(len(_SQLITE)) == _SQLITE
    read_lines = _lines_of_database(path) if copied else _lines_of_export(path)
    try:
        return parted(read_lines)
    except ValueError:
        raise _unreadable("holds something that is neither a row nor a checkpoint") from None


@dataclass(frozen=True)
class Published:
    """What a gateway published: its key, what it signed, and how the key followed others."""

    key: str
    checkpoints: list[Checkpoint]
    handovers: list[Handover]


def read_published(path: Path) -> Published:
    """What a file holds that `tre audit checkpoints --json` printed. Raises Invalid."""
    try:
        held = read_json(path)
        followed = [read_handover(each) for each in held.get("handovers", [])]  # older files have none
        return Published(str(held["public_key"]), [read(each) for each in held["checkpoints"]], followed)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Invalid(
            "checkpoints:unreadable",
            "The file does not hold published checkpoints.",
            "Save what `tre audit checkpoints --json` prints.",
        ) from None


def read_key(text: str) -> str:
    """A public key as it is published: 64 hexadecimal digits. Raises Invalid."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise Invalid(
            "key:unreadable",
            "The key is not 64 hexadecimal digits.",
            "Take it from the public register's page or from `tre audit checkpoints`.",
        )
    return key.hex()


def _lines_of_export(path: Path) -> list[Any]:
    try:
        text = path.read_text(encoding="utf-8")
        rows = json.loads(text) if text.lstrip().startswith("[") else [json.loads(line) for line in text.splitlines()]
        json.dumps(rows, ensure_ascii=False).encode()  # a lone surrogate is not text
    except (ValueError, RecursionError):
        raise _unreadable("is not JSON") from None
    return rows if isinstance(rows, list) else [rows]


def _lines_of_database(path: Path) -> list[dict[str, Any]]:
    # immutable: a copy is only read, and nothing is written beside it
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as copy:
            copy.row_factory = sqlite3.Row
            found = [dict(row) for row in copy.execute("SELECT * FROM audit_event ORDER BY seq")]
            signed = [dict(row) for row in _checkpoints_of(copy)]
    except (sqlite3.Error, UnicodeError):
        raise _unreadable("is a database without a log that can be read") from None
    return [*(_exported(row) for row in found), *({KIND: {**row, "at": _moment(row["at"])}} for row in signed)]


def _checkpoints_of(copy: sqlite3.Connection) -> list[Any]:
    there = copy.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'checkpoint'").fetchone()
    return copy.execute(f"SELECT {_COLUMNS} FROM checkpoint ORDER BY size").fetchall() if there else []  # noqa: S608


def _moment(stored: Any) -> Any:
    """A stored moment as it was signed; what cannot be read stays, and no signature fits it."""
    try:
        return datetime.fromisoformat(stored).replace(tzinfo=UTC).isoformat()
    except (ValueError, TypeError):
        return str(stored)


def _exported(row: dict[str, Any]) -> dict[str, Any]:
    """A stored row as it was hashed; what cannot be read stays as it is, and breaks the chain there."""
    try:
        at = datetime.fromisoformat(row["at"]).replace(tzinfo=UTC).isoformat()
        return {**row, "at": at, "roles": json.loads(row["roles"])}
    except (ValueError, TypeError, KeyError, RecursionError):
        return row


def _unreadable(why: str) -> Invalid:
    return Invalid("audit:unreadable", f"The export {why}.", "Export the log again.")
