"""Which tables of a snapshot may be read as they are: nobody in them exceeds the cap, and everybody is sampled.

The census in the footer of the sampling keys says so, and is believed only for files of exactly so many rows. Without
a census, or where it leaves room for more, the engine finds out for itself: the same rows reach the view either way.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from workspaces.catalogue.census import KEY, SAMPLING, Census, from_text


@dataclass(frozen=True)
class Whole:
    """`everybody`: each number from the first to the last has one sampling key. `most`: of tables all within these.

    `numbers` are the least and the greatest number of a person there, where there is everybody.
    """

    everybody: bool = False
    most: Mapping[str, int] = field(default_factory=dict)
    numbers: tuple[int, int] | None = None

    def within(self, table: str, cap: int) -> bool:
        """True when everybody in the table is sampled and has at most so many rows there."""
        return self.everybody and table in self.most and self.most[table] <= cap


def whole(connection: duckdb.DuckDBPyConnection, sampling: Path, room: Path, tables: Iterable[str]) -> Whole:
    """What the census vouches for among these tables."""
    paths = {table: room / f"{table}.parquet" for table in tables}
    rows = _rows(connection, [sampling, *paths.values()])  # first: later reads find the footers in the cache
    census = _census(connection, sampling)
    everybody = census.get(SAMPLING)
    if everybody is None or not everybody.dense or rows[str(sampling)] != everybody.rows:
        return Whole()
    sound = {table: census[table] for table in paths if table in census and everybody.covers(census[table])}
    most = {table: each.most for table, each in sound.items() if rows[str(paths[table])] == each.rows}
    return Whole(True, most, (everybody.first, everybody.last))


def _census(connection: duckdb.DuckDBPyConnection, sampling: Path) -> dict[str, Census]:
    found = connection.execute(
        "SELECT decode(value) FROM parquet_kv_metadata(?) WHERE decode(key) = ?", [str(sampling), KEY]
    ).fetchall()
    return from_text(found[0][0]) if len(found) == 1 else {}


def _rows(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> dict[str, int]:
    """Rows of each file, from its footer."""
    query = "SELECT file_name, num_rows FROM parquet_file_metadata(?)"
    return {name: int(rows) for name, rows in connection.execute(query, [list(map(str, paths))]).fetchall()}
