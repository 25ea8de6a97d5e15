"""One bounded DuckDB connection: it sees the folders it was given and nothing else.

Messages of the database engine may quote a value of a record, so callers of `quiet` get a sentence of
ours instead, without the original as its cause.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from workspaces.catalogue.errors import Invalid

Engine = duckdb.DuckDBPyConnection


@dataclass(frozen=True)
class Bounds:
    """What one connection may use: memory in MiB before it spills to disk, and threads."""

    memory_mib: int = 2048
    threads: int = min(4, os.cpu_count() or 1)


@contextmanager
def open_engine(*, scratch: Path, folders: Sequence[Path] = (), bounds: Bounds | None = None) -> Iterator[Engine]:
    """An in-memory connection that spills into `scratch` and reads only `scratch` and `folders`."""
    bounds = bounds or Bounds()
    engine = duckdb.connect()
    try:
        engine.execute(f"SET memory_limit = '{int(bounds.memory_mib)}MiB'")
        engine.execute(f"SET threads = {int(bounds.threads)}")
        engine.execute("SET enable_progress_bar = false")
        engine.execute("SET python_enable_replacements = false")
        engine.execute("SET temp_directory = $where", {"where": str(scratch / "spill")})
        allowed = [f"{folder.resolve()}/" for folder in (scratch, *folders)]
        engine.execute("SET allowed_directories = $allowed", {"allowed": allowed})
        engine.execute("SET enable_external_access = false")
        engine.execute("SET lock_configuration = true")
        yield engine
    finally:
        engine.close()


@contextmanager
def quiet(*, code: str, sentence: str, next_step: str) -> Iterator[None]:
    """Turn an error of the engine into `Invalid` without its text: that could hold a record's value."""
    try:
        yield
    except duckdb.Error:
        raise Invalid(code, sentence, next_step) from None


def one(engine: Engine, query: str, values: dict[str, object] | None = None) -> int:
    """The single whole number that a query yields; null counts as 0."""
    rows = engine.execute(query, values or {}).fetchall()
    return int(rows[0][0] or 0) if rows else 0


def counts(engine: Engine, query: str) -> dict[str, int]:
    """Name -> number from a query of two columns, names sorted."""
    return {str(name): int(number) for name, number in sorted(engine.execute(query).fetchall())}


def write_parquet(
    engine: Engine, query: str, path: Path, *, row_group: int = 122_880, footer: tuple[str, str] | None = None
) -> int:
    """Write a Parquet file; gives its rows. `footer`, a name and its text, stands beside the schema."""
    options = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {int(row_group)}"
    values: dict[str, object] = {"path": str(path)}
    if footer:
        options, values["footer"] = f"{options}, KV_METADATA {{{footer[0]}: $footer}}", footer[1]
    return one(engine, f"COPY ({query}) TO $path ({options})", values)


def fill(engine: Engine, table: str, columns: Mapping[str, str], rows: Iterable[Sequence[object]]) -> None:
    """Create the temp table with these columns (name -> type) and put rows of plain values into it, in one go."""
    named = [dict(zip(columns, row, strict=True)) for row in rows]
    spelled = ", ".join(f"{name} {type_}" for name, type_ in columns.items())
    engine.execute(f"CREATE TEMP TABLE {table} ({spelled})")
    engine.execute(
        f"INSERT INTO {table} SELECT unnest(json_transform($rows, $structure), recursive := true)",
        {"rows": json.dumps(named), "structure": json.dumps([dict(columns)])},
    )


def run(engine: Engine, script: str, values: dict[str, object] | None = None) -> None:
    """Run each statement of a constant script with those of the values that it names."""
    for statement in engine.extract_statements(script):
        engine.execute(statement, {name: (values or {})[name] for name in statement.named_parameters})
