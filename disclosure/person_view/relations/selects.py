"""SELECT: from joined sources to a relation with the person key, one row per person where it is grouped by it."""

import re
from dataclasses import replace
from math import prod

from sqlglot import exp

from disclosure.person_view import aggregates
from disclosure.person_view.expressions import condition, scalar
from disclosure.person_view.refusals import refuse
from disclosure.person_view.relations.aliases import written_out
from disclosure.person_view.relations.joins import Named, tie
from disclosure.person_view.relations.scope import Relation, Scope
from disclosure.person_view.relations.unions import united
from disclosure.person_view.schema import PERSON_ID
from disclosure.person_view.values import Proof, Value, natural
from disclosure.person_view.windows import check as check_windows
from disclosure.person_view.windows import numbers_rows

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def step(proof: Proof, body: exp.Expr, named: Named) -> Relation:
    """The relation of a query inside the view; it becomes a named step of the canonical SQL."""
    if isinstance(body, exp.Union):
        relation, written = united(proof, body, lambda part: step(proof, part, named))
    elif isinstance(body, exp.Select):
        relation, written = query(proof, body, named)
    else:
        refuse("subquery", "A query in FROM or WITH is not a SELECT.")
    name = f"step_{len(proof.steps) + 1}"
    proof.steps.append((name, written))
    return replace(relation, name=name)


def query(proof: Proof, select: exp.Select, named: Named) -> tuple[Relation, exp.Select]:
    """The relation of a query and the SQL written for it. Raises Invalid(view:…)."""
    named = _with(proof, select, named)
    scope, written = tie(proof, select, named, lambda inner, known: step(proof, inner, known))
    if any(scope.has(name) for name in select.meta.get("aliases", ())):
        refuse("name", "QUALIFY names what is both a column and a name given in SELECT.", "Give it another name.")
    written_out(select, scope)
    select.set("expressions", _spelled(select.expressions, scope))
    where = select.args.get("where")
    if where is not None:
        scope = scope.where(where.this)
        written = written.where(condition(where.this, scope, "WHERE").sql, copy=False)
        scope = scope.single(where.this)
    scope, keys = _grouped(select, scope)
    for key in keys:
        written = written.group_by(key, copy=False)
    having = select.args.get("having")
    if having is not None:
        if not scope.grouped:
            refuse("group", "HAVING stands in a query that is not grouped.")
        written = written.having(condition(having.this, scope, "HAVING").sql, copy=False)
    columns, written = _projected(select.expressions, scope, written)
    return _relation(select, scope, columns, len(keys) == 1), written


def _relation(select: exp.Select, scope: Scope, columns: dict[str, Value], one_key: bool) -> Relation:
    """One row per person where it is grouped by nothing else, or where no source has more."""
    reads = sum(source.relation.reads for source in scope.sources)
    if scope.grouped and one_key:
        return Relation("", columns, True, 0, reads=reads)
    depth = sum(source.relation.depth for source in scope.sources)
    parts = prod(source.relation.parts for source in scope.sources)
    keyed = all(source.relation.keyed for source in scope.sources)
    numbered = (
        [] if scope.grouped else [node.alias.lower() for node in select.expressions if numbers_rows(node.unalias())]
    )
    parts = 1 if keyed else parts
    return Relation("", columns, keyed, 0 if keyed else depth, parts=parts, numbered=frozenset(numbered), reads=reads)


def _grouped(select: exp.Select, scope: Scope) -> tuple[Scope, list[exp.Expr]]:
    """The scope after GROUP BY and what is written there: the person key first."""
    group = select.args.get("group")
    if group is None:
        read = tuple(column for node in select.expressions for column in node.find_all(exp.Column))
        return replace(scope, windowed=True, read=read), []
    key, others = None, []
    for node in group.expressions:
        if isinstance(node, exp.Column) and node.name.lower() == PERSON_ID:
            if scope.source(node).optional:
                refuse(
                    "person_key", f"person_id of {scope.source(node).name} may be missing, because it is left-joined."
                )
            key = scope.source(node).key()
        elif not isinstance(node, exp.Column) or not scope.source(node).steady:
            value = scalar(node, scope.rows())
            if value.raw is not None or value.type is None:
                refuse("group", "GROUP BY names a literal.")
            others.append((node, value.sql))
    if key is None:
        refuse("group", "GROUP BY does not name person_id.")
    return replace(scope, grouped=True, groups=tuple(node for node, _ in others)), [key, *(sql for _, sql in others)]


def _with(proof: Proof, select: exp.Select, named: Named) -> Named:
    known = dict(named)
    clause = select.args.get("with_")
    for cte in clause.expressions if clause is not None else ():
        name = cte.alias.lower()
        if not isinstance(cte.this, exp.Select | exp.Union) or not _NAME.fullmatch(name) or name in known:
            refuse("with", "A query in WITH is not a SELECT with a name of its own.")
        known[name] = step(proof, cte.this, known)
    return known


def _spelled(nodes: list[exp.Expr], scope: Scope) -> list[exp.Expr]:
    """SELECT with each star as the columns it stands for, the person key once."""
    made: list[exp.Expr] = []
    for node in nodes:
        star = node.this if isinstance(node, exp.Column) else node
        if not isinstance(star, exp.Star):
            made.append(node)
            continue
        meant = [source for source in scope.sources if node is star or source.name == node.text("table").lower()]
        left_out = {each.name.lower() for each in star.args.get("except_") or ()}
        held = any(isinstance(each, exp.Column) and each.name.lower() == PERSON_ID for each in (*made, *nodes))
        key = next((source for source in meant if not source.optional), None)
        if key is not None and not held and PERSON_ID not in left_out:
            made.append(exp.column(PERSON_ID, table=key.name))
        for source in meant:
            made += [exp.column(name, table=source.name) for name in scope.names(source) if name not in left_out]
    return made


def _projected(nodes: list[exp.Expr], scope: Scope, written: exp.Select) -> tuple[dict[str, Value], exp.Select]:
    columns: dict[str, Value] = {}
    keys = []
    check_windows(nodes, scope)
    for node in nodes:
        name = node.alias_or_name.lower()
        inner = node.this if isinstance(node, exp.Alias) else node
        if isinstance(inner, exp.Column) and inner.name.lower() == PERSON_ID:
            keys.append(_selected_key(inner, name, scope))
            continue
        if not scope.grouped and any(not each.find_ancestor(exp.Window) for each in inner.find_all(*aggregates.NODES)):
            refuse("group", "An aggregate stands in a query that is not grouped.")
        _check_name(name, columns)
        columns[name] = natural(scope.proof, scalar(inner, scope), f"column {name}")
        if columns[name].type is None:
            refuse("type", f"The column {name} is only NULL.")
    if len(keys) != 1:
        refuse("person_key", "person_id is not selected exactly once.")
    made = [exp.alias_(value.sql, name, quoted=True) for name, value in columns.items()]
    return columns, written.select(exp.alias_(keys[0], PERSON_ID, quoted=True), *made, copy=False)


def _selected_key(node: exp.Column, name: str, scope: Scope) -> exp.Expr:
    source = scope.source(node)
    if name != PERSON_ID:
        refuse("person_key", f"person_id is selected under another name, {name}.")
    if source.optional:
        refuse("person_key", f"person_id of {source.name} may be missing, because it is left-joined.")
    if scope.grouped and not any(source is other for other in scope.sources):
        refuse("person_key", "person_id is not the one grouped by.")
    return source.key()


def _check_name(name: str, taken: dict[str, Value]) -> None:
    if not name:
        refuse("name", "A column of SELECT has no name.", "Write expression AS name.")
    if not _NAME.fullmatch(name) or name in taken or name == PERSON_ID:
        refuse("name", "A column of SELECT has a name that is not plain, is used twice or is person_id.")
