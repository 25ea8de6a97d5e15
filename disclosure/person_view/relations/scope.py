"""What the names of one query mean: the relations in FROM, the concepts fixed by conditions, and the person key."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import prod

from sqlglot import exp

from disclosure.person_view.refusals import refuse
from disclosure.person_view.relations.tables import VALUE_OF, common_grid, grid_scale, scale
from disclosure.person_view.schema import PERSON_ID
from disclosure.person_view.values import Proof, Value, number, paren
from workspaces.catalogue.code_lists import Cited
from workspaces.catalogue.columns import Type

MAX_PARTS = 20
MAX_READS = 400


@dataclass(frozen=True)
class Relation:
    """A proven query: its columns, whether it holds one row per person, and how many event rows multiply in it.

    A person has at most `parts` x rows_per_person ** `depth` rows. `numbered` columns number the rows of each person
    1, 2, 3 …: no two rows of a person agree in one of them. `reads` is how often tables are named in it once every
    query stands where it is named: an engine that does not keep what a query holds reads them as often.
    """

    name: str
    columns: Mapping[str, Value]
    keyed: bool
    depth: int
    table: str | None = None
    parts: int = 1
    numbered: frozenset[str] = frozenset()
    reads: int = 1

    def __post_init__(self) -> None:
        if self.reads > MAX_READS:
            refuse("size", f"The view names tables more than {MAX_READS} times once its queries are written out.")
        if self.parts > MAX_PARTS:
            refuse("size", f"UNION ALL can multiply the rows of a person by more than {MAX_PARTS} here.")


@dataclass(frozen=True)
class Source:
    """A relation as it stands in FROM. `steady`: the same values in all rows of one person."""

    name: str
    alias: str
    relation: Relation
    optional: bool = False
    steady: bool = False

    def key(self) -> exp.Expr:
        """The person key, qualified."""
        return exp.column(PERSON_ID, table=self.alias, quoted=True)


@dataclass(frozen=True)
class Scope:
    """Everything needed to read an expression of one query."""

    proof: Proof
    sources: tuple[Source, ...]
    grouped: bool = False
    within_aggregate: bool = False
    windowed: bool = False
    fixed: Mapping[str, frozenset[int]] = field(default_factory=dict)
    groups: tuple[exp.Expr, ...] = ()
    read: tuple[exp.Column, ...] = ()

    def where(self, condition: exp.Expr | None, only: str | None = None) -> "Scope":
        """This scope under a condition that fixes concepts; `only` one source where the others may not meet it."""
        fixed = dict(self.fixed)
        for alias, ids in self._fixes(condition):
            if only in (None, alias):
                fixed[alias] = fixed.get(alias, ids) & ids
        return replace(self, fixed=fixed)

    def single(self, condition: exp.Expr, only: str | None = None) -> "Scope":
        """This scope where a condition picks the one row of a certain number: that source has one row per person."""
        sources = self.sources
        for part in conjuncts(condition):
            if isinstance(part, exp.EQ) and isinstance(part.this, exp.Column) and whole(part.expression) is not None:
                found = self.source(part.this)
                if part.this.name.lower() in found.relation.numbered and only in (None, found.alias):
                    one = replace(found, relation=replace(found.relation, keyed=True, depth=0, parts=1), steady=True)
                    sources = tuple(one if each.alias == found.alias else each for each in sources)
        return replace(self, sources=sources)

    def rows(self) -> "Scope":
        """This scope inside an aggregate: row by row, and no aggregate again."""
        return replace(self, grouped=False, within_aggregate=True, windowed=False)

    def most(self) -> int:
        """How many rows one person can have here."""
        cap = self.proof.schema.rows_per_person
        return prod(source.relation.parts * prod([cap] * source.relation.depth) for source in self.sources)

    def told_apart(self) -> bool:
        """Whether no two rows of a person can be the same in all columns of `ties`."""
        return all(source.steady or source.relation.numbered for source in self.sources)

    def ties(self) -> list[exp.Expr]:
        """Every column that the query reads, in a fixed order: rows that agree in all of them are the same row."""
        found: dict[tuple[str, str], exp.Expr] = {}
        for source in self.sources:
            names = source.relation.columns if source.relation.table is None else self._read_of(source)
            for name in sorted(names):
                found[source.alias, name] = exp.column(name, table=source.alias, quoted=True)
        return list(found.values())

    def has(self, name: str) -> bool:
        """Whether any source has a column of that name."""
        return any(self._has(source, name) for source in self.sources)

    def names(self, source: Source) -> list[str]:
        """The columns of a source besides the person key, in a fixed order."""
        table = source.relation.table
        return sorted(self.proof.schema.tables[table] - {PERSON_ID}) if table else list(source.relation.columns)

    def _read_of(self, source: Source) -> set[str]:
        """The columns of a table that the query names anywhere, also those that are written later than this order."""
        names = {column.name.lower() for column in self.read if self.source(column) is source} - {PERSON_ID}
        names |= {VALUE_OF[source.relation.table or "", name] for name in names if self._is_value(source, name)}
        reads = self.proof.reads[source.relation.table or ""]
        reads += sorted(names - set(reads))
        return names

    def _is_value(self, source: Source, name: str) -> bool:
        return (source.relation.table or "", name) in VALUE_OF

    def source(self, column: exp.Column) -> Source:
        """The one source that a column belongs to. Raises Invalid("view:column")."""
        name = column.name.lower()
        if column.table:
            found = [source for source in self.sources if source.name == column.table.lower()]
        else:
            found = [source for source in self.sources if self._has(source, name)]
            if name == PERSON_ID:
                found = [source for source in found if not source.optional][:1]
        if len(found) != 1:
            refuse(
                "column", f"The column {name} is in {'none' if not found else 'more than one'} of the view's tables."
            )
        return found[0]

    def column(self, column: exp.Column) -> Value:
        """The value of a column other than the person key. Raises Invalid (view:column, view:person_key, view:unit)."""
        source, name = self.source(column), column.name.lower()
        if name == PERSON_ID:
            refuse("person_key", "person_id is used in an expression.")
        value = self._of_table(source, name) if source.relation.table else source.relation.columns.get(name)
        if value is None:
            refuse("column", f"The query {source.name} has no column {name}.")
        value = replace(value, sql=self._written(source, name))
        if not self.grouped:
            return value
        if not source.steady and not any(self._grouped_by(node, source, name) for node in self.groups):
            refuse("group", f"The column {name} is neither grouped nor the same in all rows of a person.")
        return replace(value, sql=exp.Max(this=value.sql))

    def _grouped_by(self, node: exp.Expr, source: Source, name: str) -> bool:
        return isinstance(node, exp.Column) and node.name.lower() == name and self.source(node) is source

    def _written(self, source: Source, name: str) -> exp.Expr:
        """The column; a measured value only in rows of the concepts it was proven for.

        An engine may read conditions in any order, and the numbers of another concept could overflow what is made of
        this one's.
        """
        column = exp.column(name, table=source.alias, quoted=True)
        concepts = VALUE_OF.get((source.relation.table or "", name))
        if concepts is None:
            return column
        fixed = [number(concept) for concept in sorted(self.fixed[source.alias])]
        meant = exp.In(this=exp.column(concepts, table=source.alias, quoted=True), expressions=fixed)
        return paren(exp.Case().when(meant, column, copy=False))

    def _has(self, source: Source, name: str) -> bool:
        table = source.relation.table
        return name == PERSON_ID or name in (self.proof.schema.tables[table] if table else source.relation.columns)

    def _of_table(self, source: Source, name: str) -> Value:
        table = source.relation.table or ""
        column = self.proof.schema.column(table, name)
        reads = self.proof.reads[table]
        concepts = VALUE_OF.get((table, name))
        for needed in (name, *([concepts] if concepts else ())):
            if needed not in reads:
                reads.append(needed)
        if concepts is None:
            return Value(exp.null(), column.type, scale(column), column.domain)
        fixed = self.fixed.get(source.alias, frozenset())
        grid = common_grid(fixed)
        if grid is None:
            refuse("unit", f"The column {name} of {table} holds values of several concepts, so it has no unit here.")
        self.proof.concepts.update(fixed)
        return Value(exp.null(), Type.INTEGER, grid_scale(grid))

    def _fixes(self, condition: exp.Expr | None) -> Iterator[tuple[str, frozenset[int]]]:
        for part in conjuncts(condition):
            column, ids = _listed(part, self.proof.schema.code_lists)
            if column is not None and ids and column.name.lower() in VALUE_OF.values():
                yield self.source(column).alias, ids


def conjuncts(condition: exp.Expr | None) -> Iterator[exp.Expr]:
    """The parts of a condition that must all be true."""
    stack = [condition] if condition is not None else []
    while stack:
        part = stack.pop()
        if isinstance(part, exp.Paren):
            stack.append(part.this)
        elif isinstance(part, exp.And):
            stack.extend((part.expression, part.this))
        else:
            yield part


def _listed(part: exp.Expr, code_lists: Mapping[str, Cited]) -> tuple[exp.Column | None, frozenset[int]]:
    """The column and the concepts that `column = n`, `column IN (n, …)` or in_code_list(column, id) leaves."""
    literals: list[exp.Expr] = []
    if isinstance(part, exp.EQ):
        literals = [part.expression]
    elif isinstance(part, exp.In):
        literals = part.expressions
    elif isinstance(part, exp.Anonymous) and part.name.lower() == "in_code_list" and len(part.expressions) == 2:
        column, listed = part.expressions
        found = code_lists.get(listed.name)
        return (
            (column, frozenset(found.concept_ids)) if found and isinstance(column, exp.Column) else (None, frozenset())
        )
    if not isinstance(part.this, exp.Column) or not literals:
        return None, frozenset()
    numbers = [whole(literal) for literal in literals]
    return part.this, frozenset(n for n in numbers if n is not None) if None not in numbers else frozenset()


def whole(node: exp.Expr) -> int | None:
    """The whole number that a literal is, or None."""
    if isinstance(node, exp.Literal) and not node.is_string and node.name.isdecimal() and len(node.name) < 16:
        return int(Fraction(node.name))
    return None
