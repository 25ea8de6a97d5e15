"""SELECT: from joined sources to a relation with the person key, one row per person where it is grouped by it."""

import re
from dataclasses import replace

from sqlglot import exp

from disclosure.person_view import aggregates
from disclosure.person_view.expressions import condition, scalar
from disclosure.person_view.refusals import refuse
from disclosure.person_view.relations.joins import Named, tie
from disclosure.person_view.relations.scope import Relation, Scope
from disclosure.person_view.schema import PERSON_ID
from disclosure.person_view.values import Proof, Value, natural

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def step(proof: Proof, select: exp.Select, named: Named) -> Relation:
    """The relation of a query inside the view; it becomes a named step of the canonical SQL."""
    relation, written = query(proof, select, named)
    name = f"step_{len(proof.steps) + 1}"
    proof.steps.append((name, written))
    return replace(relation, name=name)


def query(proof: Proof, select: exp.Select, named: Named) -> tuple[Relation, exp.Select]:
    """The relation of a query and the SQL written for it. Raises Invalid(view:…)."""
    named = _with(proof, select, named)
    scope, written = tie(proof, select, named, lambda inner, known: step(proof, inner, known))
    where = select.args.get("where")
    if where is not None:
        scope = scope.where(where.this)
        written = written.where(condition(where.this, scope, "WHERE").sql, copy=False)
    group = select.args.get("group")
    if group is not None:
        written = written.group_by(_key(group.expressions, scope), copy=False)
        scope = replace(scope, grouped=True)
    having = select.args.get("having")
    if having is not None:
        if group is None:
            refuse("group", "HAVING stands in a query that is not grouped.")
        written = written.having(condition(having.this, scope, "HAVING").sql, copy=False)
    columns, written = _projected(select.expressions, scope, written)
    depth = 0 if group is not None else sum(source.relation.depth for source in scope.sources)
    return Relation("", columns, depth == 0, depth), written


def _with(proof: Proof, select: exp.Select, named: Named) -> Named:
    known = dict(named)
    clause = select.args.get("with_")
    for cte in clause.expressions if clause is not None else ():
        name = cte.alias.lower()
        if not isinstance(cte.this, exp.Select) or not _NAME.fullmatch(name) or name in known:
            refuse("with", "A query in WITH is not a SELECT with a name of its own.")
        known[name] = step(proof, cte.this, known)
    return known


def _key(grouped: list[exp.Expr], scope: Scope) -> exp.Expr:
    """The person key, which the group must name; other grouped columns must be the same in all rows of a person."""
    key = None
    for node in grouped:
        if not isinstance(node, exp.Column):
            refuse("group", "GROUP BY names something other than a column.")
        source = scope.source(node)
        if node.name.lower() == PERSON_ID:
            if source.optional:
                refuse("person_key", f"person_id of {source.name} may be missing, because it is left-joined.")
            key = source.key()
        elif not source.steady:
            refuse("group", f"GROUP BY names {node.name.lower()}, which differs between the rows of a person.")
    if key is None:
        refuse("group", "GROUP BY does not name person_id.")
    return key


def _projected(nodes: list[exp.Expr], scope: Scope, written: exp.Select) -> tuple[dict[str, Value], exp.Select]:
    columns: dict[str, Value] = {}
    keys = []
    for node in nodes:
        name = node.alias_or_name.lower()
        inner = node.this if isinstance(node, exp.Alias) else node
        if isinstance(inner, exp.Column) and inner.name.lower() == PERSON_ID:
            keys.append(_selected_key(inner, name, scope))
            continue
        if not scope.grouped and inner.find(*aggregates.NODES):
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
