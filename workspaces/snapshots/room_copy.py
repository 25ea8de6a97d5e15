"""The workspace's copy of a snapshot where k is demanded: people too few alike are made coarser, then withheld.

What it does to one person follows from others, so draws never read it (privacy model P2): they read the tables as
minimised. Every coarser value is one of the column's public domain.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workspaces.catalogue.places import UNKNOWN
from workspaces.engine import Engine, one, write_parquet
from workspaces.snapshots.minimise import ROW_GROUP, Written
from workspaces.snapshots.risk import quasi_identifiers

LADDER = (
    ("year_of_birth", "year_of_birth // 10 * 10"),
    ("borough", f"'{UNKNOWN}'"),
    ("imd_decile", "0"),
    ("ethnic_group", f"'{UNKNOWN}'"),
    ("age_band", f"'{UNKNOWN}'"),
    ("stp", f"'{UNKNOWN}'"),
    ("sex", f"'{UNKNOWN}'"),
)
"""What becomes of whom there are too few of, step by step: a decade of birth, a place not told, and so on."""


@dataclass(frozen=True)
class RoomCopy:
    """The tables that a room sees; how many people each step made coarser, and how many are not in it at all."""

    tables: dict[str, Written]
    coarsened: dict[str, int]
    withheld: int


def make_room_copy(engine: Engine, folder: Path, tables: Mapping[str, Written], k: int) -> RoomCopy:
    """A copy in which everybody agrees with at least k - 1 others in every granted quasi-identifier."""
    columns = quasi_identifiers(tables["person"].columns) if "person" in tables else ()
    if not columns:
        return RoomCopy(dict(tables), {}, 0)
    engine.execute("CREATE TEMP TABLE room_person AS FROM read_parquet($path)", {"path": str(tables["person"].path)})
    together = ", ".join(columns)
    few = f"({together}) IN (SELECT ({together}) FROM room_person GROUP BY ALL HAVING count(*) < {int(k)})"  # noqa: S608
    coarsened = {
        column: one(engine, f"UPDATE room_person SET {column} = {coarser} WHERE {few}")  # noqa: S608 fixed text
        for column, coarser in LADDER
        if column in columns
    }
    withheld = one(engine, f"DELETE FROM room_person WHERE {few}")  # noqa: S608 fixed text
    folder.mkdir(mode=0o700)
    copies = {name: _copy(engine, folder, name, written, withheld) for name, written in tables.items()}
    return RoomCopy(copies, coarsened, withheld)


def _copy(engine: Engine, folder: Path, name: str, written: Written, withheld: int) -> Written:
    """One table of the copy; the very same file where nobody was withheld from it."""
    if name != "person" and not withheld:
        return written
    path, order = folder / f"{name}.parquet", ", ".join(written.columns)
    held = (
        "room_person" if name == "person" else f"read_parquet('{written.path}') SEMI JOIN room_person USING (person_id)"
    )
    rows = write_parquet(engine, f"SELECT {order} FROM {held} ORDER BY {order}", path, row_group=ROW_GROUP)  # noqa: S608
    return Written(path, written.columns, written.rows, rows)
