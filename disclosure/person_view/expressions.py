"""Scalars: each known node is read into a proven value and written anew. None of them can fail on any data."""

import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from sqlglot import exp

from disclosure.person_view import aggregates, functions, windows
from disclosure.person_view.refusals import refuse
from disclosure.person_view.relations.scope import Scope
from disclosure.person_view.values import (
    Scale,
    Value,
    alike,
    natural,
    number,
    paren,
    settle,
    union,
)
from workspaces.catalogue.columns import BOOLEAN_DOMAIN, Domain, Type

_WHOLE = (exp.DataType.Type.INT, exp.DataType.Type.BIGINT)
_KINDS = {Type.DATE: exp.DataType.Type.DATE, Type.BOOLEAN: exp.DataType.Type.BOOLEAN, Type.TEXT: exp.DataType.Type.TEXT}
_FLAG_NUMBERS = Domain((0, 1), ("no", "yes"))
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,9})?|\.\d{1,9}")


def scalar(node: exp.Expr, scope: Scope) -> Value:
    """The value a node stands for. Raises Invalid(view:…) for everything that is not proven."""
    if isinstance(node, exp.Column):
        return scope.column(node)
    if scope.grouped and node in scope.groups:
        value = scalar(node, scope.rows())
        return replace(value, sql=exp.Max(this=value.sql))  # the same in all rows of the group
    if isinstance(node, exp.Window):
        return windows.window(node, scope)
    if isinstance(node, aggregates.NODES):
        if not scope.grouped:
            refuse("aggregate", f"The aggregate {type(node).__name__.upper()} stands where rows are read one by one.")
        return aggregates.aggregate(node, scope)
    read = _READERS.get(type(node))
    if read is None:
        refuse("not_allowed", f"{type(node).__name__.upper()} is not allowed in an expression.")
    return read(node, scope)


def condition(node: exp.Expr, scope: Scope, where: str) -> Value:
    """A yes/no value. Raises Invalid("view:type") when it is of another type."""
    value = natural(scope.proof, scalar(node, scope), where)
    if value.type is not Type.BOOLEAN:
        refuse("type", f"{where} is not a condition.")
    return value


def _flag(sql: exp.Expr) -> Value:
    return Value(paren(sql), Type.BOOLEAN, domain=BOOLEAN_DOMAIN)


def _literal(node: exp.Expr, _: Scope) -> Value:
    fixed = bool(node.meta.get("fixed"))
    if isinstance(node, exp.Literal) and node.is_string:
        return Value(node, Type.TEXT, raw=node.name, fixed=fixed)
    if not _NUMBER.fullmatch(node.name):
        refuse("literal", "A number is not plain: up to 15 digits and 9 decimals.")
    return Value(node, Type.INTEGER, raw=Fraction(node.name), fixed=fixed)


def _boolean(node: exp.Expr, _: Scope) -> Value:
    return Value(node, Type.BOOLEAN, raw=bool(node.this), fixed=True)


def _null(_: exp.Expr, __: Scope) -> Value:
    return Value(exp.null(), None)


def _cast(node: exp.Expr, scope: Scope) -> Value:
    """DATE '2020-01-31', a condition as 0 or 1, and casts to the kind that a value is of already."""
    kind = node.args["to"].this
    if isinstance(node.this, exp.Literal) and node.this.is_string:
        if kind is not exp.DataType.Type.DATE:
            refuse("cast", "A cast of text is not allowed.")
        return settle(scope.proof, scalar(node.this, scope), Value(exp.null(), Type.DATE), "DATE")
    value = natural(scope.proof, scalar(node.this, scope), "a cast")
    if value.type is Type.BOOLEAN and kind in _WHOLE:
        return Value(exp.cast(value.sql, "BIGINT"), Type.INTEGER, Scale(Fraction(1), 0, 1), _FLAG_NUMBERS)
    whole = value.scale is not None and value.scale.step == 1
    if value.type is None or not (kind is _KINDS.get(value.type) or (whole and kind in _WHOLE) or _real(value, kind)):
        refuse("cast", "A cast is not allowed.")
    return value


def _real(value: Value, kind: object) -> bool:
    """Every number is exact, so that it is one of these as it stands."""
    return value.type is Type.INTEGER and kind in (exp.DataType.Type.DOUBLE, exp.DataType.Type.FLOAT)


def _paren(node: exp.Expr, scope: Scope) -> Value:
    return scalar(node.this, scope)


def _neg(node: exp.Expr, scope: Scope) -> Value:
    value = scalar(node.this, scope)
    if isinstance(value.raw, Fraction):
        return replace(value, raw=-value.raw)
    if value.scale is None:
        refuse("type", "A minus sign stands before something that is not a number.")
    ends = replace(value.scale, low=-value.scale.high, high=-value.scale.low)
    return Value(paren(exp.Sub(this=number(0), expression=value.sql)), Type.INTEGER, ends)


def _not(node: exp.Expr, scope: Scope) -> Value:
    return _flag(exp.Not(this=condition(node.this, scope, "NOT").sql))


def _connect(node: exp.Expr, scope: Scope) -> Value:
    """AND and OR; the parts of an AND see the concepts that the other parts fix."""
    if isinstance(node, exp.And):
        scope = scope.where(node)
    parts = [condition(part, scope, type(node).__name__.upper()).sql for part in (node.this, node.expression)]
    return _flag(type(node)(this=parts[0], expression=parts[1]))


def _pair(scope: Scope, left: Value, right: Value, where: str) -> list[Value]:
    """Two values made comparable; a literal takes type and grid of what it meets."""
    if right.raw is not None and left.raw is None and left.type is not None:
        right = settle(scope.proof, right, left, where)
    elif left.raw is not None and right.raw is None and right.type is not None:
        left = settle(scope.proof, left, right, where)
    return alike(scope.proof, [left, right], where)


def _compare(node: exp.Expr, scope: Scope) -> Value:
    where = "a comparison"
    left, right = _pair(scope, scalar(node.this, scope), scalar(node.expression, scope), where)
    if left.type in (Type.TEXT, Type.BOOLEAN) and not isinstance(node, exp.EQ | exp.NEQ):
        refuse("type", "Text and flags are compared by = and <> only.")
    return _flag(type(node)(this=left.sql, expression=right.sql))


def _in(node: exp.Expr, scope: Scope) -> Value:
    this = natural(scope.proof, scalar(node.this, scope), "IN")
    if not node.expressions:
        refuse("subquery", "IN is followed by something other than a list of literals.")
    items = [scalar(item, scope) for item in node.expressions]
    if any(item.raw is None for item in items):
        refuse("literal", "The list after IN holds something other than literals.")
    pairs = [_pair(scope, this, item, "IN") for item in items]
    return _flag(exp.In(this=pairs[0][0].sql, expressions=[item.sql for _, item in pairs]))


def _between(node: exp.Expr, scope: Scope) -> Value:
    """The value is written once, so that no depth of these doubles it."""
    this, *ends = (scalar(part, scope) for part in (node.this, node.args["low"], node.args["high"]))
    like = next((each for each in (this, *ends) if each.raw is None and each.type is not None), this)
    settled = [settle(scope.proof, each, like, "a comparison") if like.raw is None else each for each in (this, *ends)]
    values = alike(scope.proof, settled, "a comparison")
    if values[0].type in (Type.TEXT, Type.BOOLEAN):
        refuse("type", "Text and flags are compared by = and <> only.")
    this, low, high = values
    return _flag(exp.Between(this=paren(this.sql), low=low.sql, high=high.sql))


def _is(node: exp.Expr, scope: Scope) -> Value:
    value = natural(scope.proof, scalar(node.this, scope), "IS")
    if isinstance(node.expression, exp.Boolean) and value.type is not Type.BOOLEAN:
        refuse("type", "IS TRUE follows something that is not a condition.")
    if not isinstance(node.expression, exp.Null | exp.Boolean):
        refuse("not_allowed", "IS is followed by something other than NULL, TRUE or FALSE.")
    return _flag(exp.Is(this=value.sql, expression=node.expression.copy()))


def _case(node: exp.Expr, scope: Scope) -> Value:
    tests: list[Value] = []
    branches: list[Value] = []
    for branch in node.args["ifs"]:
        test = branch.this
        if node.this is not None:
            if not isinstance(node.this, exp.Column):
                refuse("not_allowed", "CASE is followed by something other than a column.", "Write CASE WHEN … THEN.")
            test = exp.EQ(this=node.this.copy(), expression=test)
        tests.append(condition(test, scope, "CASE WHEN"))
        branches.append(scalar(branch.args["true"], scope.where(test)))
    branches.append(scalar(node.args.get("default") or exp.null(), scope))
    branches = alike(scope.proof, branches, "CASE")
    written = exp.Case()
    for test_value, value in zip(tests, branches, strict=False):
        written = written.when(test_value.sql, value.sql, copy=False)
    type_, ends, domain = union(branches)
    return Value(paren(written.else_(branches[-1].sql, copy=False)), type_, ends, domain)


def _coalesce(node: exp.Expr, scope: Scope) -> Value:
    values = alike(scope.proof, [scalar(part, scope) for part in (node.this, *node.expressions)], "COALESCE")
    type_, ends, domain = union(values)
    return Value(exp.Coalesce(this=values[0].sql, expressions=[v.sql for v in values[1:]]), type_, ends, domain)


def _numbers(values: list[Value], scope: Scope) -> list[tuple[Value, Scale]]:
    found = []
    for part in values:
        value = natural(scope.proof, part, "arithmetic")
        if value.scale is None:
            refuse("type", "Arithmetic is done with something that is not a number.")
        found.append((value, value.scale))
    return found


def _sum(node: exp.Expr, scope: Scope) -> Value:
    if functions.in_months(node.expression):
        return functions.by_months(type(node), scalar(node.this, scope), node.expression, scope)
    parts = [scalar(part, scope) for part in (node.this, node.expression)]
    if Type.DATE in (parts[0].type, parts[1].type):
        return functions.dated(type(node), parts[0], parts[1], scope)
    values = alike(scope.proof, [value for value, _ in _numbers(parts, scope)], "arithmetic")
    (_, left, _), (_, right, _) = union(values[:1]), union(values[1:])
    if left is None or right is None:
        refuse("type", "Arithmetic is done with something that is not a number.")
    if isinstance(node, exp.Add):
        low, high = left.low + right.low, left.high + right.high
    else:
        low, high = left.low - right.high, left.high - right.low
    unit = left.unit if right.unit in (None, left.unit) else right.unit if left.unit is None else None
    sql = type(node)(this=values[0].sql, expression=values[1].sql)
    return Value(paren(sql), Type.INTEGER, Scale(left.step, low, high, unit))


def _product(node: exp.Expr, scope: Scope) -> Value:
    (left, a), (right, b) = _numbers([scalar(part, scope) for part in (node.this, node.expression)], scope)
    ends = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
    sql = exp.Mul(this=left.sql, expression=right.sql)
    return Value(paren(sql), Type.INTEGER, Scale(a.step * b.step, min(ends), max(ends)))


def _date_part(node: exp.Expr, scope: Scope) -> Value:
    if isinstance(node, exp.Extract):
        return functions.part(scalar(node.expression, scope), node.this.name.lower())
    return functions.part(scalar(node.this, scope), type(node).__name__.lower())


def _named(node: exp.Expr, scope: Scope) -> Value:
    name, given = node.name.lower(), node.expressions
    if name == "date_part" and len(given) == 2 and isinstance(given[0], exp.Literal):
        return functions.part(scalar(given[1], scope), given[0].name.lower())
    if name != "in_code_list" or len(given) != 2 or not isinstance(given[1], exp.Literal):
        refuse("function", "A function outside the allowed list is called.")
    return _in_code_list(scalar(given[0], scope), given[1].name, scope)


def _in_code_list(column: Value, cited: str, scope: Scope) -> Value:
    listed = scope.proof.schema.code_lists.get(cited)
    known = column.domain.values if column.domain else ()
    if listed is None or not set(listed.concept_ids) <= set(known):
        refuse("code_list", "A code list is cited that is not published for this column.")
    scope.proof.note(f"code list {listed.id}, sha256 {listed.digest}")
    return _flag(exp.In(this=column.sql, expressions=[number(concept) for concept in listed.concept_ids]))


_READERS: dict[Any, Callable[[exp.Expr, Scope], Value]] = {
    exp.Literal: _literal,
    exp.Boolean: _boolean,
    exp.Null: _null,
    exp.Cast: _cast,
    exp.Paren: _paren,
    exp.Neg: _neg,
    exp.Not: _not,
    exp.And: _connect,
    exp.Or: _connect,
    exp.In: _in,
    exp.Between: _between,
    exp.Is: _is,
    exp.Case: _case,
    exp.Coalesce: _coalesce,
    exp.Add: _sum,
    exp.Sub: _sum,
    exp.Mul: _product,
    exp.Year: _date_part,
    exp.Month: _date_part,
    exp.Day: _date_part,
    exp.Quarter: _date_part,
    exp.Extract: _date_part,
    exp.DateDiff: functions.date_diff,
    exp.Interval: functions.interval,
    exp.Least: functions.extreme,
    exp.Greatest: functions.extreme,
    exp.Abs: functions.absolute,
    exp.IntDiv: functions.divided,
    exp.Mod: functions.divided,
    exp.Anonymous: _named,
} | dict.fromkeys((exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE), _compare)
