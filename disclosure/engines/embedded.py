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
from disclosure.engines.cells import cell_of, column, measured
from disclosure.engines.plan import CellPlan, SnapshotFiles
from disclosure.person_view.schema import PERSON_ID, ProvenView
from workspaces.catalogue.tables import TABLES

VIEW = "people_viewed"
SAMPLING = "people_sampled"
SAMPLE_KEY = "sample_key"


def aggregate(
    view: ProvenView, plans: Sequence[CellPlan], files: SnapshotFiles, *, threads: int = 2, memory_mib: int = 2048
) -> list[Integers]:
    """For each plan an int64 array (cells, columns) in the order of `plan.cells()`. Raises AggregateFailed, bare."""
    try:
        with _locked(view, files, threads, memory_mib) as connection:
            for statement in _statements(view, files):
                connection.execute(statement.sql(dialect="duckdb"))
            connection.execute(_viewed(view))
            return [_answer(connection, plan) for plan in plans]
    except duckdb.Error:
        pass
    raise AggregateFailed  # outside the handler, so that it has no context


def _locked(view: ProvenView, files: SnapshotFiles, threads: int, memory_mib: int) -> duckdb.DuckDBPyConnection:
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
    paths = [str(files.sampling), *(str(_file(files, table)) for table in sorted(view.sources))]
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET allowed_paths = ?", [paths])
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _file(files: SnapshotFiles, table: str) -> Path:
    return files.room / f"{table}.parquet"


def _statements(view: ProvenView, files: SnapshotFiles) -> list[exp.Expr]:
    """Who is sampled, and each table cut to its cap: what stands before the view."""
    made: list[exp.Expr] = [_create(SAMPLING, _sampled(files.sampling), "TABLE")]
    for table in sorted(view.sources):
        raw = exp.select("*").from_(_parquet(_file(files, table)))
        cap = 1 if TABLES[table].one_row_per_person else view.rows_per_person
        made.append(_create(f"raw_{table}", raw, "VIEW"))
        made.append(_create(f"over_{table}", _over(table, cap), "TABLE"))
        made.append(_create(table, _capped(table, view.sources[table], cap), "VIEW"))
    return made


def _sampled(path: Path) -> exp.Select:
    """One row per person of the secret sampling file."""
    key = exp.alias_(exp.Min(this=column(SAMPLE_KEY)), SAMPLE_KEY, quoted=True)
    return exp.select(column(PERSON_ID), key).from_(_parquet(path)).group_by(column(PERSON_ID))


def _over(table: str, cap: int) -> exp.Select:
    """The people with more rows than the cap: few or none, so that only theirs are sorted."""
    many = exp.GT(this=exp.Count(this=exp.Star(), big_int=True), expression=exp.Literal.number(cap))
    return exp.select(column(PERSON_ID)).from_(_table(f"raw_{table}")).group_by(column(PERSON_ID)).having(many)


def _capped(table: str, columns: Sequence[str], cap: int) -> exp.Query:
    """Rows of sampled people; of those over the cap the rows with the least keyed hash.

    The order is over the secret key of the person and every column but the dense number, completed by the columns
    themselves: which rows stay is a function of that person's rows, not of where they are stored.
    """
    wanted = [column(name) for name in columns]
    kept = exp.select(*wanted).from_(_table(f"raw_{table}"))
    kept = kept.where(_among(SAMPLING)).where(exp.Not(this=_among(f"over_{table}")))
    ranked = exp.select(*(column(name, "r") for name in columns), exp.alias_(_rank(columns), "kept_rank", quoted=True))
    ranked = ranked.from_(_table(f"raw_{table}", "r")).join(
        _table(SAMPLING, "s"), on=exp.EQ(this=column(PERSON_ID, "r"), expression=column(PERSON_ID, "s"))
    )
    ranked = ranked.where(_among(f"over_{table}", "r"))
    least = exp.LTE(this=column("kept_rank"), expression=exp.Literal.number(cap))
    cut = exp.select(*(node.copy() for node in wanted)).from_(ranked.subquery("ranked")).where(least)
    return exp.union(kept, cut, distinct=False)


def _rank(columns: Sequence[str]) -> exp.Expr:
    others = [column(name, "r") for name in columns if name != PERSON_ID]
    keyed = exp.Anonymous(this="hash", expressions=[column(SAMPLE_KEY, "s"), *others])
    order = exp.Order(expressions=[exp.Ordered(this=node.copy(), nulls_first=True) for node in (keyed, *others)])
    return exp.Window(this=exp.RowNumber(), partition_by=[column(PERSON_ID, "r")], order=order)


def _viewed(view: ProvenView) -> str:
    """The person view as a table. Grouping by the key again makes "one row per person" structural."""
    columns = [exp.alias_(exp.Max(this=column(name)), name, quoted=True) for name in view.columns]
    select = exp.select(*columns).from_(exp.to_table("proven")).group_by(column(PERSON_ID)).sql(dialect="duckdb")
    return f"CREATE TABLE {VIEW} AS WITH proven AS MATERIALIZED ({view.sql}) {select}"


def _answer(connection: duckdb.DuckDBPyConnection, plan: CellPlan) -> Integers:
    cell = cell_of(plan)
    sums = [node for measure in plan.measures for node in measured(measure)]
    made = [exp.alias_(exp.cast(exp.Sum(this=node), "BIGINT"), f"n{i}", quoted=True) for i, node in enumerate(sums)]
    inner = exp.select(exp.alias_(cell, "_cell", quoted=True), "*").from_(_table(VIEW))
    known = exp.Not(this=exp.Is(this=column("_cell"), expression=exp.Null()))
    select = exp.select(column("_cell"), *made).from_(inner.subquery("celled")).where(known).group_by(column("_cell"))
    found = connection.execute(select.sql(dialect="duckdb")).fetchnumpy()
    answer = np.zeros((plan.shape[0] * plan.inner, len(sums)), dtype=np.int64)
    for position in range(len(sums)):
        answer[found["_cell"].astype(np.int64), position] = found[f"n{position}"].astype(np.int64)
    return answer.reshape(plan.shape)


def _table(name: str, alias: str | None = None) -> exp.Expr:
    table = exp.Table(this=exp.to_identifier(name, quoted=True))
    return exp.alias_(table, alias, table=True, quoted=True) if alias else table


def _parquet(path: Path) -> exp.Expr:
    call = exp.Anonymous(this="read_parquet", expressions=[exp.Literal.string(str(path))])
    return exp.Table(this=call)


def _among(table: str, alias: str | None = None) -> exp.Expr:
    """The row's person is in that table."""
    return exp.In(this=column(PERSON_ID, alias), query=exp.select(column(PERSON_ID)).from_(_table(table)).subquery())


def _create(name: str, query: exp.Query, kind: str) -> exp.Expr:
    return exp.Create(this=_table(name), kind=kind, expression=query)
