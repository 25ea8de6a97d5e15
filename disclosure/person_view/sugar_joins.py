"""Joins and tests for rows that are rewritten as plain joins: RIGHT, SEMI, ANTI and ASOF, EXISTS and IN (SELECT …)."""

from collections.abc import Iterator

from sqlglot import exp

from disclosure.person_view.refusals import refuse
from disclosure.person_view.relations.scope import conjuncts
from disclosure.person_view.schema import PERSON_ID


def joins(select: exp.Select) -> None:
    """Leave inner and left joins only, and no query in conditions. Raises Invalid(view:join, view:subquery)."""
    _turn_right_join(select)
    for join in (select.args.get("joins") or ())[:1]:
        _asof(select, join)
    _semi_joins(select)
    for number, node in enumerate(list(_tests(select)), start=1):
        _exists(select, node, f"exists_{number}")


def _tests(select: exp.Select) -> Iterator[exp.Expr]:
    """EXISTS and IN (SELECT …) in the conditions and columns of this query."""
    for name in ("expressions", "where", "having", "qualify"):
        parts = select.args.get(name)
        for part in parts if isinstance(parts, list) else [parts] if parts else []:
            for node in part.find_all(exp.Exists, exp.In):
                if node.find_ancestor(exp.Select) is select and (
                    isinstance(node, exp.Exists) or node.args.get("query")
                ):
                    yield node


def _turn_right_join(select: exp.Select) -> None:
    """a RIGHT JOIN b is b LEFT JOIN a; only as the first join."""
    joins = select.args.get("joins") or ()
    if not joins or joins[0].args.get("side") != "RIGHT":
        return
    start, join = select.args["from_"], joins[0]
    first, second = start.this, join.this
    start.set("this", second.copy())
    join.set("this", first.copy())
    join.set("side", "LEFT")


def _semi_joins(select: exp.Select) -> None:
    """SEMI and ANTI JOIN as EXISTS in WHERE."""
    kept = []
    for join in select.args.get("joins") or ():
        kind = join.args.get("kind")
        if kind not in ("SEMI", "ANTI") or join.args.get("side") or join.args.get("method"):
            kept.append(join)
            continue
        on = join.args.get("on")
        if join.args.get("using") and [each.name.lower() for each in join.args["using"]] == [PERSON_ID]:
            ends = (join.this.alias_or_name, select.args["from_"].this.alias_or_name)
            on = exp.EQ(this=exp.column(PERSON_ID, ends[0]), expression=exp.column(PERSON_ID, ends[1]))
        if on is None:
            refuse("join", f"A {kind} JOIN is not tied by person_id.")
        inner = exp.select(exp.Literal.number(1)).from_(join.this.copy()).where(on.copy())
        test: exp.Expr = exp.Exists(this=inner)
        select.where(exp.Not(this=test) if kind == "ANTI" else test, copy=False)
    select.set("joins", kept)


def _exists(select: exp.Select, node: exp.Expr, alias: str) -> None:
    """A test for rows of the same person becomes a left join with the people who have such rows."""
    if isinstance(node, exp.In):
        found, key = _listed(node)
    else:
        found, key = _tied(node.this)
    people = found.select(exp.alias_(exp.LogicalOr(this=exp.true()), "found"), copy=False)
    select.append(
        "joins",
        exp.Join(
            this=exp.alias_(exp.Subquery(this=people), alias, table=True),
            side="LEFT",
            on=exp.EQ(this=exp.column(PERSON_ID, alias), expression=key),
        ),
    )
    node.replace(exp.Paren(this=exp.Not(this=exp.Is(this=exp.column("found", alias), expression=exp.Null()))))


def _listed(node: exp.In) -> tuple[exp.Select, exp.Expr]:
    inner = node.args["query"].this
    column = node.this
    one = isinstance(inner, exp.Select) and [each.alias_or_name.lower() for each in inner.expressions] == [PERSON_ID]
    if not one or not isinstance(column, exp.Column) or column.name.lower() != PERSON_ID or not column.table:
        refuse("subquery", "IN (SELECT …) is not t.person_id IN (SELECT person_id FROM …).")
    key = exp.column(PERSON_ID, "listed")
    source = exp.alias_(exp.Subquery(this=inner.copy()), "listed", table=True)
    return exp.select(key).from_(source).group_by(key.copy()), column.copy()


def _tied(inner: exp.Expr) -> tuple[exp.Select, exp.Expr]:
    """The people for whom the subquery has rows, and the outer key they are tied to."""
    if not isinstance(inner, exp.Select) or inner.args.get("group") or inner.args.get("having"):
        refuse("subquery", "EXISTS holds something other than SELECT … FROM … WHERE.")
    sources = [inner.args["from_"].this] if inner.args.get("from_") else []
    sources += [join.this for join in inner.args.get("joins") or ()]
    own = {source.alias_or_name.lower() for source in sources}
    where = inner.args.get("where")
    parts = list(conjuncts(where.this if where else None))
    for part in parts:
        ends = (part.this, part.expression) if isinstance(part, exp.EQ) else ()
        if len(ends) == 2 and all(isinstance(end, exp.Column) and end.name.lower() == PERSON_ID for end in ends):
            inside = [end for end in ends if end.table.lower() in own]
            outside = [end for end in ends if end.table and end.table.lower() not in own]
            if len(inside) == len(outside) == 1:
                return _people(inner, inside[0], [each for each in parts if each is not part], own), outside[0].copy()
    refuse("subquery", "EXISTS is not tied to the person of the outer query by person_id.")


def _people(inner: exp.Select, key: exp.Expr, parts: list[exp.Expr], own: set[str]) -> exp.Select:
    for column in (each for part in parts for each in part.find_all(exp.Column)):
        if column.table and column.table.lower() not in own and column.find_ancestor(exp.Select) is inner:
            refuse("subquery", "EXISTS compares with a column of the outer query other than person_id.")
    made = exp.select(key.copy()).group_by(key.copy())
    for name in ("with_", "from_", "joins"):
        given = inner.args.get(name)
        if given:
            made.set(name, [each.copy() for each in given] if isinstance(given, list) else given.copy())
    for part in parts:
        made.where(part.copy(), copy=False)
    return made


def _asof(select: exp.Select, join: exp.Expr) -> None:
    """l ASOF JOIN r: of the rows of r on the right side of l's date, the nearest; of several, one by a total order."""
    if join.args.get("method") != "ASOF":
        return
    left, right = select.args["from_"].this, join.this
    names = (left.alias_or_name, right.alias_or_name)
    keys: list[exp.Expr] = []
    ranges: list[exp.Expr] = []
    for part in conjuncts(join.args.get("on")):
        (keys if isinstance(part, exp.EQ) else ranges).append(part)
    ordered = _nearest(ranges, names[1])
    used = {c.name.lower() for c in select.find_all(exp.Column) if c.table.lower() == names[1].lower()} - {PERSON_ID}
    if ordered is None or len(keys) != 1 or not used:
        refuse("join", "An ASOF join is not tied by person_id and one comparison of a date of the right table.")
    rank = exp.Window(
        this=exp.RowNumber(), partition_by=[exp.column(PERSON_ID, names[1])], order=exp.Order(expressions=[ordered])
    )
    inner = exp.select(exp.column(PERSON_ID, names[1]), *(exp.column(name, names[1]) for name in sorted(used)))
    inner = inner.select(exp.alias_(rank, "nearest")).from_(left.copy())
    inner = inner.join(right.copy(), on=exp.and_(*(part.copy() for part in (*keys, *ranges))), copy=False)
    join.set("this", exp.alias_(exp.Subquery(this=inner), names[1], table=True))
    join.set("method", None)
    join.set(
        "on", exp.and_(keys[0].copy(), exp.EQ(this=exp.column("nearest", names[1]), expression=exp.Literal.number(1)))
    )
    join.meta["one_row"] = True  # a second row of the left table would find the first one's match


def _nearest(ranges: list[exp.Expr], right: str) -> exp.Expr | None:
    """The order in which the nearest row comes first."""
    if len(ranges) != 1 or not isinstance(ranges[0], exp.GT | exp.GTE | exp.LT | exp.LTE):
        return None
    ends = [ranges[0].this, ranges[0].expression]
    mine = [end for end in ends if isinstance(end, exp.Column) and end.table.lower() == right.lower()]
    if len(mine) != 1:
        return None
    before = isinstance(ranges[0], exp.GT | exp.GTE) == (mine[0] is ends[1])
    return exp.Ordered(this=mine[0].copy(), desc=before, nulls_first=False)
