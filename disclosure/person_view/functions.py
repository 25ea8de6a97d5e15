"""Scalar functions of numbers and dates that no value can make fail: each result is known or within public ends.

Days move a date within the years 1900 to 2099; beyond them it is not known. Division is by a number of the author's,
never by data. Months and years between dates are those of the calendar, as DuckDB counts them.
"""

from dataclasses import replace
from fractions import Fraction

from sqlglot import exp

from disclosure.person_view import expressions
from disclosure.person_view.refusals import refuse
from disclosure.person_view.relations.scope import Scope
from disclosure.person_view.values import (
    FIRST_DAY,
    LAST_DAY,
    Scale,
    Value,
    alike,
    day,
    natural,
    number,
    paren,
    settle,
    union,
)
from workspaces.catalogue.columns import Domain, Type

DAYS = (LAST_DAY - FIRST_DAY).days
FAR_DAYS = 100_000
MAX_COPIED = 2_000
FAR_MONTHS = 1_200
_MONTHS = Domain(tuple(range(1, 13)), tuple(str(month) for month in range(1, 13)))
_QUARTERS = Domain((1, 2, 3, 4), ("1", "2", "3", "4"))
_PARTS = {
    "year": (Scale(Fraction(1), FIRST_DAY.year, LAST_DAY.year, "a"), None),
    "quarter": (Scale(Fraction(1), 1, 4), _QUARTERS),
    "month": (Scale(Fraction(1), 1, 12, "mo"), _MONTHS),
    "day": (Scale(Fraction(1), 1, 31, "d"), None),
}


def extreme(node: exp.Expr, scope: Scope) -> Value:
    """LEAST and GREATEST pass over what is not known, as DuckDB's do."""
    where = type(node).__name__.upper()
    values = alike(scope.proof, [expressions.scalar(part, scope) for part in (node.this, *node.expressions)], where)
    type_, ends, domain = union(values)
    if type_ not in (Type.INTEGER, Type.DATE):
        refuse("type", f"{where} is taken of something other than numbers or dates.")
    written = type(node)(this=values[0].sql, expressions=[v.sql for v in values[1:]], ignore_nulls=True)
    return Value(written, type_, ends, domain)


def part(value: Value, name: str) -> Value:
    """Year, quarter, month or day of a date."""
    if value.type is not Type.DATE:
        refuse("type", f"{name} is taken of something that is not a date.")
    if name not in _PARTS:
        refuse("function", "Only year, quarter, month and day can be taken of a date.")
    scale, domain = _PARTS[name]
    return Value(exp.cast(exp.Anonymous(this=name, expressions=[value.sql]), "BIGINT"), Type.INTEGER, scale, domain)


def date_diff(node: exp.Expr, scope: Scope) -> Value:
    """Days, months or years from the first date to the last; months and years by the calendar's boundaries."""
    unit = node.args.get("unit")
    name = unit.name.lower() if isinstance(unit, exp.Var) else ""
    dated = Value(exp.null(), Type.DATE)
    ends = [
        settle(scope.proof, expressions.scalar(end, scope), dated, "date_diff") for end in (node.expression, node.this)
    ]
    if any(end.type is not Type.DATE for end in ends):
        refuse("type", "date_diff is taken of something that is not a date.")
    if name == "day":
        return days_between(*ends)
    if name not in ("month", "year"):
        refuse("function", "date_diff counts days, months or years only.", "Write date_diff('day', first, last).")
    first, last = (_months(end) if name == "month" else part(end, "year").sql for end in ends)
    years = LAST_DAY.year - FIRST_DAY.year + 1
    most, unit_code = (12 * years, "mo") if name == "month" else (years, "a")
    sql = paren(exp.Sub(this=last, expression=first))
    return Value(sql, Type.INTEGER, Scale(Fraction(1), -most, most, unit_code))


def days_between(first: Value, last: Value) -> Value:
    """The days from the first date to the last."""
    call = exp.Anonymous(this="date_diff", expressions=[exp.Literal.string("day"), first.sql, last.sql])
    return Value(exp.cast(call, "BIGINT"), Type.INTEGER, Scale(Fraction(1), -DAYS, DAYS, "d"))


def _months(value: Value) -> exp.Expr:
    copied = replace(value, sql=_twice(value.sql).copy())
    years = exp.Mul(this=part(value, "year").sql, expression=number(12))
    return paren(exp.Add(this=years, expression=part(copied, "month").sql))


def dated(sign: type[exp.Expr], left: Value, right: Value, scope: Scope) -> Value:
    """A sum or difference in which one side is a date."""
    if left.type is Type.DATE and right.type is Type.DATE and sign is exp.Sub:
        return days_between(right, left)
    if left.type is Type.DATE:
        return _moved(left, right, sign, scope)
    if sign is exp.Sub:
        refuse("type", "A date is taken away from something that is not a date.")
    return _moved(right, left, sign, scope)


def _moved(date: Value, days: Value, sign: type[exp.Expr], scope: Scope) -> Value:
    """A date some whole days later or earlier; not known outside the years 1900 to 2099."""
    days = natural(scope.proof, days, "days added to a date")
    if days.scale is None or days.scale.step != 1 or max(abs(days.scale.low), abs(days.scale.high)) > FAR_DAYS:
        refuse("type", f"What is added to a date is not whole days, {FAR_DAYS} at most.")
    return _within(paren(sign(this=date.sql, expression=exp.cast(days.sql, "INT"))))


def _within(sum_: exp.Expr) -> Value:
    inside = exp.Between(this=_twice(sum_), low=day(FIRST_DAY), high=day(LAST_DAY))
    return Value(paren(exp.Case().when(inside, sum_.copy(), copy=False)), Type.DATE)


def _twice(sql: exp.Expr) -> exp.Expr:
    """What is about to stand twice in the text; nested doubling is cut short."""
    if sum(1 for _ in zip(sql.walk(), range(MAX_COPIED), strict=False)) == MAX_COPIED:
        refuse("size", "Dates are moved by days or counted in months too many times within one another.")
    return sql


def interval(node: exp.Expr, _: Scope) -> Value:
    """INTERVAL 30 DAY or 4 WEEK as whole days."""
    count = _count(node)
    if in_months(node):
        refuse(
            "function",
            "An INTERVAL of months or years does not stand after a date and + or -.",
            "Write d + INTERVAL 6 MONTH.",
        )
    days = Fraction(count * (7 if _unit(node) == "WEEK" else 1))
    return Value(exp.Literal.number(int(days)), Type.INTEGER, raw=days)


def in_months(node: exp.Expr) -> bool:
    """Whether it is an INTERVAL of months or years: how many days they have depends on the date."""
    return isinstance(node, exp.Interval) and _unit(node) in ("MONTH", "YEAR")


def by_months(sign: type[exp.Expr], date: Value, node: exp.Expr, scope: Scope) -> Value:
    """A date some months later or earlier, the month's last day where that day is not in it."""
    months = _count(node) * (12 if _unit(node) == "YEAR" else 1)
    if date.type is not Type.DATE or not 0 < months <= FAR_MONTHS:
        refuse(
            "type", f"Months are not added to a date, or not 1 to {FAR_MONTHS} of them.", "Write d + INTERVAL 6 MONTH."
        )
    scope.proof.chose(str(months), FAR_MONTHS.bit_length(), "months added to a date")
    moved = exp.Interval(this=exp.Literal.string(str(months)), unit=exp.Var(this="MONTH"))
    return _within(exp.cast(sign(this=date.sql, expression=moved), "DATE"))


def _unit(node: exp.Expr) -> str:
    unit = node.args.get("unit")
    return unit.name.upper().removesuffix("S") if isinstance(unit, exp.Var) else ""


def _count(node: exp.Expr) -> int:
    known = _unit(node) in ("DAY", "WEEK", "MONTH", "YEAR") and isinstance(node.this, exp.Literal)
    if not known or not node.this.name.isdecimal() or len(node.this.name) > 5:
        refuse(
            "function", "An INTERVAL is not a plain number of days, weeks, months or years.", "Write INTERVAL 30 DAY."
        )
    return int(node.this.name)


def absolute(node: exp.Expr, scope: Scope) -> Value:
    """The size of a number."""
    value, scale = whole(node.this, scope, "abs", any_step=True)
    ends = replace(scale, low=0, high=max(abs(scale.low), abs(scale.high)))
    return Value(exp.Abs(this=value.sql), Type.INTEGER, ends)


def divided(node: exp.Expr, scope: Scope) -> Value:
    """// and % of a whole number by a number from 1: rounded towards zero, the rest with the sign of the first."""
    value, scale = whole(node.this, scope, "a division")
    by = expressions.scalar(node.expression, scope)
    if not isinstance(by.raw, Fraction) or by.raw.denominator != 1 or by.raw < 1:
        refuse("not_allowed", "A division is by something other than a whole number from 1.", "Write days // 7.")
    n = int(by.raw)
    sql = paren(type(node)(this=value.sql, expression=natural(scope.proof, by, "a division").sql))
    if isinstance(node, exp.IntDiv):
        low, high = (int(Fraction(end) / n) for end in (scale.low, scale.high))  # int() rounds towards zero
        return Value(sql, Type.INTEGER, Scale(Fraction(1), low, high))
    return Value(sql, Type.INTEGER, Scale(Fraction(1), 1 - n if scale.low < 0 else 0, n - 1 if scale.high > 0 else 0))


def whole(node: exp.Expr, scope: Scope, where: str, *, any_step: bool = False) -> tuple[Value, Scale]:
    """A number and its ends. Raises Invalid("view:type") for anything else."""
    value = natural(scope.proof, expressions.scalar(node, scope), where)
    if value.scale is None or (value.scale.step != 1 and not any_step):
        refuse("type", f"{where} is taken of something that is not a {'' if any_step else 'whole '}number.")
    return value, value.scale
