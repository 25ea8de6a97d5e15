"""What lies beside the tables of a room: a README and a data dictionary, from the plan and the public catalogue alone.

No figure of the records is in them: what a plan approved is known outside as well (privacy model P9).
"""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workspaces.catalogue.columns import Column
from workspaces.catalogue.tables import TABLES

README, DICTIONARY = "README.md", "data_dictionary.csv"
HEAD = ("table", "column", "type", "nullable", "meaning", "unit", "lowest", "highest", "step", "values")
_ABOUT = """# Snapshot {snapshot_id}

Records as of {cut_date}{period}, for project {project_id}. Every table is a Parquet file beside this one and can
be read, not changed. `person_id` ties the rows of one person together and means nothing else. Dates of events are the
Monday of their week, deaths the first of their month. {choices}

{tables}
What each column means and which values it may have is in `{dictionary}`.

    import duckdb
    duckdb.sql("SELECT age_band, count(*) FROM '/data/person.parquet' GROUP BY ALL")

    import polars, pandas, pyarrow.parquet  # where the room has them: read_parquet("/data/person.parquet")

Scripts in SQL (`.sql`) find the tables by their names. Write to `/workspace`; there is no network. Nothing that you
print or write leaves this room: for figures outside, ask for a release (`tre check` says here whether a request keeps
the rules).
"""


def write(plan: Mapping[str, Any], room: Path) -> None:
    """Put both into the room's folder of a snapshot; `plan`: as the manifest describes it."""
    granted: Mapping[str, list[str]] = plan["tables"]
    (room / README).write_text(_about(plan, granted), encoding="utf-8")
    with (room / DICTIONARY).open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEAD)
        for table, columns in sorted(granted.items()):
            known = {column.name: column for column in TABLES[table].columns}
            rows.writerows((table, *_row(known[name])) for name in columns)
    for name in (README, DICTIONARY):
        (room / name).chmod(0o444)


def _about(plan: Mapping[str, Any], granted: Mapping[str, list[str]]) -> str:
    since, until = plan["period"]
    period = f", events {f'from {since} ' if since else ''}{f'to {until}' if until else ''}".rstrip()
    lines = (
        f"- `{table}`: {TABLES[table].meaning} {', '.join(f'`{c}`' for c in granted[table])}\n" for table in granted
    )
    return _ABOUT.format(
        snapshot_id=plan["snapshot_id"],
        project_id=plan["project_id"],
        cut_date=plan["cut_date"],
        period=period if since or until else "",
        tables="".join(lines),
        choices=_choices(plan),
        dictionary=DICTIONARY,
    )


def _choices(plan: Mapping[str, Any]) -> str:
    """Whose choice counts, and what stays from build to build: as the plan says, never as a count."""
    cited = plan.get("exemption")
    told = "Who opted out is not in it."
    if cited:
        decided = f"{cited['decided_by']} ({cited['reference']}), until {cited['expires_on']}"
        told = f"People with a national opt-out are in it, by the decision of {decided}."
    if "longitudinal_key_id" in plan:
        told += "\n`pseudonym.parquet` gives each `person_id` a pseudonym that stays in every build of this project."
    return told


def _row(column: Column) -> tuple[str, ...]:
    grid = column.grid
    bounds = (
        (grid.unit, *(format(float(each), "g") for each in (grid.low, grid.high, grid.step))) if grid else ("",) * 4
    )
    pairs = zip(column.domain.values, column.domain.labels, strict=True) if column.domain else ()
    values = "; ".join(f"{value} = {label}" for value, label in pairs)
    return (column.name, column.type.value, "yes" if column.nullable else "no", column.meaning, *bounds, values)
