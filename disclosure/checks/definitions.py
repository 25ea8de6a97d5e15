"""What a request counts, clause by clause, so that two requests can be compared without looking at a record.

Read from the canonical SQL of a proven view: names an author chose, aliases and the order of steps fall away, so two
texts that mean the same by the same clauses come out the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import sqlglot
from sqlglot import exp

from disclosure.requests import ReleaseRequest, Statistic

READ = "read_"


@dataclass(frozen=True)
class Counted:
    """One statistic: what it works out, by which keys, each as its clause; `by` are the names of its keys."""

    name: str
    what: tuple[str, ...]
    keys: tuple[str, ...]
    by: tuple[str, ...]


@dataclass(frozen=True)
class Definition:
    """Whom a request counts (`population`, one text per condition) and what of them."""

    population: frozenset[str]
    counted: tuple[Counted, ...]


@dataclass(frozen=True)
class _Relation:
    """A query resolved: where its rows come from, on which conditions, what its columns are."""

    label: str
    columns: Mapping[str, str] = field(default_factory=dict)
    conditions: frozenset[str] = frozenset()
    grouped: bool = False

    @property
    def rows(self) -> str:
        """All of it as one text."""
        return f"{self.label} where {' and '.join(sorted(self.conditions))}" if self.conditions else self.label


def define(request: ReleaseRequest, view_sql: str) -> Definition:
    """The definition of a request; `view_sql` is the canonical SQL that its view was proven into."""
    tree = sqlglot.parse_one(view_sql, dialect="duckdb")
    known: dict[str, _Relation] = {}
    for step in tree.find_all(exp.CTE):
        if not step.alias.startswith(READ):
            known[step.alias] = _resolved(step.this, known)
    whole = _resolved(tree, known)
    population = frozenset({f"people of {whole.label}", *whole.conditions})
    return Definition(population, tuple(_counted(each, whole.columns) for each in request.statistics))


def _counted(asked: Statistic, columns: Mapping[str, str]) -> Counted:
    said = asked.model_dump(mode="json", exclude={"name", "kind", "by", "half_width"}, exclude_none=True)
    what = tuple(f"{field}: {columns.get(str(value), value)}" for field, value in sorted(said.items()))
    return Counted(asked.name, (asked.kind, *what), tuple(columns.get(name, name) for name in asked.by), asked.by)


def _resolved(query: exp.Expr, known: Mapping[str, _Relation]) -> _Relation:
    if isinstance(query, exp.SetOperation):
        return _either(_resolved(query.this, known), _resolved(query.expression, known))
    if not isinstance(query, exp.Select):
        return _Relation(query.sql(dialect="duckdb", comments=False))
    sources = dict(_sources(query, known))
    first = next(iter(sources.values()), _Relation("nothing"))
    conditions = {_text(each, sources) for clause in ("where", "having", "qualify") for each in _split(query, clause)}
    for join in query.args.get("joins") or ():
        conditions |= _joined(join, sources)
    made = _Relation(first.label, {}, first.conditions | conditions, bool(query.args.get("group")))
    return replace(made, columns={each.alias_or_name: _column(each, sources, made) for each in query.expressions})


def _either(one: _Relation, other: _Relation) -> _Relation:
    """Rows of one or of the other; a column is either's."""
    both = {
        name: told if told == (theirs := other.columns.get(name, told)) else f"either {told} or {theirs}"
        for name, told in one.columns.items()
    }
    return _Relation(f"({' or '.join(sorted({one.rows, other.rows}))})", both)


def _column(each: exp.Expr, sources: Mapping[str, _Relation], rows: _Relation) -> str:
    text = _text(each.unalias(), sources)
    return f"{text} of {rows.rows}" if rows.grouped and each.find(exp.AggFunc) else text


def _sources(query: exp.Select, known: Mapping[str, _Relation]) -> Iterator[tuple[str, _Relation]]:
    """Each alias with what it stands for, the first of FROM first."""
    start = query.args.get("from_") or query.args.get("from")
    joins = [join.this for join in query.args.get("joins") or ()]
    for source in [*([start.this] if start else []), *joins]:
        if isinstance(source, exp.Table):
            name = source.name
            yield source.alias_or_name, known.get(name, _Relation(name.removeprefix(READ)))
        else:
            yield source.alias_or_name, _resolved(source.this, known)


def _joined(join: exp.Join, sources: Mapping[str, _Relation]) -> set[str]:
    """A join that can drop people is a condition, a left join is not; equal person keys go without saying."""
    if (join.side or "").upper() == "LEFT":
        return set()
    other = sources[join.this.alias_or_name]
    on = {_text(each, sources) for each in _conjuncts(join.args.get("on"))}
    has = {f"has {other.rows}"} if other.grouped else {f"has {other.label}", *other.conditions}
    return has | {each for each in on if "person_id" not in each}


def _split(query: exp.Select, clause: str) -> list[exp.Expr]:
    found = query.args.get(clause)
    return _conjuncts(found.this) if found else []


def _conjuncts(node: exp.Expr | None) -> list[exp.Expr]:
    if node is None:
        return []
    bare = node.unnest()
    return [*_conjuncts(bare.left), *_conjuncts(bare.right)] if isinstance(bare, exp.And) else [bare]


def _text(node: exp.Expr, sources: Mapping[str, _Relation]) -> str:
    """SQL of an expression with every column told by where it comes from, and casts of constants left out."""

    def told(part: exp.Expr) -> exp.Expr:
        if isinstance(part, exp.Column):
            relation = sources.get(part.table)
            label = relation.columns.get(part.name) if relation else None
            return exp.Var(this=label or f"{relation.label if relation else part.table}.{part.name}")
        if isinstance(part, exp.In) and part.expressions:
            part.set("expressions", sorted(part.expressions, key=lambda each: each.sql(dialect="duckdb")))
        if isinstance(part, exp.Cast | exp.TryCast) and isinstance(part.this, exp.Literal | exp.Boolean):
            return part.this
        return part.this if isinstance(part, exp.Paren) and isinstance(part.this, exp.Var | exp.Literal) else part

    return node.copy().unnest().transform(told).sql(dialect="duckdb", comments=False)
