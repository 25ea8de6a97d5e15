"""Tables of a snapshot as trees for every engine, each person's rows cut to a cap before anything else reads them."""

from collections.abc import Sequence
from pathlib import Path

from sqlglot import exp

from disclosure.engines.cells import column
from disclosure.engines.kept import mixed, multiplier, offset, over_query, rank, with_fourth
from disclosure.engines.row_keys import row_key
from disclosure.person_view.schema import PERSON_ID

SAMPLING = "people_sampled"
SAMPLE_KEY = "sample_key"

Span = tuple[int, int]  # dense person numbers from and to (without)


def over(table: str, cap: int, *, ranged: bool = False) -> exp.Select:
    """The people with more rows than the cap: few or none, so that only theirs are sorted."""
    many = exp.GT(this=exp.Count(this=exp.Star(), big_int=True), expression=exp.Literal.number(cap))
    rows = within(exp.select(column(PERSON_ID)).from_(relation(f"raw_{table}")), ranged=ranged)
    nobody = exp.Is(this=column(PERSON_ID), expression=exp.Null())  # is in no list, and would make it tell of no one
    return rows.where(exp.Not(this=nobody)).group_by(column(PERSON_ID)).having(many)


def capped(
    table: str, columns: Sequence[str], cap: int, *, ranged: bool = False, over_cap: str | None = None
) -> exp.Query:
    """Rows of sampled people; of those over the cap, listed in `over_cap`, the rows that come first.

    The order is that of `kept` over the row's key, completed by the columns themselves: which rows stay is a function
    of the person's secret key and of that person's rows, not of where they are stored or which engine reads them.
    """
    wanted, many = [column(name) for name in columns], over_cap or f"over_{table}"
    rows = within(exp.select(*wanted).from_(relation(f"raw_{table}")), ranged=ranged)
    rows = rows.where(among(SAMPLING)).where(exp.Not(this=among(many)))
    least = exp.LTE(this=column("kept_rank"), expression=exp.Literal.number(cap))
    ranked = _ranked(table, columns, many, ranged=ranged)
    cut = exp.select(*(node.copy() for node in wanted)).from_(ranked.subquery("ranked")).where(least)
    return exp.union(rows, cut, distinct=False)


def _ranked(table: str, columns: Sequence[str], many: str, *, ranged: bool) -> exp.Select:
    """The rows of the people listed in `many`, each with its place among its person's."""
    key, sample_key = row_key(table, columns, "r"), column(SAMPLE_KEY, "s")
    x = exp.alias_(mixed(multiplier(sample_key), offset(sample_key.copy()), exp.Paren(this=key)), "x", quoted=True)
    keyed = exp.select(*(column(name, "r") for name in columns), x).from_(relation(f"raw_{table}", "r"))
    same = exp.EQ(this=column(PERSON_ID, "r"), expression=column(PERSON_ID, "s"))
    keyed = within(keyed.join(relation(SAMPLING, "s"), on=same), ranged=ranged, alias="r").where(among(many, "r"))
    order = [rank(), *(column(name) for name in columns if name != PERSON_ID)]
    ordered = exp.Order(expressions=[exp.Ordered(this=node, nulls_first=True) for node in order])
    place = exp.Window(this=exp.RowNumber(), partition_by=[column(PERSON_ID)], order=ordered)
    shown = [column(name) for name in columns]
    return over_query(with_fourth(keyed, columns), *shown, exp.alias_(place, "kept_rank", quoted=True))


def numbered(low: exp.Expr, high: exp.Expr, alias: str | None = None) -> exp.Expr:
    """The row's person has a dense number from low to high (without). It cuts work, and nothing else (P3)."""
    key = column(PERSON_ID, alias)
    return exp.and_(exp.GTE(this=key, expression=low), exp.LT(this=key.copy(), expression=high))


def within(query: exp.Select, *, ranged: bool, alias: str | None = None) -> exp.Select:
    """The query, of one range of people, from $low to $high, where it is `ranged`."""
    low, high = (exp.Parameter(this=exp.var(name)) for name in ("low", "high"))
    return query.where(numbered(low, high, alias), copy=False) if ranged else query


def spanned(query: exp.Select, span: Span | None) -> exp.Select:
    """The query, of people whose numbers are in the span, if there is one."""
    if span is None:
        return query
    low, high = map(exp.Literal.number, span)
    return query.where(numbered(low, high), copy=False)


def relation(name: str, alias: str | None = None) -> exp.Expr:
    """A table or view of the connection."""
    table = exp.Table(this=exp.to_identifier(name, quoted=True))
    return exp.alias_(table, alias, table=True, quoted=True) if alias else table


def parquet(path: Path) -> exp.Expr:
    """The rows of a file."""
    call = exp.Anonymous(this="read_parquet", expressions=[exp.Literal.string(str(path))])
    return exp.Table(this=call)


def among(table: str, alias: str | None = None) -> exp.Expr:
    """The row's person is in that table."""
    return exp.In(this=column(PERSON_ID, alias), query=exp.select(column(PERSON_ID)).from_(relation(table)).subquery())


def create(name: str, query: exp.Query, kind: str) -> exp.Expr:
    """A table or view made of a query; it takes the place of one of that name."""
    return exp.Create(this=relation(name), kind=kind, expression=query, replace=True)
