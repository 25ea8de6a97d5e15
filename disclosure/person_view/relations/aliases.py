"""Names given in SELECT where a column could stand: what they name is written in their place.

A column of FROM comes first, as in DuckDB. In SELECT a name is known after it was given, elsewhere everywhere.
"""

from sqlglot import exp

from disclosure.person_view.refusals import refuse
from disclosure.person_view.relations.scope import Scope
from disclosure.person_view.sql import MAX_NODES


class _Names:
    """What the names stand for, as far as they were given, and how much may still be written in their place."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.given: dict[str, exp.Expr] = {}
        self.left = MAX_NODES

    def meant(self, node: exp.Expr, *, alone: bool = False) -> exp.Expr:
        """The expression with names written out; `alone` where a name that stands for all of it needs no brackets."""
        for column in list(node.find_all(exp.Column)):
            found = None if column.table or self.scope.has(column.name.lower()) else self.given.get(column.name.lower())
            if found is None:
                continue
            self.left -= sum(1 for _ in zip(found.walk(), range(MAX_NODES), strict=False))
            if self.left <= 0:
                refuse("size", "The view's SQL is too long once the names given in SELECT are written out.")
            written = found.copy() if alone and column is node else exp.Paren(this=found.copy())
            if column is node:
                node = written
            else:
                column.replace(written)
        return node


def written_out(select: exp.Select, scope: Scope) -> None:
    """Writes out the names in SELECT, WHERE, GROUP BY and HAVING. Raises Invalid("view:size")."""
    names = _Names(scope)
    made = []
    for node in select.expressions:
        made.append(names.meant(node))
        if isinstance(made[-1], exp.Alias) and not isinstance(made[-1].this, exp.Literal):
            names.given[made[-1].alias.lower()] = made[-1].this
    select.set("expressions", made)
    for clause in ("where", "having"):
        holder = select.args.get(clause)
        if holder is not None:
            holder.set("this", names.meant(holder.this))
    group = select.args.get("group")
    if group is not None:
        group.set("expressions", [names.meant(node, alone=True) for node in group.expressions])
