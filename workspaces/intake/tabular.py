"""Tables that somebody sent, whichever way: TABLE.csv, TABLE.parquet, or one DuckDB database with all of them.

All three are read to the same: a temp table of text, one column for each that is wanted, null where a cell is blank.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workspaces.catalogue.errors import Invalid
from workspaces.engine import Engine, one
from workspaces.intake import delimited
from workspaces.intake.deliveries import Limits, existing, lines_of

Wanted = Mapping[str, Mapping[str, str | None]]
"""Table -> our name of a column -> theirs."""

_BYTES_A_SECOND = 10**6  # the slowest that an unpacking may be


def find_tables(folder: Path, limits: Limits) -> dict[str, Path]:
    """Table -> the file that holds it, names in lower case; `Invalid` for a table that comes twice, or a bad name."""
    found = named_files(folder, (".csv", ".parquet", ".duckdb"), limits)
    given = [(path.stem.lower(), path) for path in found if not _is_database(path)]
    with_databases = [path for path in found if _is_database(path)]
    for path in with_databases:
        given += [(table, path) for table in _ask((path,), None, folder, limits, path.name)]
    if len(dict(given)) < len(given) or len(with_databases) > 1:
        raise Invalid(
            "intake:table_twice",
            f"The delivery {folder.name} holds a table twice, or more than one database.",
            "Send each table once.",
        )
    return dict(given)


def named_files(folder: Path, suffixes: tuple[str, ...], limits: Limits) -> tuple[Path, ...]:
    """The folder's files of these kinds in order; `Invalid` for names that differ by case alone or cannot be shown."""
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in suffixes)
    plain = all(re.fullmatch(r"[A-Za-z0-9_-]{1,80}\.[A-Za-z]{3,7}", path.name) for path in found)
    if not plain or len({path.name.lower() for path in found}) < len(found):
        raise Invalid(
            "intake:file_names",
            f"The {len(found)} files of {folder.name} are not named apart by letters, digits, '_' and '-'.",
            "Rename them and send the delivery again.",
        )
    return tuple((lines_of if _is_csv(path) else existing)(path, limits) for path in found)


def need_columns(tables: Mapping[str, Path], required: Mapping[str, tuple[str, ...]], limits: Limits) -> None:
    """`Invalid` naming the columns that a table lacks, or when there are too many to be a table of records."""
    columnar = {table: path for table, path in tables.items() if not _is_csv(path)}
    columns = {
        table: delimited.header(path, limits) for table, path in tables.items() if table in required and _is_csv(path)
    }
    for path in dict.fromkeys(columnar.values()):
        described = _ask((path,), None, path.parent, limits, path.name)
        columns |= {table: tuple(names) for table, names in described.items() if table in columnar}
    for table, names in columns.items():
        delimited.need_few(tables[table], names)
        delimited.need_columns(tables[table], names, required.get(table, ()))


@dataclass(frozen=True)
class Tables:
    """The tables of a delivery, ready to be read; `rows` of those that were unpacked, `folder` where to."""

    tables: Mapping[str, Path]
    wanted: Wanted
    folder: Path
    rows: Mapping[str, int]
    limits: Limits

    def read(self, engine: Engine, table: str, *, into: str) -> int:
        """Create the temp table `into` with the wanted columns of one table; gives the number of broken lines."""
        path = self.tables[table]
        if _is_csv(path):
            return delimited.read_csv(engine, path, self.wanted[table], self.limits, into=into)
        where = {"path": str(self.folder / f"{table}.parquet")}
        engine.execute(f"CREATE OR REPLACE TEMP TABLE {into} AS FROM read_parquet($path)", where)
        return 0

    def count(self, engine: Engine, table: str) -> int:
        """Rows of a table that nobody wants, the broken ones with them."""
        if not _is_csv(self.tables[table]):
            return self.rows[table]
        broken = delimited.read_csv(engine, self.tables[table], {"any_value": None}, self.limits, into="one_file")
        return broken + one(engine, "SELECT count(*) FROM one_file")


def open_tables(tables: Mapping[str, Path], wanted: Wanted, *, scratch: Path, limits: Limits) -> Tables:
    """Unpack what is not CSV into `scratch`, each file by a process of its own."""
    folder = scratch / "unpacked"
    folder.mkdir(mode=0o700)
    rows: dict[str, int] = {}
    for path in dict.fromkeys(path for path in tables.values() if not _is_csv(path)):
        rows |= _ask((path,), wanted, folder, limits, path.name)
    return Tables(tables, wanted, folder, rows, limits)


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() == ".csv"


def _is_database(path: Path) -> bool:
    return path.suffix.lower() == ".duckdb"


def _ask(files: Iterable[Path], wanted: Wanted | None, out: Path, limits: Limits, name: str) -> dict[str, Any]:
    """What `unpacking` says of the files; `Invalid` when it died, took too long or said nothing."""
    given = [path.resolve() for path in files]
    order = {
        "files": list(map(str, given)),
        "wanted": wanted,
        "out": str(out.resolve()),
        "memory_mib": limits.memory_mib,
    }
    seconds = 60 + sum(path.stat().st_size for path in given) / _BYTES_A_SECOND
    try:
        done = subprocess.run(
            [sys.executable, "-m", "workspaces.intake.unpacking"],
            input=json.dumps(order).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=True,
        )
        told: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError):
        raise Invalid(
            "intake:unreadable",
            f"The file {name} cannot be read as Parquet or as a DuckDB database.",
            "Write it again with a current version, and send the delivery again.",
        ) from None
    return told
