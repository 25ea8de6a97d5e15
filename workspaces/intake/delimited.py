"""Reading a CSV file as text, line by line: one line is one row, and a broken line is a fault of that line alone.

A quoted field may hold commas and doubled quotes but no line break. A reader that let quotes span lines would
let one stray quote swallow the rows of other people (privacy model P2).

Header names come from the sender, so they only ever select a place in a line; no name of theirs becomes part
of a query.
"""

import csv
from collections.abc import Mapping
from pathlib import Path

from workspaces.catalogue.errors import Invalid
from workspaces.engine import Engine, one, quiet
from workspaces.intake.deliveries import Limits

MACROS = """
CREATE MACRO is_plain(line) AS regexp_full_match(line, '("[^",]*"|[^",]*)(,("[^",]*"|[^",]*))*');
CREATE MACRO quoted_cells(line) AS regexp_extract_all(',' || line, ',("(?:[^"]|"")*"|[^,"]*)', 1);
CREATE MACRO fill_the(line, cells) AS
    list_sum(list_transform(cells, lambda cell: len(cell))) + len(cells) - 1 = len(line);
CREATE MACRO blank() AS ' ' || chr(9) || chr(160) || chr(8203) || chr(65279);
CREATE MACRO unquoted(cell) AS
    trim(CASE WHEN cell[1:1] = '"' THEN replace(cell[2:-2], '""', '"') ELSE cell END, blank());
"""
"""Most lines hold no comma or quote within quotes and are split at once; the rest are taken apart field by field,
and are whole only if the fields found fill the line."""


MAX_COLUMNS = 2_000
"""No format has a tenth of these; what has more is not read further than its first line."""


def header(path: Path, limits: Limits) -> tuple[str, ...]:
    """The names in the first line, lower case; `Invalid` when it is no line of unique names, or of too many."""
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
    need_few(path, found)
    return found


def need_few(path: Path, names: tuple[str, ...]) -> None:
    """`Invalid` when these are more columns than a table of records has."""
    if len(names) > MAX_COLUMNS:
        raise Invalid(
            "intake:too_many_columns",
            f"A table of {path.name} has more than {MAX_COLUMNS} columns.",
            "Send the columns of the format alone.",
        )


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
    places = {theirs: place for place, theirs in enumerate(names, start=1)}
    plain, quoted = (
        ", ".join(_cell(ours, places.get(theirs or ""), cell) for ours, theirs in wanted.items())
        for cell in ("trim(cells[{0}], blank() || '\"')", "unquoted(cells[{0}])")
    )
    with quiet(
        code="intake:unreadable",
        sentence=f"The file {path.name} cannot be read as CSV.",
        next_step="Send it again as CSV in UTF-8, separated by commas, with a header.",
    ):
        broken = _read_lines(engine, path, limits)
        engine.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE {into} AS
            SELECT {plain} FROM (SELECT string_split(line, ',') AS cells FROM one_line WHERE is_plain(line))
            WHERE len(cells) = $width
            UNION ALL
            SELECT {quoted} FROM (SELECT line, quoted_cells(line) AS cells FROM one_line WHERE NOT is_plain(line))
            WHERE len(cells) = $width AND fill_the(line, cells)
            """,  # noqa: S608
            {"width": len(names)},
        )
    return broken + one(engine, "SELECT count(*) FROM one_line") - one(engine, f"SELECT count(*) FROM {into}")  # noqa: S608


def _cell(ours: str, place: int | None, cell: str) -> str:
    return f"nullif({cell.format(place)}, '') AS {ours}" if place else f"NULL::VARCHAR AS {ours}"


def _read_lines(engine: Engine, path: Path, limits: Limits) -> int:
    """Fill `one_line` with the lines below the header that are not blank; gives those that are no text at all."""
    engine.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE one_line AS SELECT rtrim(line, chr(13)) AS line FROM read_csv($path,
            columns = {{'line': 'VARCHAR'}}, delim = '\x01', quote = '', escape = '', header = false, skip = 1,
            auto_detect = false, strict_mode = false, ignore_errors = true, store_rejects = true, rejects_limit = 0,
            max_line_size = {int(limits.line_bytes)})
        WHERE rtrim(line, chr(13)) <> ''
        """,  # noqa: S608
        {"path": str(path)},
    )
    if not one(engine, "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'reject_errors'"):
        return 0
    refused = one(engine, "SELECT count(DISTINCT line) FROM reject_errors")
    engine.execute("DELETE FROM reject_errors")
    return refused
