"""The bounded aggregate as one tree for all engines: the cell a person is in, and what the person adds there.

An engine writes the tree in its own SQL. A node that is new here needs its line in the writer for Spark.
"""

from sqlglot import exp

from disclosure.engines.plan import (
    Bins,
    CellPlan,
    CountAll,
    CountKnown,
    CountTrue,
    Measure,
    Product,
    Squares,
    Steps,
    Sum,
)
from workspaces.catalogue.columns import Domain


def cell_of(plan: CellPlan) -> exp.Expr:
    """The row of the answer that a person belongs to: NULL when a key is not in its domain."""
    cell: exp.Expr = number(0)
    for key, domain in plan.keys:
        scaled = exp.Mul(this=exp.Paren(this=cell), expression=number(len(domain.values)))
        cell = exp.Add(this=scaled, expression=position(key.name, domain))
    if plan.steps:
        scaled = exp.Mul(this=exp.Paren(this=cell), expression=number(plan.steps.size))
        cell = exp.Add(this=scaled, expression=step_of(plan.steps))
    return cell


def position(name: str, domain: Domain) -> exp.Expr:
    """The place of a column's value in its domain, from 0; NULL when it is not there."""
    cases = exp.Case(this=column(name))
    for place, value in enumerate(domain.values):
        cases = cases.when(exp.convert(value), number(place), copy=False)
    return cases


def measured(measure: Measure) -> list[exp.Expr]:
    """What one person adds to each column of a measure; an unknown value adds 0."""
    if isinstance(measure, CountAll):
        return [number(1)]
    if isinstance(measure, Product):
        return [_multiplied(measure)]
    value = column(measure.column)
    known = exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null()))
    if isinstance(measure, CountTrue):
        return [_one_if(exp.Is(this=value, expression=exp.true()))]
    if isinstance(measure, CountKnown):
        return [_one_if(known)]
    if isinstance(measure, Sum | Squares):
        centred: exp.Expr = _centred(measure, value)
        if isinstance(measure, Squares):
            centred = exp.Mul(this=exp.Paren(this=centred), expression=exp.Paren(this=centred.copy()))
        return [exp.Case().when(known, centred).else_(number(0))]
    return [_one_if(_within(measure, position)) for position in range(measure.width)]


def _multiplied(product: Product) -> exp.Expr:
    """The product of a person's values, 0 unless all of them are known."""
    known = [exp.Not(this=exp.Is(this=column(name), expression=exp.Null())) for name in product.known]
    made: exp.Expr = number(1)
    for factor in product.factors:
        value = _centred(factor, exp.cast(column(factor.column), "BIGINT"))  # a flag counts as 0 or 1
        made = exp.Mul(this=made, expression=exp.Paren(this=value))
    return exp.Case().when(exp.and_(*known), made).else_(number(0))


def step_of(steps: Steps) -> exp.Expr:
    """The step of a value; NULL where it is not known, which LEAST and GREATEST would pass over."""
    value = column(steps.column)
    above = exp.Sub(this=_clamped(value, steps), expression=exp.Paren(this=number(steps.lower)))
    step = exp.IntDiv(this=exp.Paren(this=above), expression=number(steps.width))
    return exp.Case().when(exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null())), step)


def _centred(measure: Sum | Squares, value: exp.Expr) -> exp.Expr:
    return exp.Sub(this=_clamped(value, measure), expression=exp.Paren(this=number(measure.centre)))


def _clamped(value: exp.Expr, bounds: Sum | Squares | Steps) -> exp.Expr:
    least = exp.Least(this=value, expressions=[number(bounds.upper)])
    return exp.Greatest(this=least, expressions=[number(bounds.lower)])


def _within(bins: Bins, position: int) -> exp.Expr:
    low, high = bins.edges[position], bins.edges[position + 1]
    below = exp.LTE if position == bins.width - 1 else exp.LT
    return exp.And(
        this=exp.GTE(this=column(bins.column), expression=number(low)),
        expression=below(this=column(bins.column), expression=number(high)),
    )


def _one_if(test: exp.Expr) -> exp.Expr:
    return exp.Case().when(test, number(1)).else_(number(0))


def number(value: int) -> exp.Expr:
    """A 64-bit whole number."""
    digits: exp.Expr = exp.Literal.number(abs(value))
    return exp.cast(exp.Neg(this=digits) if value < 0 else digits, "BIGINT")


def column(name: str, table: str | None = None) -> exp.Expr:
    """A column, quoted; of a table where it is given."""
    return exp.column(name, table=table, quoted=True)
