"""Aggregates over the rows of one person: exact whole numbers, the same whatever order the rows are stored in."""

from dataclasses import dataclass, replace
from fractions import Fraction

from sqlglot import exp

from disclosure.person_view import expressions
from disclosure.person_view.functions import DAYS
from disclosure.person_view.refusals import refuse
from disclosure.person_view.relations.scope import Scope
from disclosure.person_view.values import FIRST_DAY, Scale, Value, day, natural, number, paren
from workspaces.catalogue.columns import BOOLEAN_DOMAIN, Type

NODES = (
    exp.Filter,
    exp.Count,
    exp.CountIf,
    exp.Min,
    exp.Max,
    exp.Sum,
    exp.Avg,
    exp.LogicalOr,
    exp.LogicalAnd,
    exp.ArgMax,
    exp.ArgMin,
)
MOST_PACKED = 2**62


@dataclass(frozen=True)
class _Rows:
    """The rows of a group, those that meet `keep` where there is one, and the most there can be."""

    scope: Scope
    keep: exp.Expr | None
    most: int

    def value(self, node: exp.Expr) -> Value:
        """The value in each row that is kept, NULL in the others."""
        value = natural(self.scope.proof, expressions.scalar(node, self.scope), "an aggregate")
        if value.type is None:
            refuse("aggregate", "An aggregate is taken of NULL.")
        return Value(self.guard(value.sql), value.type, value.scale, value.domain)

    def guard(self, sql: exp.Expr) -> exp.Expr:
        """The SQL where the row is kept, else NULL."""
        return sql if self.keep is None else exp.Case().when(self.keep.copy(), sql)


def aggregate(node: exp.Expr, scope: Scope) -> Value:
    """The value of an aggregate over the rows of one person. Raises Invalid(view:…)."""
    keep = None
    inner = scope.rows()
    if isinstance(node, exp.Filter):
        test = node.expression.this
        keep = expressions.condition(test, inner, "FILTER").sql
        inner, node = inner.where(test), node.this
        if isinstance(node, exp.Filter) or not isinstance(node, NODES):
            refuse("aggregate", "FILTER follows something that is not an aggregate.")
    rows = _Rows(inner, keep, scope.most())
    if isinstance(node, exp.ArgMax | exp.ArgMin):
        return _arg(node, rows)
    if isinstance(node, exp.Count):
        return _count(node, rows)
    return _over(node, rows)


def _number(sql: exp.Expr, low: int, high: int, like: Scale | None = None) -> Value:
    ends = Scale(like.step if like else Fraction(1), low, high, like.unit if like else None)
    return Value(exp.cast(sql, "BIGINT"), Type.INTEGER, ends)


def _count(node: exp.Count, rows: _Rows) -> Value:
    counted = node.this
    if counted is None or isinstance(counted, exp.Star | exp.Literal):
        sql: exp.Expr = exp.Star() if rows.keep is None else rows.guard(number(1))
    elif isinstance(counted, exp.Distinct):
        if len(counted.expressions) != 1:
            refuse("aggregate", "COUNT DISTINCT is taken of more than one column.")
        sql = exp.Distinct(expressions=[rows.value(counted.expressions[0]).sql])
    else:
        sql = rows.value(counted).sql
    return _number(exp.Count(this=sql, big_int=True), 0, rows.most)


def _over(node: exp.Expr, rows: _Rows) -> Value:
    value = rows.value(node.this)
    if isinstance(node, exp.Min | exp.Max):
        return Value(type(node)(this=value.sql), value.type, value.scale, value.domain)
    if isinstance(node, exp.Sum | exp.Avg):
        return _sum(value, rows) if isinstance(node, exp.Sum) else _mean(value, rows)
    if value.type is not Type.BOOLEAN:
        refuse("type", f"{type(node).__name__.upper()} is taken of something that is not a condition.")
    if isinstance(node, exp.CountIf):
        return _number(exp.Count(this=exp.Case().when(value.sql, number(1)), big_int=True), 0, rows.most)
    return Value(type(node)(this=value.sql), Type.BOOLEAN, domain=BOOLEAN_DOMAIN)


def _scale(value: Value) -> Scale:
    if value.scale is None:
        refuse("type", "A sum or mean is taken of something that is not a number.")
    return value.scale


def _sum(value: Value, rows: _Rows) -> Value:
    """Exact: the sum of the ends fits, so no order of adding can matter."""
    ends = _scale(value)
    return _number(exp.Sum(this=value.sql), min(0, ends.low * rows.most), max(0, ends.high * rows.most), ends)


def _mean(value: Value, rows: _Rows) -> Value:
    """The mean rounded to whole units, halves up: low + floor((2 s + n) / 2 n) with s the sum above the low end."""
    ends = _scale(value)
    rows.scope.proof.note("means are rounded to the step of the value's grid")
    above = exp.Sum(this=exp.Sub(this=value.sql, expression=paren(number(ends.low))))
    total = _number(above, 0, 2 * (ends.high - ends.low + 1) * rows.most).sql
    count = exp.Count(this=value.sql.copy(), big_int=True)
    twice = exp.Add(this=exp.Mul(this=number(2), expression=total), expression=count)
    whole = exp.IntDiv(
        this=paren(twice),
        expression=exp.Nullif(this=exp.Mul(this=number(2), expression=count.copy()), expression=number(0)),
    )
    return Value(paren(exp.Add(this=number(ends.low), expression=whole)), Type.INTEGER, ends)


def _arg(node: exp.Expr, rows: _Rows) -> Value:
    """The value with the last (first) order; of several with that order the largest (smallest) value."""
    value, order = rows.value(node.this), rows.value(node.expression)
    pick = exp.Max if isinstance(node, exp.ArgMax) else exp.Min
    rows.scope.proof.note(f"on equal dates the {'larger' if pick is exp.Max else 'smaller'} value counts")
    if order.type is Type.DATE and value.scale and _width(value.scale) * (DAYS + 1) <= MOST_PACKED:
        return replace(value, sql=_packed(pick, value, order, value.scale))
    known = exp.And(this=_known(value), expression=_known(order))
    fields = [exp.PropertyEQ(this=exp.to_identifier(n), expression=v.sql) for n, v in (("o", order), ("v", value))]
    packed = pick(this=exp.Case().when(known, exp.Struct(expressions=fields)))
    sql = exp.Anonymous(this="struct_extract", expressions=[packed, exp.Literal.string("v")])
    return Value(sql, value.type, value.scale, value.domain)


def _packed(pick: type[exp.Max | exp.Min], value: Value, order: Value, ends: Scale) -> exp.Expr:
    """The same of one whole number, days since the first possible one · width + units above the low end.

    It is in the order of day and then value, NULL where either is not known, and many times faster than a pair.
    """
    days = exp.Anonymous(this="date_diff", expressions=[exp.Literal.string("day"), day(FIRST_DAY), order.sql])
    above = exp.Sub(this=value.sql, expression=paren(number(ends.low)))
    scaled = exp.Mul(this=exp.cast(days, "BIGINT"), expression=number(_width(ends)))
    best = exp.cast(pick(this=exp.Add(this=scaled, expression=paren(above))), "BIGINT")
    return paren(exp.Add(this=paren(exp.Mod(this=best, expression=number(_width(ends)))), expression=number(ends.low)))


def _width(ends: Scale) -> int:
    return ends.high - ends.low + 1


def _known(value: Value) -> exp.Expr:
    return paren(exp.Not(this=exp.Is(this=value.sql.copy(), expression=exp.Null())))
