"""A program of its own that reads Parquet files or a DuckDB database that somebody sent, and may die of it.

Their readers trust what they read more than a text reader has to: a byte changed may end the process. So the load
starts this one, tells it on standard input what to do, and gets one JSON object; whatever else happens is a refusal.
Only base tables are read: a view could hold a query of the sender's.
"""

import json
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workspaces.engine import Bounds, Engine, one, open_engine, write_parquet
from workspaces.intake.delimited import MACROS, MAX_COLUMNS

_MAX_TABLES = 1_000
_MAX_CELL = 10_000  # characters; no identifier, code, date or number is longer


def main() -> None:
    """Describe the tables of some files, or write what is wanted of them as text into `out`."""
    order = json.load(sys.stdin)
    memory = int(order["memory_mib"])
    resource.setrlimit(resource.RLIMIT_AS, ((2 * memory + 4096) * 2**20,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    files = [Path(name) for name in order["files"]]
    with open_engine(
        scratch=Path(order["out"]),
        folders=tuple({path.parent for path in files}),
        bounds=Bounds(memory_mib=memory),
    ) as engine:
        engine.execute(MACROS)
        told = {table: _table(engine, table, relation, order) for table, relation in _tables(engine, files)}
    json.dump(told, sys.stdout)


def _tables(engine: Engine, files: list[Path]) -> Iterator[tuple[str, str]]:
    """Name and relation of each table, name in lower case."""
    for place, path in enumerate(files):
        spelled = str(path).replace("'", "''")
        if path.suffix.lower() == ".parquet":
            yield path.stem.lower(), f"read_parquet('{spelled}')"
        else:
            engine.execute(f"ATTACH '{spelled}' AS given_{place} (READ_ONLY)")
            query = "SELECT table_name FROM duckdb_tables() WHERE database_name = $name AND schema_name = 'main'"
            names = [str(name) for (name,) in engine.execute(query, {"name": f"given_{place}"}).fetchall()]
            if len(names) > _MAX_TABLES:
                raise SystemExit(1)
            yield from ((name.lower(), f"given_{place}.main.{_quoted(name)}") for name in sorted(names))


def _table(engine: Engine, table: str, relation: str, order: dict[str, Any]) -> Any:
    """Columns of a table; or the rows of it, those of a wanted one written as text."""
    if order["wanted"] is None:
        return list(_columns(engine, relation))[: MAX_COLUMNS + 1]
    if table not in order["wanted"]:
        return one(engine, f"SELECT count(*) FROM {relation}")  # noqa: S608
    columns = _columns(engine, relation)
    cells = (_cell(ours, theirs, columns) for ours, theirs in order["wanted"][table].items())
    query = f"SELECT {', '.join(cells)} FROM {relation}"  # noqa: S608
    return write_parquet(engine, query, Path(order["out"]) / f"{table}.parquet")


def _columns(engine: Engine, relation: str) -> dict[str, tuple[str, str]]:
    """Name in lower case -> name and type; of two that differ by case alone neither."""
    found = engine.execute(f"DESCRIBE FROM {relation}").fetchall()
    names = [str(row[0]).lower() for row in found]
    return {name: (str(row[0]), str(row[1])) for name, row in zip(names, found, strict=True) if names.count(name) == 1}


def _cell(ours: str, theirs: str | None, columns: dict[str, tuple[str, str]]) -> str:
    """The text of a cell as a CSV file would have it: blank is nothing, a whole number has no point."""
    if theirs not in columns:
        return f"NULL::VARCHAR AS {ours}"
    name, type_ = columns[theirs]
    cell = _quoted(name)
    text = f"{cell}::VARCHAR"
    if type_ in ("FLOAT", "DOUBLE") or type_.startswith("DECIMAL"):
        text = f"CASE WHEN {cell} = floor({cell}) AND abs({cell}) < 1e15 THEN {cell}::BIGINT::VARCHAR ELSE {text} END"
    return f"nullif(trim(left({text}, {_MAX_CELL}), blank() || '\"'), '') AS {ours}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


if __name__ == "__main__":
    main()
