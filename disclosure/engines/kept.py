"""Which rows or cells of a person count when there are more than may: an order that the person's secret key decides.

Every engine computes the same order from whole numbers below 2**62, so the same are kept by each of them and by every
version of them. The key of a cell is its number, that of a row stands in `row_keys`. x = (a · key + b) mod P, where a
and b come from the person's sampling key, and the rank is x⁵ mod P: a permutation of the numbers below P, as 5 and
P - 1 have no common factor, so that different keys tie only when they are the same mod P. The power keeps neighbouring
keys (one month and the next) from being kept together.

It is a function of the stable identity's secret key and of the event's own values: never of the dense number (P3).
"""

from collections.abc import Sequence

from sqlglot import exp

from disclosure.engines.cells import column

PRIME = 2**31 - 1
HIGH = 2**32


def order(sample_key: int, key: int) -> tuple[int, int]:
    """Where the cell `key` (0 or more) of the person stands; the least count. The key itself completes the order."""
    a, b = 1 + sample_key % (PRIME - 1), sample_key // HIGH % PRIME
    return pow((a * (key % PRIME) + b) % PRIME, 5, PRIME), key


def multiplier(sample_key: exp.Expr) -> exp.Expr:
    """`a` as SQL, from a whole number of 64 bits without sign."""
    return _big(exp.Add(this=_mod(sample_key, PRIME - 1), expression=exp.Literal.number(1)))


def offset(sample_key: exp.Expr) -> exp.Expr:
    """`b` as SQL."""
    high = exp.IntDiv(this=sample_key, expression=exp.Literal.number(HIGH))
    return _big(_mod(exp.Paren(this=high), PRIME))


def mixed(a: exp.Expr, b: exp.Expr, key: exp.Expr) -> exp.Expr:
    """x as SQL, for the columns `a`, `b` and `key`, all of 64 bits with sign."""
    product = exp.Mul(this=a, expression=exp.Paren(this=_mod(key, PRIME)))
    return _mod(exp.Paren(this=exp.Add(this=product, expression=b)), PRIME)


def with_fourth(inner: exp.Select, names: Sequence[str]) -> exp.Select:
    """The named columns of a query, its `x`, and `x4`: step by step, so that each is worked out once."""
    kept = [column(name) for name in (*names, "x")]
    second = over_query(inner, *kept, exp.alias_(_squared(column("x")), "x2", quoted=True))
    return over_query(second, *kept, exp.alias_(_squared(column("x2")), "x4", quoted=True))


def over_query(inner: exp.Select, *columns: exp.Expr) -> exp.Select:
    """Columns of a query."""
    return exp.select(*(each.copy() for each in columns)).from_(inner.subquery("i"))


def rank() -> exp.Expr:
    """x⁵ mod P, from the columns `x` and `x4`."""
    return exp.Paren(this=_mod(exp.Paren(this=exp.Mul(this=column("x4"), expression=column("x"))), PRIME))


def _squared(x: exp.Expr) -> exp.Expr:
    return _mod(exp.Paren(this=exp.Mul(this=x, expression=x.copy())), PRIME)


def _mod(value: exp.Expr, by: int) -> exp.Expr:
    return exp.Mod(this=value, expression=exp.Literal.number(by))


def _big(value: exp.Expr) -> exp.Expr:
    return exp.cast(value, "BIGINT")
