"""FROM and JOIN: relations tied to one another by the person key, and by nothing less."""

from collections.abc import Callable
from dataclasses import replace

from sqlglot import exp

from disclosure.person_view.expressions import condition
from disclosure.person_view.refusals import refuse
from disclosure.person_view.relations.scope import Relation, Scope, Source, conjuncts
from disclosure.person_view.schema import PERSON_ID
from disclosure.person_view.values import Proof, paren
from workspaces.catalogue.tables import TABLES

MAX_DEPTH = 2
MAX_SOURCES = 50
Prove = Callable[[exp.Expr, dict[str, Relation]], Relation]
Named = dict[str, Relation]


def tie(proof: Proof, select: exp.Select, named: Named, prove: Prove) -> tuple[Scope, exp.Select]:
    """The scope of a query and the FROM clause written for it. Raises Invalid (view:table, view:join…)."""
    start = select.args.get("from_")
    if start is None:
        refuse("table", "A SELECT reads from no table.", "Write FROM person, or FROM another table of the grant.")
    first = _source(proof, start.this, named, prove)
    scope = Scope(proof, (replace(first, steady=first.relation.keyed),))
    written = exp.select().from_(_written(first))
    for join in select.args.get("joins") or ():
        scope, written = _join(scope, written, join, named, prove)
    if sum(source.relation.depth for source in scope.sources) > MAX_DEPTH:
        refuse(
            "join",
            f"More than {MAX_DEPTH} tables with many rows per person are joined, which multiplies their rows.",
            "Group each of them by person_id in a query of its own and join the results.",
        )
    return scope, written


def _source(proof: Proof, item: exp.Expr, named: Named, prove: Prove) -> Source:
    name = item.alias_or_name.lower()
    if isinstance(item, exp.Subquery):
        if not item.alias:
            refuse("subquery", "A query in FROM has no name.")
        relation = prove(item.this, named)
    elif isinstance(item, exp.Table):
        relation = named.get(item.name.lower()) or _table(proof, item.name.lower())
    else:
        refuse("table", "FROM holds something that is neither a table nor a query.")
    return Source(name, proof.alias(), relation)


def _table(proof: Proof, name: str) -> Relation:
    proof.schema.require(name)
    proof.reads.setdefault(name, [])
    keyed = TABLES[name].one_row_per_person
    return Relation(f"read_{name}", {}, keyed, 0 if keyed else 1, table=name)


def _written(source: Source) -> exp.Expr:
    return exp.alias_(
        exp.Table(this=exp.to_identifier(source.relation.name, quoted=True)), source.alias, table=True, quoted=True
    )


def _join(scope: Scope, written: exp.Select, join: exp.Join, named: Named, prove: Prove) -> tuple[Scope, exp.Select]:
    if join.meta.get("one_row") and not all(source.relation.keyed for source in scope.sources):
        refuse(
            "join",
            "An ASOF join, or a query that reads a date of the outer one, follows what has several rows per person.",
            "Group it by person_id first.",
        )
    left = _is_left(join)
    source = replace(_source(scope.proof, join.this, named, prove), optional=left)
    if source.name in {other.name for other in scope.sources} or len(scope.sources) >= MAX_SOURCES:
        refuse(
            "name", f"Two tables in FROM are called {source.name}, or there are too many.", "Give each its own name."
        )
    wide = replace(scope, sources=(*scope.sources, source))
    keys, others = _split(join, wide, source)
    on: exp.Expr = exp.EQ(this=source.key(), expression=keys[0].key())
    for key in keys[1:]:
        on = exp.And(this=on, expression=exp.EQ(this=source.key(), expression=key.key()))
    steady = source.relation.keyed
    if others is not None:
        source = replace(source, relation=wide.single(others, only=source.alias).sources[-1].relation)
        steady = source.relation.keyed
        on = exp.And(this=on, expression=paren(condition(others, wide, "JOIN … ON").sql))
        steady = steady and (not left or _steady(others, wide, source))
    wide = replace(wide, sources=(*scope.sources, replace(source, steady=steady)))
    wide = wide.where(others, only=source.alias if left else None)
    return wide, written.join(_written(source), on=on, join_type="LEFT" if left else "INNER", copy=False)


def _is_left(join: exp.Join) -> bool:
    side, kind = (str(join.args.get(part) or "").upper() for part in ("side", "kind"))
    if side not in ("", "LEFT") or kind not in ("", "INNER", "OUTER") or (kind == "OUTER" and side != "LEFT"):
        refuse("join", f"A join of the kind {side or kind} is not allowed.")
    return side == "LEFT"


def _split(join: exp.Join, scope: Scope, source: Source) -> tuple[list[Source], exp.Expr | None]:
    """The earlier sources that the key ties to, and the other conditions. Raises Invalid("view:join")."""
    using = join.args.get("using")
    if using:
        if len(using) != 1 or using[0].name.lower() != PERSON_ID:
            refuse("join", "USING names something other than person_id.")
        return [next(other for other in scope.sources if not other.optional)], None
    keys: list[Source] = []
    others: list[exp.Expr] = []
    for part in conjuncts(join.args.get("on")):
        tied = _tied(part, scope, source)
        if tied is None:
            others.append(part)
        else:
            keys.append(tied)
    if not keys:
        refuse("join", f"The join with {source.name} is not tied by person_id to a table that is always there.")
    return keys, exp.and_(*others) if others else None


def _tied(part: exp.Expr, scope: Scope, source: Source) -> Source | None:
    """The earlier source when the condition is `new.person_id = earlier.person_id`, in either order."""
    if not isinstance(part, exp.EQ) or not all(_is_key(side) for side in (part.this, part.expression)):
        return None
    if not part.this.table or not part.expression.table:
        refuse("join", "person_id in ON does not say of which table.")
    ends = [scope.source(side) for side in (part.this, part.expression)]
    others = [end for end in ends if end.alias != source.alias]
    if len(others) != 1 or others[0].optional:
        refuse("join", f"The join with {source.name} is tied to a table whose rows may be missing, or to itself.")
    return others[0]


def _is_key(node: exp.Expr) -> bool:
    return isinstance(node, exp.Column) and node.name.lower() == PERSON_ID


def _steady(others: exp.Expr, scope: Scope, source: Source) -> bool:
    """True when the condition looks only at what is the same in all rows of a person."""
    used = [scope.source(column) for column in others.find_all(exp.Column)]
    return all(found.steady or found.alias == source.alias for found in used)
