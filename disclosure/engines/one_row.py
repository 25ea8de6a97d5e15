"""Does written SQL hold at most one row per person? A second look, apart from the prover's own proof.

It walks the canonical tree only: a table of one row per person, a query grouped by the person key alone, or either
joined on the person key to more of the same. What it does not know it denies; the engine then groups by person again.
"""

from collections.abc import Mapping, Sequence

from sqlglot import exp

from disclosure.person_view.schema import PERSON_ID
from workspaces.catalogue.tables import TABLES

_PARTS = {"with_", "expressions", "from_", "joins", "where", "group", "having"}
_MULTIPLY = (exp.UDTF, exp.Unnest, exp.Explode)
_READS = frozenset(f"read_{table.name}" for table in TABLES.values() if table.one_row_per_person)


def one_row_per_person(tree: exp.Select) -> bool:
    """True when the tree shows it, given that tables of one row per person are that."""
    known: dict[str, bool] = {}
    clause = tree.args.get("with_")
    for cte in clause.expressions if clause is not None else ():
        known[cte.alias] = cte.alias in _READS or (isinstance(cte.this, exp.Select) and _holds(cte.this, known))
    return _holds(tree, known)


def stored(tree: exp.Select) -> frozenset[str]:
    """The columns that the tree selects as they stand, not worked out there."""
    return frozenset(node.alias for node in tree.expressions if isinstance(node.this, exp.Column))


def _holds(select: exp.Select, known: Mapping[str, bool]) -> bool:
    if any(value for name, value in select.args.items() if name not in _PARTS) or select.find(*_MULTIPLY):
        return False
    selected = [node.this for node in select.expressions if node.alias == PERSON_ID]
    if len(selected) != 1 or not _is_key(selected[0]):
        return False
    group = select.args.get("group")
    if group is not None:
        return group.expressions == selected and not any(v for k, v in group.args.items() if k != "expressions")
    return _tied(select, selected[0].table, known)


def _tied(select: exp.Select, key: str, known: Mapping[str, bool]) -> bool:
    """Every source has one row per person and is tied to an earlier one by the key; `key` is of one always there."""
    sources = [select.args["from_"], *(select.args.get("joins") or ())]
    seen: list[str] = []
    for node in sources:
        table = node.this
        if not isinstance(table, exp.Table) or not known.get(table.name) or not (not seen or _joined(node, seen)):
            return False
        seen.append(table.alias)
    return key in [node.this.alias for node in sources if node.args.get("side") != "LEFT"]


def _joined(join: exp.Expr, seen: Sequence[str]) -> bool:
    """An inner or left join on the person key."""
    plain = all(name in ("this", "side", "kind", "on") for name, value in join.args.items() if value)
    known = join.args.get("side") in (None, "", "LEFT") and join.args.get("kind") in (None, "", "INNER")
    return plain and known and _on_key(join.args.get("on"), join.this.alias, seen)


def _on_key(on: exp.Expr | None, alias: str, seen: Sequence[str]) -> bool:
    for part in on.flatten() if isinstance(on, exp.And) else [on]:
        if isinstance(part, exp.EQ) and _is_key(part.this) and _is_key(part.expression):
            tables = {part.this.table, part.expression.table}
            if alias in tables and tables & set(seen):
                return True
    return False


def _is_key(node: exp.Expr) -> bool:
    return isinstance(node, exp.Column) and node.name == PERSON_ID
