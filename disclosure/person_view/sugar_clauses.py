"""Clauses that say nothing about a row, or say it in another place: ORDER BY, LIMIT 1, DISTINCT ON, commas, no names.

Nothing here is trusted: what comes out is proven like any other query.
"""

from sqlglot import exp

from disclosure.person_view.refusals import refuse
from disclosure.person_view.relations.scope import conjuncts
from disclosure.person_view.schema import PERSON_ID


def clauses(select: exp.Select) -> None:
    """Leave out what has no meaning here and write the rest as joins, windows and aggregates. Raises Invalid."""
    for cte in select.args["with_"].expressions if select.args.get("with_") else ():
        cte.set("materialized", None)
    _name_queries(select)
    _tie_commas(select)
    _limit(select)
    _distinct_on(select)
    select.set("order", None)  # rows of a query have no order


def _name_queries(select: exp.Select) -> None:
    """A query in FROM without a name gets one."""
    items = [select.args["from_"]] if select.args.get("from_") else []
    for number, item in enumerate([*items, *(select.args.get("joins") or ())], start=1):
        if isinstance(item.this, exp.Subquery) and not item.this.alias:
            item.set("this", exp.alias_(item.this, f"unnamed_{number}", table=True))


def _tie_commas(select: exp.Select) -> None:
    """FROM a, b WHERE b.person_id = a.person_id as a JOIN b ON …: what ties them is taken out of WHERE."""
    where = select.args.get("where")
    seen = {select.args["from_"].this.alias_or_name.lower()} if select.args.get("from_") else set()
    for join in select.args.get("joins") or ():
        name = join.this.alias_or_name.lower()
        loose = not (join.args.get("on") or join.args.get("using") or join.args.get("side") or join.args.get("method"))
        if loose and join.args.get("kind") in (None, "", "CROSS", "INNER") and where is not None:
            parts = list(conjuncts(where.this))
            tie = next((part for part in parts if _ties(part, name, seen)), None)
            if tie is not None:
                join.set("kind", None)
                join.set("on", tie.copy())
                left = [part for part in parts if part is not tie]
                where.set("this", exp.and_(*left) if left else exp.true())
        seen.add(name)


def _ties(part: exp.Expr, name: str, seen: set[str]) -> bool:
    ends = (part.this, part.expression) if isinstance(part, exp.EQ) else ()
    if len(ends) != 2 or not all(isinstance(end, exp.Column) and end.name.lower() == PERSON_ID for end in ends):
        return False
    tables = [end.table.lower() for end in ends]
    return name in tables and any(table in seen for table in tables)


def _limit(select: exp.Select) -> None:
    """LIMIT 1 of a query that is one value: with ORDER BY the first or last by it; in EXISTS it says nothing."""
    limit = select.args.get("limit")
    if limit is None:
        return
    one = isinstance(limit.expression, exp.Literal) and limit.expression.name == "1"
    holder = select.parent
    if one and isinstance(holder, exp.Exists):
        select.set("limit", None)
        return
    order = select.args.get("order")
    valued = isinstance(holder, exp.Subquery) and not isinstance(
        holder.parent, exp.From | exp.Join | exp.Union | exp.In
    )
    if not one or not valued or order is None or len(order.expressions) != 1 or len(select.expressions) != 1:
        refuse("limit", "LIMIT is not allowed in a person view.")
    by, value = order.expressions[0], select.expressions[0].unalias()
    pick = exp.ArgMax if by.args.get("desc") else exp.ArgMin
    select.set("expressions", [pick(this=value.copy(), expression=by.this.copy())])
    select.set("limit", None)


def _distinct_on(select: exp.Select) -> None:
    """DISTINCT ON (a) … ORDER BY a, b as the first row of a window: PARTITION BY a ORDER BY b."""
    distinct = select.args.get("distinct")
    on = distinct.args.get("on") if distinct is not None else None
    if on is None:
        return
    if select.args.get("qualify"):
        refuse(
            "distinct", "DISTINCT ON stands beside QUALIFY.", "Write one of the two, the other in a query around it."
        )
    keys = on.expressions if isinstance(on, exp.Tuple) else [on.unnest()]
    order = select.args.get("order")
    left = [each.copy() for each in order.expressions if each.this not in keys] if order is not None else []
    first = exp.Window(
        this=exp.RowNumber(),
        partition_by=[key.copy() for key in keys],
        order=exp.Order(expressions=left) if left else None,
    )
    select.set("distinct", None)
    select.set("qualify", exp.Qualify(this=exp.EQ(this=first, expression=exp.Literal.number(1))))
