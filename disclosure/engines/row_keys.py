"""A whole number for a row of a table, the same on every engine: what decides which of a person's rows stay.

Each column becomes a number below P: a date its days since 1970, a text its place in its public list, a measured value
its thousandths. What has none (not known, or outside of all that the catalogue allows) counts as 0, the others as one
more than they are; the key is made of them as a number is of its digits, modulo P. Rows that are different and have one
key are told apart by their columns themselves: the key makes the order blind, the columns make it total.
"""

from collections.abc import Sequence
from datetime import date

from sqlglot import exp

from disclosure.engines.cells import column, number
from disclosure.engines.kept import PRIME
from disclosure.person_view.schema import PERSON_ID
from disclosure.person_view.values import FIRST_DAY, LAST_DAY, day
from workspaces.catalogue.columns import Column, Type
from workspaces.catalogue.tables import TABLES

DIGITS = 1_566_083_941  # any number below P spreads the digits; this one is a prime
FAR = 10**9  # measured values within it count by their thousandths
THOUSAND = 1_000
EPOCH = date(1970, 1, 1)


def row_key(table: str, names: Sequence[str], alias: str) -> exp.Expr:
    """The key of a row from the named columns, in their order; the person key is none of them."""
    declared = [TABLES[table].column(name) for name in names if name != PERSON_ID]
    key: exp.Expr = number(0)
    for each in declared:
        if each is None:
            raise ValueError("a table's columns are those of the catalogue")
        shifted = exp.Mul(this=exp.Paren(this=key), expression=number(DIGITS))
        key = _mod(exp.Add(this=shifted, expression=_digit(each, alias)))
    return key


def _digit(declared: Column, alias: str) -> exp.Expr:
    """0 for what is not known, else 1 more than the value modulo P."""
    rest = _mod(exp.Add(this=_mod(_whole(declared, alias)), expression=number(PRIME)))
    return exp.Coalesce(this=exp.Add(this=rest, expression=number(1)), expressions=[number(0)])


def _whole(declared: Column, alias: str) -> exp.Expr:
    """The value as a whole number of 64 bits."""
    value = column(declared.name, alias)
    if declared.type is Type.DATE:
        inside = exp.Between(this=value, low=day(FIRST_DAY), high=day(LAST_DAY))
        days = exp.Anonymous(this="date_diff", expressions=[exp.Literal.string("day"), day(EPOCH), value.copy()])
        return exp.cast(exp.Case().when(inside, days), "BIGINT")
    if declared.type is Type.DOUBLE:
        inside = exp.Between(this=value, low=_double(-FAR), high=_double(FAR))
        thousandths = exp.Round(this=exp.Mul(this=value.copy(), expression=_double(THOUSAND)))
        return exp.Case().when(inside, exp.TryCast(this=thousandths, to=exp.DataType.build("BIGINT")))
    if declared.type is Type.INTEGER:
        return exp.TryCast(this=value, to=exp.DataType.build("BIGINT"))
    return _listed(declared, value)


def _listed(declared: Column, value: exp.Expr) -> exp.Expr:
    """The place in the public list; without a list there is no number, and the column itself has to tell rows apart."""
    if declared.domain is None:
        return exp.cast(exp.Null(), "BIGINT")
    places = exp.Case(this=value)
    for place, each in enumerate(declared.domain.values):
        places = places.when(exp.convert(each), number(place), copy=False)
    return places


def _mod(value: exp.Expr) -> exp.Expr:
    return exp.Paren(this=exp.Mod(this=exp.Paren(this=value), expression=number(PRIME)))


def _double(value: int) -> exp.Expr:
    return exp.cast(exp.Literal.number(value) if value >= 0 else exp.Neg(this=exp.Literal.number(-value)), "DOUBLE")
