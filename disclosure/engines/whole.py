"""Which tables of a snapshot may be read as they are: nobody in them exceeds the cap, and everybody is sampled.

The census in the footer of the sampling keys says so, and is believed only for files of exactly so many rows. Without
a census, or where it leaves room for more, the engine finds out for itself: the same rows reach the view either way.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from workspaces.catalogue.census import KEY, SAMPLING, Census, from_text


@dataclass(frozen=True)
class Whole:
    """`everybody`: each number from the first to the last has one sampling key. `most`: of tables all within these."""

    everybody: bool = False
    most: Mapping[str, int] = field(default_factory=dict)

    def within(self, table: str, cap: int) -> bool:
        """True when everybody in the table is sampled and has at most so many rows there."""
        return self.everybody and table in self.most and self.most[table] <= cap


def whole(connection: duckdb.DuckDBPyConnection, sampling: Path, room: Path, tables: Iterable[str]) -> Whole:
    """What the census vouches for among these tables."""
    census = _census(connection, sampling)
    everybody = census.get(SAMPLING)
    if everybody is None or not everybody.dense or _rows(connection, sampling) != everybody.rows:
        return Whole()
    counted = {table: census[table] for table in tables if table in census and everybody.covers(census[table])}
    sound = {name for name, each in counted.items() if _rows(connection, room / f"{name}.parquet") == each.rows}
    return Whole(True, {name: each.most for name, each in counted.items() if name in sound})


def _census(connection: duckdb.DuckDBPyConnection, sampling: Path) -> dict[str, Census]:
    found = connection.execute(
        "SELECT decode(value) FROM parquet_kv_metadata(?) WHERE decode(key) = ?", [str(sampling), KEY]
    ).fetchall()
    return from_text(found[0][0]) if len(found) == 1 else {}


def _rows(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Rows of a file, from its footer."""
    found = connection.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchall()
    return int(found[0][0])
