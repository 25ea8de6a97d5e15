"""Whole numbers per cell on DuckDB: people are grouped by the values of their keys, cells follow from the groups.

The values stand side by side in one GROUP BY, as in the plain query, because DuckDB groups stored dictionaries fast.
Text that is stored becomes its place in the public domain before that, looked up once for each value of a dictionary;
of other values each group is looked up. A value outside its domain has no place, and its people no cell. There are at
most as many groups as people.
"""

from collections.abc import Collection, Sequence

import duckdb
import numpy as np
from numpy.typing import NDArray
from sqlglot import exp

from disclosure.engines import Integers
from disclosure.engines.cells import column, measured, step_of
from disclosure.engines.plan import CellPlan, CountAll, CountKnown, Measure, Product


def answer_of(
    connection: duckdb.DuckDBPyConnection, view: exp.Expr, plan: CellPlan, stored: Collection[str] = ()
) -> Integers:
    """The plan's numbers over a view that holds each person at most once: int64, of the plan's shape.

    Columns named in `stored` come from a file as they are.
    """
    keys = [(key.name, list(domain.values)) for key, domain in plan.keys]
    listed = [name in stored and all(isinstance(value, str) for value in values) for name, values in keys]
    values = [_listed(*key) if early else column(key[0]) for key, early in zip(keys, listed, strict=True)]
    values += [step_of(plan.steps)] if plan.steps else []
    sums = [node for measure in plan.measures for node in _summed(measure)]
    rows = exp.select(*_named("k", values), *_named("n", sums)).from_(view).where(*_adding(plan), copy=False)
    grouped = _selected(rows, len(values))
    places = [
        exp.Anonymous(this="enum_code", expressions=[column(f"k{at}")]) if early else place_of(f"k{at}", keys[at][1])
        for at, early in enumerate(listed)
    ]
    places += [column(f"k{at}") for at in range(len(places), len(values))]
    totals = [exp.cast(exp.Sum(this=column(f"n{at}")), "BIGINT") for at in range(len(sums))]
    placed = exp.select(*_named("k", places), *_named("n", totals)).from_(grouped.subquery("grouped"))
    found = connection.execute(_selected(placed, len(values)).sql(dialect="duckdb")).fetchnumpy()
    return _filled(plan, found, len(sums))


def _listed(name: str, values: Sequence[object]) -> exp.Expr:
    """The value as one of its domain's, which DuckDB keeps as its place there; NULL when it is not there."""
    kind = exp.DataType(this=exp.DataType.Type.ENUM, expressions=list(map(exp.convert, values)))
    return exp.TryCast(this=column(name), to=kind)


def _adding(plan: CellPlan) -> list[exp.Expr]:
    """Conditions that everybody meets who adds anything: columns known that all numbers need."""
    needed = [set(_needed(measure)) for measure in plan.measures]
    shared = set.intersection(*needed) if needed else set()
    shared |= {plan.steps.column} if plan.steps else set()
    return [exp.Not(this=exp.Is(this=column(name), expression=exp.Null())) for name in sorted(shared)]


def _needed(measure: Measure) -> tuple[str, ...]:
    """The columns without any of which a person adds 0 to the measure."""
    if isinstance(measure, CountAll):
        return ()
    return measure.known if isinstance(measure, Product) else (measure.column,)


def _named(letter: str, nodes: Sequence[exp.Expr]) -> list[exp.Expr]:
    return [exp.alias_(node, f"{letter}{at}", quoted=True) for at, node in enumerate(nodes)]


def _selected(select: exp.Select, keys: int) -> exp.Select:
    """Grouped by the first columns, where there are keys."""
    return select.group_by(*(exp.Literal.number(at + 1) for at in range(keys))) if keys else select


def _filled(plan: CellPlan, found: dict[str, NDArray[np.int64]], numbers: int) -> Integers:
    """The groups in their rows of the answer; those with a key outside its domain left out."""
    sizes = [len(domain.values) for _, domain in plan.keys] + ([plan.steps.size] if plan.steps else [])
    rows = np.zeros(len(found["n0"]), dtype=np.int64)
    known = np.ones(len(rows), dtype=bool)
    for at, size in enumerate(sizes):
        known &= ~np.ma.getmaskarray(found[f"k{at}"])
        rows = rows * size + np.ma.filled(found[f"k{at}"], 0).astype(np.int64)
    made = np.zeros((plan.shape[0] * plan.inner, numbers), dtype=np.int64)
    for at in range(numbers):
        made[rows[known], at] = np.ma.filled(found[f"n{at}"], 0)[known].astype(np.int64)
    return made.reshape(plan.shape)


def place_of(name: str, values: list[str | int | bool]) -> exp.Expr:
    """The place of the value in its domain, counted from 0; NULL when it is not there."""
    listed = exp.Anonymous(this="list_position", expressions=[exp.array(*map(exp.convert, values)), column(name)])
    return exp.Sub(this=listed, expression=exp.Literal.number(1))


def _summed(measure: Measure) -> list[exp.Expr]:
    """Each number of a measure added up over the people of a group."""
    if isinstance(measure, CountAll):
        return [exp.Count(this=exp.Star(), big_int=True)]
    if isinstance(measure, CountKnown):
        return [exp.Count(this=column(measure.column), big_int=True)]
    return [exp.Sum(this=node) for node in measured(measure)]
