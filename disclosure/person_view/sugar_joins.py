"""Joins and queries in expressions that become plain joins: RIGHT, SEMI, ANTI and ASOF, EXISTS and IN (SELECT …).

So does a query that is one value of the person: an aggregate over rows tied to the outer query by person_id.
"""

from collections.abc import Iterator

from sqlglot import exp

from disclosure.person_view import aggregates
from disclosure.person_view.refusals import refuse
from disclosure.person_view.relations.scope import conjuncts
from disclosure.person_view.schema import PERSON_ID
from disclosure.person_view.sugar_terms import fixed


def joins(select: exp.Select) -> None:
    """Leave inner and left joins only, and no query in conditions. Raises Invalid(view:join, view:subquery)."""
    _turn_right_join(select)
    for join in (select.args.get("joins") or ())[:1]:
        _asof(select, join)
    _semi_joins(select)
    for number, node in enumerate(list(_asked(select)), start=1):
        if isinstance(node, exp.Subquery):
            _valued(select, node, f"value_{number}")
        else:
            _exists(select, node, f"exists_{number}")


def _asked(select: exp.Select) -> Iterator[exp.Expr]:
    """EXISTS, IN (SELECT …) and queries that are a value in the conditions and columns of this query."""
    for name in ("expressions", "where", "having", "qualify"):
        parts = select.args.get(name)
        for part in parts if isinstance(parts, list) else [parts] if parts else []:
            for node in part.find_all(exp.Exists, exp.In, exp.Subquery):
                if node.find_ancestor(exp.Select) is select and _asks(node):
                    yield node


def _asks(node: exp.Expr) -> bool:
    if isinstance(node, exp.Subquery):
        return not isinstance(node.parent, exp.In) or node.arg_key != "query"
    return isinstance(node, exp.Exists) or bool(node.args.get("query"))


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
    found, key = _listed(select, node) if isinstance(node, exp.In) else _tied(select, node.this)
    _look_up(select, found, key, exp.LogicalOr(this=exp.true()), alias)
    node.replace(exp.Paren(this=exp.Not(this=exp.Is(this=exp.column("found", alias), expression=exp.Null()))))


def _valued(select: exp.Select, node: exp.Subquery, alias: str) -> None:
    """A query that is an aggregate of the same person's rows becomes a left join; without rows a count is 0."""
    inner = node.this
    asked = inner.expressions[0].unalias() if isinstance(inner, exp.Select) and len(inner.expressions) == 1 else None
    called = asked.this if isinstance(asked, exp.Filter) else asked
    if asked is None or not isinstance(called, aggregates.NODES):
        refuse("subquery", "A query in an expression is not one aggregate of rows tied by person_id.", _ONE_VALUE)
    found, key = _tied(select, inner)
    _look_up(select, found, key, asked.copy(), alias)
    value: exp.Expr = exp.column("found", alias)
    if isinstance(called, exp.Count | exp.CountIf):
        value = exp.Coalesce(this=value, expressions=[fixed(0)])
    node.replace(value)


_ONE_VALUE = "Write (SELECT max(t.date) FROM t WHERE t.person_id = p.person_id AND …), or join it in WITH on person_id."


def _look_up(select: exp.Select, people: exp.Select, key: exp.Expr, value: exp.Expr, alias: str) -> None:
    """Joins the people with their value, called `found`."""
    people = people.select(exp.alias_(value, "found"), copy=False)
    select.append(
        "joins",
        exp.Join(
            this=exp.alias_(exp.Subquery(this=people), alias, table=True),
            side="LEFT",
            on=exp.EQ(this=exp.column(PERSON_ID, alias), expression=key),
        ),
    )


def _listed(select: exp.Select, node: exp.In) -> tuple[exp.Select, exp.Expr]:
    inner, column = node.args["query"].this, node.this
    one = isinstance(inner, exp.Select) and [each.alias_or_name.lower() for each in inner.expressions] == [PERSON_ID]
    if not one or not isinstance(column, exp.Column) or column.name.lower() != PERSON_ID:
        refuse("subquery", "IN (SELECT …) is not t.person_id IN (SELECT person_id FROM …).")
    key = exp.column(PERSON_ID, "listed")
    source = exp.alias_(exp.Subquery(this=inner.copy()), "listed", table=True)
    outer = column.table or select.args["from_"].this.alias_or_name
    return exp.select(key).from_(source).group_by(key.copy()), exp.column(PERSON_ID, outer)


def _tied(select: exp.Select, inner: exp.Expr) -> tuple[exp.Select, exp.Expr]:
    """The people for whom the subquery has rows, and the outer key they are tied to."""
    if not isinstance(inner, exp.Select) or inner.args.get("group") or inner.args.get("having"):
        refuse("subquery", "A query in an expression is something other than SELECT … FROM … WHERE.")
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
                others = [each for each in parts if each is not part]
                return _people(inner, inside[0], others, _outer(select, inner, others, own)), outside[0].copy()
    refuse("subquery", "A query in an expression is not tied to the person of the outer query by person_id.")


def _outer(select: exp.Select, inner: exp.Select, parts: list[exp.Expr], own: set[str]) -> exp.Expr | None:
    """The table of the outer query whose columns the subquery reads beside the key, if it does."""
    read = [column for part in (*parts, *inner.expressions) for column in part.find_all(exp.Column)]
    names = {column.table.lower() for column in read if column.find_ancestor(exp.Select) is inner} - own - {""}
    if not names:
        return None
    plain: list[exp.Expr] = [join.this for join in select.args.get("joins") or () if _by_key_alone(join)]
    found: list[exp.Expr] = [
        each for each in (select.args["from_"].this, *plain) if each.alias_or_name.lower() in names
    ]
    if len(names) > 1 or len(found) != 1 or inner.args.get("with_"):  # a name in WITH could be that of the table
        refuse(
            "subquery",
            "A query in an expression reads columns of the outer query that it cannot be joined with.",
            "Let it read one table or query of FROM, one row per person, joined on person_id and nothing else.",
        )
    return found[0]


def _by_key_alone(join: exp.Expr) -> bool:
    """An inner or left join whose rows no other condition leaves out."""
    on, using = join.args.get("on"), [each.name.lower() for each in join.args.get("using") or ()]
    keyed = isinstance(on, exp.EQ) and all(
        isinstance(end, exp.Column) and end.name.lower() == PERSON_ID for end in (on.this, on.expression)
    )
    kind = join.args.get("side") in (None, "", "LEFT") and not join.args.get("method")
    return kind and (keyed or using == [PERSON_ID])


def _people(inner: exp.Select, key: exp.Expr, parts: list[exp.Expr], outer: exp.Expr | None) -> exp.Select:
    """Grouped by person, the rows of the subquery; after the one row of the outer table that it reads."""
    made = exp.select(key.copy()).group_by(key.copy())
    if inner.args.get("with_"):
        made.set("with_", inner.args["with_"].copy())
    start = inner.args["from_"].this.copy()
    if outer is None:
        made = made.from_(start, copy=False)
    else:
        tie = exp.EQ(this=exp.column(PERSON_ID, start.alias_or_name), expression=_key_of(outer))
        made = made.from_(outer.copy(), copy=False).join(start, on=tie, copy=False)
        made.args["joins"][0].meta["one_row"] = True  # a second row of the person would test for another one's rows
    for join in inner.args.get("joins") or ():
        made.append("joins", join.copy())
    for part in parts:
        made.where(part.copy(), copy=False)
    return made


def _key_of(source: exp.Expr) -> exp.Expr:
    return exp.column(PERSON_ID, source.alias_or_name)


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
