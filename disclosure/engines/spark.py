"""The bounded aggregate on Spark: the same tree as on DuckDB, in Spark's own SQL.

Only sums per cell are collected to the driver. A session has neither a page nor an event log, which would show exact
row counts; nothing is logged, as messages of an engine can hold records. Numbers that do not fit would wrap instead of
failing, so that no value can be told from an error; the bounds of the proof keep them from it.
"""

import logging
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from sqlglot import exp

from disclosure.engines import AggregateFailed, Integers
from disclosure.engines.capped import SAMPLE_KEY, SAMPLING, capped, over, relation
from disclosure.engines.cells import cell_of, column, measured
from disclosure.engines.event_cells import SHIFT, ranked
from disclosure.engines.event_plan import CodePlan, EventPlan, Plan
from disclosure.engines.plan import CellPlan, SnapshotFiles
from disclosure.engines.spark_sql import name, write
from disclosure.person_view.schema import PERSON_ID, ProvenView
from workspaces.catalogue.tables import TABLES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

VIEW = "people_viewed"
EVENTS = "events_counted"

CONTEXT = {
    "spark.app.name": "release",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.eventLog.enabled": "false",
    "spark.log.level": "OFF",
}
SESSION = {
    "spark.sql.ansi.enabled": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.caseSensitive": "true",
}


def aggregate(
    view: ProvenView, plans: Sequence[Plan], files: SnapshotFiles, *, threads: int = 2, memory_mib: int = 2048
) -> list[Integers]:
    """For each plan an int64 array (cells, columns) in the order of `plan.cells()`. Raises AggregateFailed, bare.

    The answer of a code plan is (found, 3): cell, code, people. `threads` and `memory_mib` hold for a context that is
    started here; a cluster's own configuration says the rest.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        session = _session(threads, memory_mib)
        people = _staged(session, view, files).persist()
        try:
            people.createOrReplaceTempView(VIEW)
            return [_answer_of(session, plan, files, view.rows_per_person) for plan in plans]
        finally:
            people.unpersist()
    except (Py4JError, PySparkException):
        pass
    raise AggregateFailed  # outside the handler, so that it has no context


def _session(threads: int, memory_mib: int) -> "SparkSession":
    """A session of its own, views and settings included, on the one context of this process."""
    from pyspark.sql import SparkSession

    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")  # no other machine is spoken to unless somebody says so
    for logger in ("py4j", "SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        logging.getLogger(logger).disabled = True  # they quote what an engine says
    start = {"spark.driver.memory": f"{memory_mib}m", "spark.sql.shuffle.partitions": str(threads), **CONTEXT}
    builder = SparkSession.builder
    for key, value in start.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate().newSession()
    context = session.sparkContext
    if context.uiWebUrl is not None or context.getConf().get("spark.eventLog.enabled") == "true":
        raise AggregateFailed  # somebody's page or file would show exact numbers
    for key, value in SESSION.items():
        session.conf.set(key, value)
    return session


def _staged(session: "SparkSession", view: ProvenView, files: SnapshotFiles) -> "DataFrame":
    """The person view over who is sampled and each table cut to its cap, one row per person once more."""
    session.read.parquet(str(files.sampling)).createOrReplaceTempView("raw_sampling")
    key = name(PERSON_ID)
    _view(session, SAMPLING, f"SELECT {key}, MIN({SAMPLE_KEY}) AS {SAMPLE_KEY} FROM raw_sampling GROUP BY {key}")  # noqa: S608
    for table, columns in sorted(view.sources.items()):
        _read(session, table, columns, files, view.rows_per_person)
    _view(session, "proven", write(view.tree))
    kept = ", ".join([key, *(f"MAX({name(each)}) AS {name(each)}" for each in view.columns)])
    return session.sql(f"SELECT {kept} FROM proven GROUP BY {key}")  # noqa: S608


def _read(session: "SparkSession", table: str, columns: Sequence[str], files: SnapshotFiles, most: int) -> None:
    """The table under its own name, cut to its cap; views that were made of an earlier one keep that."""
    session.read.parquet(str(files.room / f"{table}.parquet")).createOrReplaceTempView(f"raw_{table}")
    cap = 1 if TABLES[table].one_row_per_person else most
    _view(session, f"over_{table}", write(over(table, cap)))
    _view(session, table, write(capped(table, columns, cap)))


def _view(session: "SparkSession", called: str, query: str) -> None:
    session.sql(query).createOrReplaceTempView(called)


def _answer_of(session: "SparkSession", plan: Plan, files: SnapshotFiles, most: int) -> Integers:
    if isinstance(plan, CellPlan):
        return _answer(session, plan)
    _read(session, plan.events.table, plan.events.source, files, most)
    _view(session, EVENTS, write(plan.events.tree))
    found = session.sql(_counted(plan)).collect()
    if isinstance(plan, CodePlan):
        return np.array(sorted(map(tuple, found)), dtype=np.int64).reshape(-1, 3)
    dense = np.zeros(plan.shape, dtype=np.int64)
    own = plan.shape[0] * plan.shape[1] // plan.inner
    for cell, key, people in found:
        dense.reshape(own, plan.inner)[cell, key] = people
    return dense


def _counted(plan: EventPlan | CodePlan) -> str:
    """Cell, key and people: the `at_most` least of each person, counted."""
    cells = write(ranked(plan, events=relation(EVENTS), view=relation(VIEW), sampling=relation(SAMPLING)))
    place = f"ROW_NUMBER() OVER (PARTITION BY {name(PERSON_ID)} ORDER BY packed) AS place"
    return (
        f"SELECT cell, packed % {SHIFT} AS k, COUNT(*) AS people FROM (SELECT cell, packed, {place} "  # noqa: S608
        f"FROM ({cells}) AS cells) AS placed WHERE place <= {plan.at_most} GROUP BY cell, packed % {SHIFT}"
    )


def _answer(session: "SparkSession", plan: CellPlan) -> Integers:
    sums = [node for measure in plan.measures for node in measured(measure)]
    made = ", ".join(f"CAST(SUM({write(node)}) AS BIGINT) AS n{position}" for position, node in enumerate(sums))
    cell = write(exp.alias_(cell_of(plan), "_cell", quoted=True))
    found = session.sql(
        f"SELECT _cell, {made} FROM (SELECT {cell}, * FROM {VIEW}) AS celled WHERE _cell IS NOT NULL "  # noqa: S608
        f"GROUP BY {write(column('_cell'))}"
    ).collect()
    answer = np.zeros((plan.shape[0] * plan.inner, len(sums)), dtype=np.int64)
    for cells, *numbers in found:
        answer[int(cells)] = numbers
    return answer.reshape(plan.shape)
