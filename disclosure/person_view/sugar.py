"""Ways of writing a query that are rewritten into plain ones before anything is proven.

Named windows, QUALIFY, DISTINCT, RIGHT JOIN, SEMI and ANTI JOIN, EXISTS, person_id IN (SELECT …), queries that are one
value, ASOF JOIN and UNION become joins, windows and groups. Nothing here is trusted: what comes out is proven like any
other query, and what is left over is refused there.
"""

from collections.abc import Iterable

from sqlglot import exp

from disclosure.person_view import aggregates
from disclosure.person_view.refusals import refuse
from disclosure.person_view.relations.scope import whole
from disclosure.person_view.schema import PERSON_ID
from disclosure.person_view.sql import MAX_NODES
from disclosure.person_view.sugar_clauses import clauses
from disclosure.person_view.sugar_joins import joins
from disclosure.person_view.sugar_terms import terms
from disclosure.person_view.windows import placed

MAX_TESTS = 20


def plain(tree: exp.Select) -> exp.Select:
    """The tree with every query in it rewritten, inner ones first. Raises Invalid."""
    root = exp.Subquery(this=tree)
    for node in _inner_first(tree):
        made = terms(node)
        if made is not node:
            node.replace(made)
            _check_size(made)
    for node in _inner_first(tree):
        if not isinstance(node, exp.Select | exp.Union):
            continue
        holder, at = node.parent, node.arg_key
        made = _select(node) if isinstance(node, exp.Select) else _union(node)
        if holder is not None and at is not None and made is not node:
            holder.set(at, made)
        _check_size(made)
    whole: exp.Select = root.this
    return whole


def _inner_first(tree: exp.Expr) -> list[exp.Expr]:
    """Every node, each after all that it holds."""
    level: list[exp.Expr] = [tree]
    found: list[exp.Expr] = []
    while level:
        found += level
        level = [child for node in level for child in node.iter_expressions()]
    return found[::-1]


def _check_size(made: exp.Expr) -> None:
    if sum(1 for _ in zip(made.walk(), range(MAX_NODES), strict=False)) == MAX_NODES:
        refuse("size", "The view's SQL is too long once it is written out.")


def _select(select: exp.Select) -> exp.Select:
    clauses(select)
    _name_windows(select)
    _name_groups(select)
    joins(select)
    return _distinct(_qualified(select))


def _name_windows(select: exp.Select) -> None:
    named = {window.this.name.lower(): window for window in select.args.pop("windows", None) or ()}
    for window in list(select.find_all(exp.Window)):
        name = window.args.get("alias")
        if name is None or window.find_ancestor(exp.Select) is not select:
            continue
        held = named.get(name.name.lower())
        if held is None or held.args.get("alias") or (window.args.get("order") and held.args.get("order")):
            refuse("window", "OVER names a window that is not in WINDOW, or orders it again.")
        window.set("alias", None)
        for part in ("partition_by", "order", "spec"):
            given = held.args.get(part)
            if given and not window.args.get(part):
                window.set(part, [each.copy() for each in given] if isinstance(given, list) else given.copy())


def _name_groups(select: exp.Select) -> None:
    """GROUP BY 1, 2 and GROUP BY ALL as the columns of SELECT that are meant."""
    group = select.args.get("group")
    if group is None:
        return
    columns = [node.unalias() for node in select.expressions]
    if group.args.pop("all", None):
        group.set("expressions", [each.copy() for each in columns if each.find(*aggregates.NODES) is None])
        return
    for place, node in enumerate(group.expressions):
        which = whole(node)
        if which is not None and 1 <= which <= len(columns):
            group.expressions[place].replace(columns[which - 1].copy())


def _qualified(select: exp.Select) -> exp.Select:
    """QUALIFY as WHERE around a query with a column for each part of the condition."""
    clause = select.args.pop("qualify", None)
    if clause is None:
        return _told_apart(select)
    if sum(1 for _ in clause.find_all(exp.Column)) > MAX_TESTS:
        refuse("size", f"QUALIFY names more than {MAX_TESTS} columns.")
    given = {node.alias.lower(): node.this for node in select.expressions if isinstance(node, exp.Alias)}
    test = clause.this.transform(
        lambda node: (
            given[node.name.lower()].copy()
            if isinstance(node, exp.Column) and not node.table and node.name.lower() in given
            else node
        )
    )
    used = {node.name.lower() for node in clause.this.find_all(exp.Column) if not node.table} & set(given)
    select.meta["aliases"] = tuple(name for name in used if not _is_column(given[name], name))
    names = [node.alias_or_name.lower() for node in select.expressions]
    hidden: list[exp.Expr] = []

    def hoisted(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Window | exp.Column):
            return node
        hidden.append(exp.alias_(node.copy(), f"qualify_{len(hidden) + 1}"))
        return exp.column(f"qualify_{len(hidden)}", "qualified")

    test = exp.Paren(this=test).transform(hoisted).this
    inner = _told_apart(select.select(*hidden, copy=False))
    return _around(inner, names, "qualified").where(test, copy=False)


def _is_column(node: exp.Expr, name: str) -> bool:
    return isinstance(node, exp.Column) and node.name.lower() == name


def _told_apart(select: exp.Select) -> exp.Select:
    """Where two windows depend on places, the rows are numbered first, so that both see them in one order."""
    windows = [node for part in select.expressions for node in part.find_all(exp.Window) if placed(node)]
    if len(windows) < 2 or select.args.get("group"):
        return select
    _no_star(node.name for node in select.expressions)
    names: dict[tuple[str, str], str] = {}
    for node in select.expressions:
        for column in node.find_all(exp.Column):
            at = (column.table.lower(), column.name.lower())
            names.setdefault(at, PERSON_ID if at[1] == PERSON_ID else f"w{len(names) + 1}")
    key = next((exp.column(name, table or None) for table, name in names if name == PERSON_ID), None)
    if key is None:
        return select
    place = exp.Window(this=exp.RowNumber(), partition_by=[key.copy()])
    columns = [
        exp.alias_(exp.column(name, table or None), made) for (table, name), made in names.items() if made != PERSON_ID
    ]
    outer = exp.select(*(_renamed(node, names) for node in select.expressions))
    select.set("expressions", [key, *columns, exp.alias_(place, "place")])
    return outer.from_(exp.alias_(exp.Subquery(this=select.copy()), "placed", table=True))


def _renamed(node: exp.Expr, names: dict[tuple[str, str], str]) -> exp.Expr:
    made = (
        exp.Paren(this=node.copy())
        .transform(
            lambda each: (
                exp.column(names[each.table.lower(), each.name.lower()], "placed")
                if isinstance(each, exp.Column)
                else each
            )
        )
        .this
    )
    return made if isinstance(made, exp.Alias) else exp.alias_(made, node.alias_or_name)


def _distinct(select: exp.Select) -> exp.Select:
    """SELECT DISTINCT as a group of all columns."""
    if not select.args.get("distinct"):
        return select
    select.set("distinct", None)
    names = [node.alias_or_name.lower() for node in select.expressions]
    return _around(select, names, "told").group_by(*(exp.column(name, "told") for name in names), copy=False)


def _union(node: exp.Expr) -> exp.Expr:
    """UNION as UNION ALL of which only different rows stay."""
    first = node
    while isinstance(first, exp.Union | exp.Subquery | exp.Paren):
        first = first.this
    if not node.args.get("distinct") or not isinstance(first, exp.Select):
        return node
    node.set("distinct", False)
    names = [each.alias_or_name.lower() for each in first.expressions]
    return _around(node, names, "told").group_by(*(exp.column(name, "told") for name in names), copy=False)


def _around(inner: exp.Expr, names: list[str], alias: str) -> exp.Select:
    """SELECT names FROM (inner); the inner query is taken along, not copied."""
    _no_star(names)
    made = exp.select(*(exp.column(name, alias) for name in names))
    start = exp.alias_(exp.Subquery(this=inner.copy()), alias, table=True)
    return made.from_(start, copy=False)


def _no_star(names: Iterable[str]) -> None:
    if "*" in names:
        refuse("star", "A star stands in a query with DISTINCT, QUALIFY, UNION or several windows.")
