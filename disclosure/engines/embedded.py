"""The bounded aggregate on DuckDB inside this process: capped rows, the person view, whole numbers per cell.

What data holds never raises: reads are total, sums cannot overflow, absent cells are 0. The connection may open the
files it was given and nothing else, and its settings are locked before the first byte is read.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
from sqlglot import exp

from disclosure.engines import AggregateFailed, Integers
from disclosure.engines.capped import SAMPLE_KEY, SAMPLING, Span, capped, create, over, parquet, relation, spanned
from disclosure.engines.cells import column
from disclosure.engines.event_plan import CodePlan, EventPlan, Plan
from disclosure.engines.grouped import answer_of
from disclosure.engines.one_row import one_row_per_person, stored
from disclosure.engines.plan import CellPlan, SnapshotFiles
from disclosure.engines.whole import Whole, whole
from disclosure.person_view.schema import PERSON_ID, ProvenView
from workspaces.catalogue.tables import TABLES

VIEW = "people_viewed"
PEOPLE_AT_ONCE = 1_000_000  # up to so many DuckDB joins by place
NUMBERED_BITS = 20  # and it groups by place, for keys of so many bits


def aggregate(
    view: ProvenView, plans: Sequence[Plan], files: SnapshotFiles, *, threads: int = 2, memory_mib: int = 2048
) -> list[Integers]:
    """For each plan an int64 array (cells, columns) in the order of `plan.cells()`. Raises AggregateFailed, bare.

    The answer of a code plan is (found, 3): cell, code, people.
    """
    try:
        with _locked(view, files, threads, memory_mib, plans) as connection:
            known = whole(connection, files.sampling, files.room, _tables(view, plans))
            found = []
            for span in _spans(view, plans, known):
                for statement in _statements(view, plans, files, known, span):
                    connection.execute(statement.sql(dialect="duckdb"))
                connection.execute(_viewed(view, plans))
                found.append([_answer(connection, view, plan, known) for plan in plans])
            return [reduce(np.add, parts) for parts in zip(*found, strict=True)]
    except duckdb.Error:
        pass
    raise AggregateFailed  # outside the handler, so that it has no context


@contextmanager
def people(
    view: ProvenView, files: SnapshotFiles, *, memory_mib: int, written: Sequence[Path], threads: int = 2
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The person view as VIEW, and the secret keys as SAMPLING, for rows that go into files: only `written` may be.

    Raises AggregateFailed, bare, where what is done with them fails.
    """
    try:
        with _locked(view, files, threads, memory_mib, written=written) as connection:
            known = whole(connection, files.sampling, files.room, _tables(view, ()))
            for statement in _statements(view, (), files, known, None):
                connection.execute(statement.sql(dialect="duckdb"))
            connection.execute(_viewed(view, ()))
            yield connection
        return
    except duckdb.Error:
        pass
    raise AggregateFailed  # outside the handler, so that it has no context


def _spans(view: ProvenView, plans: Sequence[Plan], known: Whole) -> list[Span | None]:
    """Whose rows are read in one go: everybody's, or, where rows are gathered by person, one range after another.

    Event files are clustered by dense person number, so each range reads its own row groups; DuckDB then gathers and
    joins by places in an array that fits the cache. Numbers of ranges add up, and are the same whatever the ranges
    are (P3). Event plans have ranges of their own.
    """
    gathered = not all(TABLES[table].one_row_per_person for table in view.sources)
    if known.numbers is None or not gathered or not all(isinstance(plan, CellPlan) for plan in plans):
        return [None]
    first, last = known.numbers
    count = max(1, -(-(last - first + 1) // PEOPLE_AT_ONCE))
    ends = [first + (last - first + 1) * at // count for at in range(count + 1)]
    return list(pairwise(ends)) if count > 1 else [None]


def _answer(connection: duckdb.DuckDBPyConnection, view: ProvenView, plan: Plan, known: Whole) -> Integers:
    if isinstance(plan, CellPlan):
        return answer_of(connection, relation(VIEW), plan, stored(view.tree))
    from disclosure.engines.embedded_events import answer_of_events  # where no plan has events it is not loaded

    cap = cap_of(plan.events.table, view.rows_per_person)
    may_exceed = None if known.within(plan.events.table, cap) else cap
    return answer_of_events(connection, plan, relation(VIEW), may_exceed)


def _locked(
    view: ProvenView,
    files: SnapshotFiles,
    threads: int,
    memory_mib: int,
    plans: Sequence[Plan] = (),
    written: Sequence[Path] = (),
) -> duckdb.DuckDBPyConnection:
    """A connection in memory that can read the view's files only, never spills to disk and cannot be reconfigured.

    `written` are files that it may make beside that.
    """
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": threads,
            "memory_limit": f"{memory_mib}MiB",
            "temp_directory": "",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
            "perfect_ht_threshold": NUMBERED_BITS,
        },
    )
    paths = [str(files.sampling), *(str(_file(files, table)) for table in _tables(view, plans))]
    paths += map(str, written)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")  # how long it takes is nobody's to see
    connection.execute("SET parquet_metadata_cache = true")
    connection.execute("SET allowed_paths = ?", [paths])
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _file(files: SnapshotFiles, table: str) -> Path:
    return files.room / f"{table}.parquet"


def _tables(view: ProvenView, plans: Sequence[Plan]) -> list[str]:
    """Every table that the view or the events of a plan read."""
    return sorted({*view.sources, *(plan.events.table for plan in plans if isinstance(plan, EventPlan | CodePlan))})


def _statements(
    view: ProvenView, plans: Sequence[Plan], files: SnapshotFiles, known: Whole, span: Span | None
) -> list[exp.Expr]:
    """Who is sampled, and each table of the view cut to its cap: what stands before the view. Of one span of people."""
    made = [_sampled(files.sampling, known, span)]
    for table in _tables(view, plans):
        rows = spanned(exp.select("*").from_(parquet(_file(files, table))), span)
        made.append(create(f"raw_{table}", rows, "VIEW"))
    for table in sorted(view.sources):
        cap, columns = cap_of(table, view.rows_per_person), view.sources[table]
        if known.within(table, cap):
            kept: exp.Query = exp.select(*map(column, columns)).from_(relation(f"raw_{table}"))
        else:
            made.append(create(f"over_{table}", over(table, cap), "TABLE"))
            kept = capped(table, columns, cap)
        made.append(create(table, kept, "VIEW"))
    return made


def cap_of(table: str, rows_per_person: int) -> int:
    """The most rows of one person that are read from a table."""
    return 1 if TABLES[table].one_row_per_person else rows_per_person


def _sampled(path: Path, known: Whole, span: Span | None) -> exp.Expr:
    """One row per person of the secret sampling file: the file itself where that is known of it."""
    keys = spanned(exp.select(column(PERSON_ID)).from_(parquet(path)), span)
    if known.everybody:
        return create(SAMPLING, keys.select(column(SAMPLE_KEY)), "VIEW")
    least = exp.alias_(exp.Min(this=column(SAMPLE_KEY)), SAMPLE_KEY, quoted=True)
    return create(SAMPLING, keys.select(least).group_by(column(PERSON_ID)), "TABLE")


def _viewed(view: ProvenView, plans: Sequence[Plan]) -> str:
    """The person view: kept where it is read again and again, part of the one query otherwise.

    Where a second look at the written SQL does not show one row per person, grouping by the key makes it so.
    """
    cheap = all(TABLES[table].one_row_per_person for table in view.sources)
    once = len(plans) == 1 and isinstance(plans[0], CellPlan)
    made = f"CREATE OR REPLACE {'VIEW' if cheap or once else 'TABLE'} {VIEW} AS "
    if one_row_per_person(view.tree):
        return made + view.sql
    columns = [exp.alias_(exp.Max(this=column(name)), name, quoted=True) for name in view.columns]
    select = exp.select(column(PERSON_ID), *columns).from_(exp.to_table("proven")).group_by(column(PERSON_ID))
    return f"{made} WITH proven AS MATERIALIZED ({view.sql}) {select.sql(dialect='duckdb')}"
