"""Reading a CSV file as text: every column by place, broken lines counted and left out.

Header names come from the sender, so they only ever select a place among `c0, c1, …`; no name of theirs
becomes part of a query.
"""

import csv
from collections.abc import Mapping
from pathlib import Path

from workspaces.catalogue.errors import Invalid
from workspaces.engine import Engine, one, quiet
from workspaces.intake.deliveries import Limits


def header(path: Path, limits: Limits) -> tuple[str, ...]:
    """The names in the first line, lower case; `Invalid` when it is no line of unique names."""
    with path.open("rb") as file:
        first = file.readline(min(limits.line_bytes, 2**20))
    try:
        names = next(csv.reader([first.decode("utf-8-sig")], strict=True), [])
    except (UnicodeDecodeError, csv.Error):
        names = []
    found = tuple(name.strip().lower() for name in names)
    if not found or len(set(found)) < len(found):
        raise Invalid(
            "intake:header_malformed",
            f"The file {path.name} does not begin with a line of unique column names.",
            "Send it as CSV in UTF-8, separated by commas, with a header.",
        )
    return found


def need_columns(path: Path, names: tuple[str, ...], required: tuple[str, ...]) -> None:
    """`Invalid` naming the columns that the file lacks."""
    missing = [name for name in required if name not in names]
    if missing:
        raise Invalid(
            "intake:column_missing",
            f"The file {path.name} lacks the columns {', '.join(missing)}.",
            "Send it again with these columns.",
        )


def read_csv(engine: Engine, path: Path, wanted: Mapping[str, str | None], limits: Limits, *, into: str) -> int:
    """Create the temp table `into` with one text column per entry of `wanted` (ours -> theirs, null where
    the file has none or the cell is blank); gives the number of broken lines."""
    names = header(path, limits)
    places = {name: f"c{place}" for place, name in enumerate(names)}
    columns = ", ".join(
        f"nullif(trim({places[theirs]}), '') AS {ours}" if theirs in places else f"NULL::VARCHAR AS {ours}"
        for ours, theirs in wanted.items()
    )
    before = _broken(engine)
    with quiet(
        code="intake:unreadable",
        sentence=f"The file {path.name} cannot be read as CSV.",
        next_step="Send it again as CSV in UTF-8, separated by commas, with a header.",
    ):
        engine.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE {into} AS SELECT {columns} FROM read_csv($path,
                columns = {{{", ".join(f"{place}: 'VARCHAR'" for place in places.values())}}}, header = false, skip = 1,
                auto_detect = false, delim = ',', quote = '"', escape = '"', ignore_errors = true,
                store_rejects = true, rejects_limit = 0, max_line_size = {int(limits.line_bytes)})
            """,  # noqa: S608
            {"path": str(path)},
        )
    return _broken(engine) - before


def _broken(engine: Engine) -> int:
    known = "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'reject_errors'"
    lines = "SELECT count(*) FROM (SELECT DISTINCT scan_id, file_id, line FROM reject_errors)"
    return one(engine, lines) if one(engine, known) else 0
