"""Window functions over the rows of one person, the same whatever order the rows are stored in.

A partition names the person, so nobody else's rows have a say. A function that depends on the place of a row gets an
order that is total: every column the query reads is appended. Rows that are the same in all of them can stand in either
order, and with two such functions the pairs could differ: then the rows must be numbered first (`place`).
"""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import inf
from typing import Any

from sqlglot import exp

from disclosure.person_view import aggregates, expressions
from disclosure.person_view.refusals import refuse
from disclosure.person_view.relations.scope import Scope
from disclosure.person_view.schema import PERSON_ID
from disclosure.person_view.values import Scale, Value, natural
from workspaces.catalogue.columns import Type

_PLACED = (exp.RowNumber, exp.Lag, exp.Lead, exp.FirstValue)
_RANKS = (exp.RowNumber, exp.Rank, exp.DenseRank)
_SUMMED = (exp.Count, exp.Sum, exp.Min, exp.Max, exp.LogicalOr, exp.LogicalAnd)
_FIRST, _HERE, _LAST = (-1, -inf), (0, 0.0), (1, inf)
_CURRENT: tuple[dict[str, object], tuple[int, float]] = {"end": "CURRENT ROW", "end_side": None}, _HERE
_NAMED: dict[Any, tuple[int, float]] = {
    ("UNBOUNDED", "PRECEDING"): _FIRST,
    ("CURRENT ROW", None): _HERE,
    ("UNBOUNDED", "FOLLOWING"): _LAST,
}
MAX_OFFSET = 100


def window(node: exp.Expr, scope: Scope) -> Value:
    """The value of a window function over the rows of one person. Raises Invalid(view:window…)."""
    if not scope.windowed:
        refuse("window", "A window function stands outside SELECT, in a grouped query or inside another function.")
    inner = replace(scope, windowed=False)
    _partition(node, scope)
    called = node.this
    if isinstance(called, _RANKS):
        numbers = Scale(Fraction(1), 1, scope.most())
        return Value(exp.cast(_over(called.__class__(), node, inner), "BIGINT"), Type.INTEGER, numbers)
    if isinstance(called, _PLACED):
        return _neighbour(called, node, inner)
    return _summed(node, inner)


def placed(node: exp.Expr) -> bool:
    """Whether the value depends on the place of the row among rows that may be the same."""
    spec = node.args.get("spec")
    return isinstance(node.this, _PLACED) or (spec is not None and spec.args.get("kind") == "ROWS")


def numbers_rows(node: exp.Expr) -> bool:
    """Whether the expression numbers the rows of a person 1, 2, 3 …: row_number over the person alone."""
    if not isinstance(node, exp.Window) or not isinstance(node.this, exp.RowNumber):
        return False
    return len(node.args.get("partition_by") or ()) == 1


def _partition(node: exp.Expr, scope: Scope) -> None:
    by = node.args.get("partition_by") or ()
    keys = [each for each in by if isinstance(each, exp.Column) and each.name.lower() == PERSON_ID]
    if len(keys) != 1 or scope.source(keys[0]).optional:
        refuse("window", "The PARTITION BY of a window does not name person_id.")


def _neighbour(called: exp.Expr, node: exp.Expr, scope: Scope) -> Value:
    """The value in another row of the person; not known where there is none."""
    value = natural(scope.proof, expressions.scalar(called.this, scope.rows()), "a window")
    if value.type is None:
        refuse("window", "A window function is taken of NULL.")
    offset = called.args.get("offset")
    arguments = {}
    if offset is not None:
        if (
            not isinstance(offset, exp.Literal)
            or not offset.name.isdecimal()
            or not 1 <= int(offset.name) <= MAX_OFFSET
        ):
            refuse("window", f"The distance of LAG or LEAD is not a number from 1 to {MAX_OFFSET}.")
        scope.proof.chose(offset.name, MAX_OFFSET.bit_length(), "a window")
        arguments = {"offset": offset.copy()}
    return replace(value, sql=_over(called.__class__(this=value.sql, **arguments), node, scope))


def _summed(node: exp.Expr, scope: Scope) -> Value:
    called = node.this.this if isinstance(node.this, exp.Filter) else node.this
    if not isinstance(called, aggregates.NODES):
        refuse("window", "OVER follows a function that is not a window function here.")
    value = aggregates.aggregate(node.this, scope)
    if value.sql.find(exp.Distinct):
        refuse("window", "A window counts DISTINCT values.", "Group by person_id in a query of its own and join it.")
    sql = value.sql.transform(lambda each: _over(each, node, scope) if isinstance(each, _SUMMED) else each)
    return replace(value, sql=sql)


def _over(called: exp.Expr, node: exp.Expr, scope: Scope) -> exp.Expr:
    by = [_written(each, scope) for each in node.args["partition_by"]]
    given = node.args.get("order")
    order = [_ordered(each, scope) for each in given.expressions] if given is not None else []
    spec = None
    if isinstance(called, (*_SUMMED, exp.FirstValue)):
        spec = _frame(node, scope, ordered=bool(order))
    if placed(node):
        order += [exp.Ordered(this=column, nulls_first=True) for column in scope.ties()]
        scope.proof.note("ties in the order of a window are broken by all other columns that the query reads")
    elif isinstance(called, exp.Rank | exp.DenseRank) and not order:
        refuse("window", "RANK has no ORDER BY.")
    return exp.Window(this=called, partition_by=by, order=exp.Order(expressions=order) if order else None, spec=spec)


def _written(node: exp.Expr, scope: Scope) -> exp.Expr:
    if isinstance(node, exp.Column) and node.name.lower() == PERSON_ID:
        return scope.source(node).key()
    value = expressions.scalar(node, scope.rows())
    if value.raw is not None or value.type is None:
        refuse("window", "A window is partitioned or ordered by a literal.")
    return value.sql


def _ordered(node: exp.Expr, scope: Scope) -> exp.Expr:
    if isinstance(node.this, exp.Column) and node.this.name.lower() == PERSON_ID:
        refuse("person_key", "A window is ordered by person_id.")
    first = bool(node.args.get("nulls_first"))
    return exp.Ordered(this=_written(node.this, scope), desc=bool(node.args.get("desc")), nulls_first=first)


def _frame(node: exp.Expr, scope: Scope, *, ordered: bool) -> exp.Expr | None:
    """The frame, always written out: by default from the first row to the row's peers."""
    spec = node.args.get("spec")
    if spec is None:
        if not ordered and not placed(node):
            return None
        kind = "ROWS" if placed(node) else "RANGE"
        return exp.WindowSpec(kind=kind, start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW", end_side=None)
    if spec.args.get("kind") != "ROWS":
        refuse("window", "A frame of a window is not counted in ROWS.")
    start, begins = _bound(spec, scope, "start")
    end, ends = _bound(spec, scope, "end") if spec.args.get("end") else _CURRENT
    _check_frame(begins, ends)
    return exp.WindowSpec(kind="ROWS", **start, **end)


def _check_frame(begins: tuple[int, float], ends: tuple[int, float]) -> None:
    """What an engine would refuse to run is refused here, where nothing is spent."""
    if begins > ends or begins == _LAST or ends == _FIRST:
        refuse("window", "A frame of a window ends before it begins.")


def _bound(spec: exp.Expr, scope: Scope, name: str) -> tuple[dict[str, object], tuple[int, float]]:
    """The bound as it is written, and where it lies: before, at or after the row, and how far."""
    value, side = spec.args.get(name), spec.args.get(f"{name}_side")
    if (value, side) in _NAMED:
        return {name: value, f"{name}_side": side}, _NAMED[value, side]
    near = isinstance(value, exp.Literal) and value.name.isdecimal() and int(value.name) <= MAX_OFFSET
    if not isinstance(value, exp.Literal) or not near or side not in ("PRECEDING", "FOLLOWING"):
        refuse("window", f"A frame's {name} is not UNBOUNDED, CURRENT ROW or a number of rows, {MAX_OFFSET} at most.")
    scope.proof.chose(value.name, MAX_OFFSET.bit_length(), "a window")
    away = int(value.name)
    return {name: value.copy(), f"{name}_side": side}, (-1, -away) if side == "PRECEDING" else (1, away)


def check(nodes: Sequence[exp.Expr], scope: Scope) -> None:
    """Raises Invalid where two functions depend on the places of rows that may be the same."""
    found = [each for node in nodes for each in node.find_all(exp.Window) if placed(each)]
    if len(found) > 1 and not scope.told_apart():
        refuse("window", "Two window functions depend on the place of rows that may be the same.")
