"""The bounded aggregate on DuckDB inside this process: capped rows, the person view, whole numbers per cell.

What data holds never raises: reads are total, sums cannot overflow, absent cells are 0. The connection may open the
files it was given and nothing else, and its settings are locked before the first byte is read.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
from sqlglot import exp

from disclosure.engines import AggregateFailed, Integers
from disclosure.engines.capped import SAMPLE_KEY, SAMPLING, capped, create, over, parquet, relation
from disclosure.engines.cells import cell_of, column, measured
from disclosure.engines.embedded_events import answer_of_events
from disclosure.engines.event_plan import CodePlan, EventPlan, Plan
from disclosure.engines.plan import CellPlan, SnapshotFiles
from disclosure.person_view.schema import PERSON_ID, ProvenView
from workspaces.catalogue.tables import TABLES

VIEW = "people_viewed"


def aggregate(
    view: ProvenView, plans: Sequence[Plan], files: SnapshotFiles, *, threads: int = 2, memory_mib: int = 2048
) -> list[Integers]:
    """For each plan an int64 array (cells, columns) in the order of `plan.cells()`. Raises AggregateFailed, bare.

    The answer of a code plan is (found, 3): cell, code, people.
    """
    try:
        with _locked(view, files, threads, memory_mib, plans) as connection:
            for statement in _statements(view, plans, files):
                connection.execute(statement.sql(dialect="duckdb"))
            connection.execute(_viewed(view))
            return [_answer_of(connection, plan, view.rows_per_person) for plan in plans]
    except duckdb.Error:
        pass
    raise AggregateFailed  # outside the handler, so that it has no context


def _answer_of(connection: duckdb.DuckDBPyConnection, plan: Plan, rows_per_person: int) -> Integers:
    if isinstance(plan, CellPlan):
        return _answer(connection, plan)
    return answer_of_events(connection, plan, relation(VIEW), cap_of(plan.events.table, rows_per_person))


def _locked(
    view: ProvenView, files: SnapshotFiles, threads: int, memory_mib: int, plans: Sequence[Plan] = ()
) -> duckdb.DuckDBPyConnection:
    """A connection in memory that can read the view's files only, never spills to disk and cannot be reconfigured."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": threads,
            "memory_limit": f"{memory_mib}MiB",
            "temp_directory": "",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
        },
    )
    paths = [str(files.sampling), *(str(_file(files, table)) for table in _tables(view, plans))]
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET allowed_paths = ?", [paths])
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _file(files: SnapshotFiles, table: str) -> Path:
    return files.room / f"{table}.parquet"


def _tables(view: ProvenView, plans: Sequence[Plan]) -> list[str]:
    """Every table that the view or the events of a plan read."""
    return sorted({*view.sources, *(plan.events.table for plan in plans if isinstance(plan, EventPlan | CodePlan))})


def _statements(view: ProvenView, plans: Sequence[Plan], files: SnapshotFiles) -> list[exp.Expr]:
    """Who is sampled, and each table of the view cut to its cap: what stands before the view."""
    made: list[exp.Expr] = [create(SAMPLING, _sampled(files.sampling), "TABLE")]
    for table in _tables(view, plans):
        made.append(create(f"raw_{table}", exp.select("*").from_(parquet(_file(files, table))), "VIEW"))
    for table in sorted(view.sources):
        cap = cap_of(table, view.rows_per_person)
        made.append(create(f"over_{table}", over(table, cap), "TABLE"))
        made.append(create(table, capped(table, view.sources[table], cap), "VIEW"))
    return made


def cap_of(table: str, rows_per_person: int) -> int:
    """The most rows of one person that are read from a table."""
    return 1 if TABLES[table].one_row_per_person else rows_per_person


def _sampled(path: Path) -> exp.Select:
    """One row per person of the secret sampling file."""
    key = exp.alias_(exp.Min(this=column(SAMPLE_KEY)), SAMPLE_KEY, quoted=True)
    return exp.select(column(PERSON_ID), key).from_(parquet(path)).group_by(column(PERSON_ID))


def _viewed(view: ProvenView) -> str:
    """The person view as a table. Grouping by the key again makes "one row per person" structural."""
    columns = [exp.alias_(exp.Max(this=column(name)), name, quoted=True) for name in view.columns]
    select = (
        exp.select(column(PERSON_ID), *columns)
        .from_(exp.to_table("proven"))
        .group_by(column(PERSON_ID))
        .sql(dialect="duckdb")
    )
    return f"CREATE TABLE {VIEW} AS WITH proven AS MATERIALIZED ({view.sql}) {select}"


def _answer(connection: duckdb.DuckDBPyConnection, plan: CellPlan) -> Integers:
    cell = cell_of(plan)
    sums = [node for measure in plan.measures for node in measured(measure)]
    made = [exp.alias_(exp.cast(exp.Sum(this=node), "BIGINT"), f"n{i}", quoted=True) for i, node in enumerate(sums)]
    inner = exp.select(exp.alias_(cell, "_cell", quoted=True), "*").from_(relation(VIEW))
    known = exp.Not(this=exp.Is(this=column("_cell"), expression=exp.Null()))
    select = exp.select(column("_cell"), *made).from_(inner.subquery("celled")).where(known).group_by(column("_cell"))
    found = connection.execute(select.sql(dialect="duckdb")).fetchnumpy()
    answer = np.zeros((plan.shape[0] * plan.inner, len(sums)), dtype=np.int64)
    for position in range(len(sums)):
        answer[found["_cell"].astype(np.int64), position] = found[f"n{position}"].astype(np.int64)
    return answer.reshape(plan.shape)
