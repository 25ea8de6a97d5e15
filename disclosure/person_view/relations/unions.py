"""UNION ALL: the rows of several queries under one another, each with its person's key."""

from collections.abc import Callable, Iterator

from sqlglot import exp

from disclosure.person_view.refusals import refuse
from disclosure.person_view.relations.scope import MAX_PARTS, Relation
from disclosure.person_view.schema import PERSON_ID
from disclosure.person_view.values import Proof, Value, alike, union


def united(proof: Proof, node: exp.Union, step: Callable[[exp.Expr], Relation]) -> tuple[Relation, exp.Query]:
    """The relation of all rows, and the SQL written for it. Raises Invalid("view:set_operation")."""
    relations = [step(part) for part in _parts(node)]
    names = list(relations[0].columns)
    if any(list(relation.columns) != names for relation in relations) or len(relations) > MAX_PARTS:
        refuse("set_operation", "The parts of a UNION ALL do not have the same columns in the same order.")
    columns: dict[str, Value] = {}
    selects = [_start(relation) for relation in relations]
    for name in names:
        held = [_column(relation, name) for relation in relations]
        values = alike(proof, held, "UNION ALL")
        selects = [
            select.select(exp.alias_(value.sql, name, quoted=True), copy=False)
            for select, value in zip(selects, values, strict=True)
        ]
        columns[name] = Value(exp.null(), *union(values))
    written: exp.Query = selects[0]
    for select in selects[1:]:
        written = exp.union(written, select, distinct=False, copy=False)
    depth, parts = max(relation.depth for relation in relations), sum(relation.parts for relation in relations)
    reads = sum(relation.reads for relation in relations)
    return Relation("", columns, False, depth, parts=parts, reads=reads), written


def _parts(node: exp.Expr) -> Iterator[exp.Expr]:
    """The SELECTs of a chain of UNION ALL."""
    while isinstance(node, exp.Paren | exp.Subquery) and not node.alias:
        node = node.this
    if isinstance(node, exp.Union):
        if node.args.get("distinct"):
            refuse("set_operation", "UNION without ALL leaves rows out that are the same.")
        yield from _parts(node.this)
        yield from _parts(node.expression)
    else:
        yield node


def _start(relation: Relation) -> exp.Select:
    table = exp.alias_(exp.Table(this=exp.to_identifier(relation.name, quoted=True)), "u", table=True, quoted=True)
    return exp.select(exp.column(PERSON_ID, table="u", quoted=True)).from_(table)


def _column(relation: Relation, name: str) -> Value:
    value = relation.columns[name]
    return Value(exp.column(name, table="u", quoted=True), value.type, value.scale, value.domain)
