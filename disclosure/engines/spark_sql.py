"""The writer of Spark's SQL: one line for each node that the prover or the bounded aggregate writes, and no other.

Nothing is transpiled. A node or function without a line here is refused, as is an argument that its line does not
read; each line has a test that it means in Spark what it means in DuckDB. What differs is written out: division of
whole numbers is DIV, `date_diff` counts from its second argument, a struct's field follows a dot, a backslash in text
is an escape. Spark's own casts, ages, ASOF joins and ordering of NULLs are never relied on.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlglot import exp

_TYPES = {"BIGINT": "BIGINT", "INT": "INT", "DOUBLE": "DOUBLE", "DATE": "DATE", "TEXT": "STRING", "BOOLEAN": "BOOLEAN"}


_PLACED = (exp.RowNumber, exp.Lag, exp.Lead, exp.FirstValue)


class NotWritten(ValueError):
    """A tree holds what has no line for Spark; the message names the node."""


def write(node: exp.Expr) -> str:
    """The Spark SQL of a tree. Raises NotWritten, which depends on the tree alone."""
    known = _LINES.get(type(node))
    if known is None:
        raise NotWritten(f"{type(node).__name__} has no line for Spark")
    line, arguments = known
    unread = [name for name, value in node.args.items() if name not in arguments and value not in (None, False, [])]
    if unread:
        raise NotWritten(f"{type(node).__name__} with {', '.join(unread)} has no line for Spark")
    return line(node)


def name(text: str) -> str:
    """A quoted name."""
    return "`" + text.replace("`", "``") + "`"


def text(value: str) -> str:
    """A quoted text; the backslash is an escape in Spark."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _all(nodes: Sequence[exp.Expr], between: str = ", ") -> str:
    return between.join(write(node) for node in nodes)


def _select(node: exp.Expr) -> str:
    parts = [f"{write(node.args['with_'])} " if node.args.get("with_") else "", "SELECT "]
    parts += ["DISTINCT " if node.args.get("distinct") else "", _all(node.expressions)]
    parts.append(f" {write(node.args['from_'])}")
    parts += [f" {write(join)}" for join in node.args.get("joins") or ()]
    parts += [f" {write(node.args[clause])}" for clause in ("where", "group", "having") if node.args.get(clause)]
    return "".join(parts)


def _union(node: exp.Expr) -> str:
    if node.args.get("distinct"):
        raise NotWritten("UNION without ALL has no line for Spark")
    return f"{write(node.this)} UNION ALL {write(node.expression)}"


def _window(node: exp.Expr) -> str:
    by, order, spec = (node.args.get(part) for part in ("partition_by", "order", "spec"))
    ordered = write(order) if order else "ORDER BY TRUE" if isinstance(node.this, _PLACED) else ""  # Spark wants one
    parts = [f"PARTITION BY {_all(by)}" if by else "", ordered, write(spec) if spec else ""]
    return f"{write(node.this)} OVER ({' '.join(part for part in parts if part)})"


def _frame(node: exp.Expr) -> str:
    ends = (_bound(node.args.get(end), node.args.get(f"{end}_side")) for end in ("start", "end"))
    return f"{node.args['kind']} BETWEEN {' AND '.join(ends)}"


def _bound(value: exp.Expr | str | None, side: str | None) -> str:
    return " ".join(part for part in (write(value) if isinstance(value, exp.Expr) else value, side) if part)


def _ordered(node: exp.Expr) -> str:
    down, first = ("DESC" if node.args.get("desc") else "ASC"), ("FIRST" if node.args.get("nulls_first") else "LAST")
    return f"{write(node.this)} {down} NULLS {first}"


def _neighbour(called: str) -> Callable[[exp.Expr], str]:
    return lambda node: f"{called}({_all([each for each in (node.this, node.args.get('offset')) if each])})"


def _join(node: exp.Expr) -> str:
    kind = " ".join(part for part in (node.args.get("side"), node.args.get("kind")) if part) or "INNER"
    if kind not in ("INNER", "LEFT"):
        raise NotWritten(f"the join {kind} has no line for Spark")
    return f"{kind} JOIN {write(node.this)} ON {write(node.args['on'])}"


def _table(node: exp.Expr) -> str:
    alias = node.args.get("alias")
    return write(node.this) + (f" AS {write(alias)}" if alias else "")


def _literal(node: exp.Expr) -> str:
    return text(node.name) if node.args["is_string"] else node.name


def _cast(node: exp.Expr) -> str:
    return f"{'TRY_CAST' if isinstance(node, exp.TryCast) else 'CAST'}({write(node.this)} AS {write(node.args['to'])})"


def _type(node: exp.Expr) -> str:
    named = _TYPES.get(node.this.value)
    if named is None:
        raise NotWritten(f"the type {node.this.value} has no line for Spark")
    return named


def _binary(sign: str) -> Callable[[exp.Expr], str]:
    return lambda node: f"({write(node.this)} {sign} {write(node.expression)})"


def _call(called: str) -> Callable[[exp.Expr], str]:
    """A function of `this` and, where there are some, `expressions`."""
    return lambda node: f"{called}({_all([node.this, *(node.args.get('expressions') or ())])})"


def _count(node: exp.Expr) -> str:
    if isinstance(node.this, exp.Distinct):
        return f"COUNT(DISTINCT {_all(node.this.expressions)})"
    return f"COUNT({write(node.this)})"


def _in(node: exp.Expr) -> str:
    if node.args.get("query"):
        return f"({write(node.this)} IN {write(node.args['query'])})"
    return f"({write(node.this)} IN ({_all(node.expressions)}))"


def _case(node: exp.Expr) -> str:
    this = f" {write(node.this)}" if node.this else ""
    branches = "".join(f" WHEN {write(each.this)} THEN {write(each.args['true'])}" for each in node.args["ifs"])
    default = f" ELSE {write(node.args['default'])}" if node.args.get("default") else ""
    return f"CASE{this}{branches}{default} END"


def _struct(node: exp.Expr) -> str:
    return (
        f"NAMED_STRUCT({', '.join(f'{text(each.this.name)}, {write(each.expression)}' for each in node.expressions)})"
    )


def _field(node: exp.Expr) -> str:
    struct, field = node.expressions
    return f"{write(struct)}.{name(field.name)}"


def _days(node: exp.Expr) -> str:
    unit, first, last = node.expressions
    if unit.name != "day":
        raise NotWritten(f"date_diff in {unit.name} has no line for Spark")
    return f"DATEDIFF({write(last)}, {write(first)})"


def _interval(node: exp.Expr) -> str:
    """Of months: both engines then give a month's last day where it has no such day."""
    if node.args["unit"].name != "MONTH":
        raise NotWritten("an interval of other units than months has no line for Spark")
    return f"INTERVAL {text(node.name)} MONTH"


def _part(node: exp.Expr) -> str:
    return f"{node.name.upper()}({_all(node.expressions)})"


FUNCTIONS: dict[str, Callable[[exp.Expr], str]] = {
    "struct_extract": _field,
    "date_diff": _days,
    "year": _part,
    "quarter": _part,
    "month": _part,
    "day": _part,
}


def _named(node: exp.Expr) -> str:
    line = FUNCTIONS.get(node.name)
    if line is None:
        raise NotWritten(f"the function {node.name} has no line for Spark")
    return line(node)


_TWO = ("this", "expression")
_ONE = ("this",)
_LINES: dict[Any, tuple[Callable[[exp.Expr], str], tuple[str, ...]]] = {
    exp.Select: (_select, ("with_", "distinct", "expressions", "from_", "joins", "where", "group", "having")),
    exp.Union: (_union, ("this", "expression", "distinct")),
    exp.Window: (_window, ("this", "partition_by", "order", "spec", "over")),
    exp.WindowSpec: (_frame, ("kind", "start", "start_side", "end", "end_side")),
    exp.Order: (lambda node: f"ORDER BY {_all(node.expressions)}", ("expressions",)),
    exp.Ordered: (_ordered, ("this", "desc", "nulls_first")),
    exp.RowNumber: (lambda _: "ROW_NUMBER()", ()),
    exp.Rank: (lambda _: "RANK()", ("expressions",)),
    exp.DenseRank: (lambda _: "DENSE_RANK()", ("expressions",)),
    exp.Lag: (_neighbour("LAG"), ("this", "offset")),
    exp.Lead: (_neighbour("LEAD"), ("this", "offset")),
    exp.FirstValue: (_call("FIRST_VALUE"), _ONE),
    exp.With: (lambda node: f"WITH {_all(node.expressions)}", ("expressions",)),
    exp.CTE: (lambda node: f"{write(node.args['alias'])} AS ({write(node.this)})", ("this", "alias")),
    exp.From: (lambda node: f"FROM {write(node.this)}", _ONE),
    exp.Join: (_join, ("this", "side", "kind", "on")),
    exp.Where: (lambda node: f"WHERE {write(node.this)}", _ONE),
    exp.Group: (lambda node: f"GROUP BY {_all(node.expressions)}", ("expressions",)),
    exp.Having: (lambda node: f"HAVING {write(node.this)}", _ONE),
    exp.Table: (_table, ("this", "alias")),
    exp.Subquery: (lambda node: f"({write(node.this)})" + (f" AS {write(node.args['alias'])}" if node.alias else ""),
                   ("this", "alias")),
    exp.TableAlias: (lambda node: write(node.this), _ONE),
    exp.Alias: (lambda node: f"{write(node.this)} AS {write(node.args['alias'])}", ("this", "alias")),
    exp.Identifier: (lambda node: name(node.name), ("this", "quoted")),
    exp.Column: (lambda node: (f"{write(node.args['table'])}." if node.args.get("table") else "") + write(node.this),
                 ("this", "table")),
    exp.Literal: (_literal, ("this", "is_string")),
    exp.Boolean: (lambda node: "TRUE" if node.this else "FALSE", _ONE),
    exp.Null: (lambda _: "NULL", ()),
    exp.Star: (lambda _: "*", ()),
    exp.Paren: (lambda node: f"({write(node.this)})", _ONE),
    exp.Neg: (lambda node: f"(-{write(node.this)})", _ONE),
    exp.Not: (lambda node: f"(NOT {write(node.this)})", _ONE),
    exp.Cast: (_cast, ("this", "to")),
    exp.TryCast: (_cast, ("this", "to")),
    exp.DataType: (_type, ("this", "nested")),
    exp.In: (_in, ("this", "expressions", "query")),
    exp.Between: (lambda node: f"({write(node.this)} BETWEEN {write(node.args['low'])} AND {write(node.args['high'])})",
                  ("this", "low", "high")),
    exp.Interval: (_interval, ("this", "unit")),
    exp.Case: (_case, ("this", "ifs", "default")),
    exp.Struct: (_struct, ("expressions",)),
    exp.Anonymous: (_named, ("this", "expressions")),
    exp.Coalesce: (_call("COALESCE"), ("this", "expressions")),
    exp.Least: (_call("LEAST"), ("this", "expressions", "ignore_nulls")),
    exp.Greatest: (_call("GREATEST"), ("this", "expressions", "ignore_nulls")),
    exp.Nullif: (lambda node: f"NULLIF({write(node.this)}, {write(node.expression)})", _TWO),
    exp.Round: (_call("ROUND"), _ONE),
    exp.Abs: (_call("ABS"), _ONE),
    exp.Count: (_count, ("this", "big_int")),
    exp.Sum: (_call("SUM"), _ONE),
    exp.Min: (_call("MIN"), _ONE),
    exp.Max: (_call("MAX"), _ONE),
    exp.LogicalOr: (_call("BOOL_OR"), _ONE),
    exp.LogicalAnd: (_call("BOOL_AND"), _ONE),
} | {
    node: (_binary(sign), _TWO)
    for node, sign in (
        (exp.And, "AND"), (exp.Or, "OR"), (exp.EQ, "="), (exp.NEQ, "<>"), (exp.GT, ">"), (exp.GTE, ">="),
        (exp.LT, "<"), (exp.LTE, "<="), (exp.Is, "IS"), (exp.Add, "+"), (exp.Sub, "-"), (exp.Mul, "*"),
        (exp.Div, "/"), (exp.IntDiv, "DIV"), (exp.Mod, "%"),
    )
}  # fmt: skip
