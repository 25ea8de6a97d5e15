"""Expressions that are rewritten as plain ones: lists, first and last by an order, NULLIF, IF, IS DISTINCT FROM.

A list of a person's values is never made: what is asked of it is a count, an extreme or a test of the values.
Nothing here is trusted: what comes out is proven like any other expression, and what is left over is refused there.
"""

from collections.abc import Callable
from typing import Any

from sqlglot import exp


def terms(node: exp.Expr) -> exp.Expr:
    """The expression meant by a node, or the node itself; the parts of the node are plain already."""
    known = _TERMS.get(type(node))
    return (known(node) if known else None) or node


def fixed(number: int) -> exp.Expr:
    """A number that is always written; the author did not choose it."""
    literal = exp.Literal.number(number)
    literal.meta["fixed"] = True
    return literal


def _pick(node: exp.Expr, *, last: bool) -> exp.Expr | None:
    """first(x ORDER BY d) as arg_min(x, d): by one order only."""
    ordered = node.this
    if not isinstance(ordered, exp.Order) or len(ordered.expressions) != 1:
        return None
    by = ordered.expressions[0]
    pick = exp.ArgMax if last != bool(by.args.get("desc")) else exp.ArgMin
    return pick(this=ordered.this.copy(), expression=by.this.copy())


def _any_value(node: exp.Expr) -> exp.Expr | None:
    """Any value that is known: the largest is one."""
    return exp.Max(this=node.this.this.copy()) if isinstance(node.this, exp.AnyValue) else None


def _equals(node: exp.Expr) -> exp.Expr | None:
    """x = ANY([…]) as x IN (…)."""
    held = node.expression.this.unnest() if isinstance(node.expression, exp.Any) else None
    return _in(node.this, held) if isinstance(held, exp.Array) else None


def _contains(node: exp.Expr) -> exp.Expr | None:
    """list_contains([…], x) as x IN (…); of a list of values whether any of them is x."""
    if isinstance(node.this, exp.Array):
        return _in(node.expression, node.this)
    values = _gathered(node.this)
    if values is None:
        return None
    found = exp.LogicalOr(this=exp.EQ(this=values.copy(), expression=node.expression.copy()))
    return exp.Coalesce(this=found, expressions=[exp.false()])


def _in(value: exp.Expr, listed: exp.Expr) -> exp.Expr:
    return exp.In(this=value.copy(), expressions=[each.copy() for each in listed.expressions])


def _gathered(node: exp.Expr) -> exp.Expr | None:
    """What list(…) gathers, whatever the order."""
    if not isinstance(node, exp.ArrayAgg) or isinstance(node.this, exp.Distinct):
        return None
    values: exp.Expr = node.this.this if isinstance(node.this, exp.Order) else node.this
    return values


def _length(node: exp.Expr) -> exp.Expr | None:
    """len(list(x)) as count(*): a list holds what is not known as well."""
    return exp.Count(this=exp.Star(), big_int=True) if _gathered(node.this) is not None else None


def _element(node: exp.Expr) -> exp.Expr | None:
    """list(x ORDER BY d)[1] and [-1]; the parser counts from 0 and turns -1 into -2."""
    place = node.expressions[0].sql() if len(node.expressions) == 1 else ""
    if not isinstance(node.this, exp.ArrayAgg) or place not in ("0", "-2"):
        return None
    return _pick(node.this, last=place == "-2")


def _extreme(node: exp.Expr) -> exp.Expr | None:
    values = _gathered(node.this)
    pick = exp.Max if isinstance(node, exp.ArrayMax) else exp.Min
    return None if values is None else pick(this=values.copy())


def _named(node: exp.Expr) -> exp.Expr | None:
    """list_unique, list_sum and list_avg of list(x)."""
    values = _gathered(node.expressions[0]) if len(node.expressions) == 1 else None
    if values is None:
        return None
    if node.name.lower() == "list_unique":
        return exp.Count(this=exp.Distinct(expressions=[values.copy()]), big_int=True)
    known = {"list_sum": exp.Sum, "list_avg": exp.Avg}.get(node.name.lower())
    return known(this=values.copy()) if known else None


def _if(node: exp.Expr) -> exp.Expr | None:
    """if(a, b, c) outside CASE."""
    if isinstance(node.parent, exp.Case) and node.arg_key == "ifs":
        return None
    default = node.args.get("false")
    case = exp.Case().when(node.this.copy(), node.args["true"].copy())
    return case.else_(default.copy()) if default else case


def _nullif(node: exp.Expr) -> exp.Expr:
    same = exp.EQ(this=node.this.copy(), expression=node.expression.copy())
    return exp.Case().when(same, exp.null()).else_(node.this.copy())


def _distinct_from(node: exp.Expr) -> exp.Expr | None:
    """x IS [NOT] DISTINCT FROM a literal: what is not known differs from it."""
    if not isinstance(_uncast(node.expression), exp.Literal | exp.Boolean):
        return None
    differs = isinstance(node, exp.NullSafeNEQ)
    test = (exp.NEQ if differs else exp.EQ)(this=node.this.copy(), expression=node.expression.copy())
    return exp.Coalesce(this=test, expressions=[exp.Boolean(this=differs)])


def _uncast(node: exp.Expr) -> exp.Expr:
    """DATE '2020-01-31' is a literal too."""
    inner: exp.Expr = node.this if isinstance(node, exp.Cast) else node
    return inner


_TERMS: dict[Any, Callable[[exp.Expr], exp.Expr | None]] = {
    exp.First: lambda node: _pick(node, last=False),
    exp.Last: lambda node: _pick(node, last=True),
    exp.IgnoreNulls: _any_value,
    exp.EQ: _equals,
    exp.ArrayContains: _contains,
    exp.Length: _length,
    exp.ArraySize: _length,
    exp.Bracket: _element,
    exp.ArrayMax: _extreme,
    exp.ArrayMin: _extreme,
    exp.Anonymous: _named,
    exp.If: _if,
    exp.Nullif: _nullif,
    exp.NullSafeEQ: _distinct_from,
    exp.NullSafeNEQ: _distinct_from,
    exp.TryCast: lambda node: exp.Cast(this=node.this.copy(), to=node.args["to"].copy()),
}
