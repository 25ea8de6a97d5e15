"""From SQL text to one parsed SELECT of which every part is known: what is not in the list is refused.

The text of the researcher never reaches an engine. The prover reads the tree and writes new SQL; this gate only
sees to it that no part of the tree goes unread.
"""

import logging
import re
from collections.abc import Mapping
from typing import Any, NoReturn

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from disclosure.person_view.instead import INSTEAD
from disclosure.person_view.refusals import refuse

logging.getLogger("sqlglot").setLevel(logging.CRITICAL)  # it quotes texts of researchers

MAX_NODES = 3_000
MAX_DEPTH = 120
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")

_BINARY = ("this", "expression")
CORE: dict[Any, tuple[str, ...]] = (
    {
        exp.Select: ("with_", "expressions", "from_", "joins", "where", "group", "having"),
        exp.Union: ("this", "expression", "distinct"),
        exp.With: ("expressions",),
        exp.CTE: ("this", "alias"),
        exp.Subquery: ("this", "alias"),
        exp.From: ("this",),
        exp.Table: ("this", "alias"),
        exp.TableAlias: ("this",),
        exp.Join: ("this", "side", "kind", "on", "using"),
        exp.Where: ("this",),
        exp.Having: ("this",),
        exp.Group: ("expressions",),
        exp.Alias: ("this", "alias"),
        exp.Identifier: ("this", "quoted"),
        exp.Column: ("this", "table"),
        exp.Literal: ("this", "is_string"),
        exp.Boolean: ("this",),
        exp.Null: (),
        exp.Paren: ("this",),
        exp.Neg: ("this",),
        exp.Not: ("this",),
        exp.Cast: ("this", "to"),
        exp.DataType: ("this", "nested"),
        exp.In: ("this", "expressions"),
        exp.Between: ("this", "low", "high"),
        exp.Case: ("this", "ifs", "default"),
        exp.If: ("this", "true", "false"),
        exp.Coalesce: ("this", "expressions"),
        exp.Year: ("this",),
        exp.Month: ("this",),
        exp.Day: ("this",),
        exp.Quarter: ("this",),
        exp.Interval: ("this", "unit"),
        exp.Least: ("this", "expressions", "ignore_nulls"),
        exp.Greatest: ("this", "expressions", "ignore_nulls"),
        exp.Abs: ("this",),
        exp.Window: ("this", "partition_by", "order", "spec", "over"),
        exp.WindowSpec: ("kind", "start", "start_side", "end", "end_side"),
        exp.Order: ("expressions",),
        exp.Ordered: ("this", "desc", "nulls_first"),
        exp.RowNumber: (),
        exp.Rank: (),
        exp.DenseRank: (),
        exp.Lag: ("this", "offset"),
        exp.Lead: ("this", "offset"),
        exp.FirstValue: ("this",),
        exp.Extract: ("this", "expression"),
        exp.Var: ("this",),
        exp.DateDiff: ("this", "expression", "unit", "date_part_boundary"),
        exp.Anonymous: ("this", "expressions"),
        exp.Star: ("except_",),
        exp.Distinct: ("expressions",),
        exp.Count: ("this", "big_int"),
        exp.Filter: _BINARY,
        exp.Min: ("this",),
        exp.Max: ("this",),
        exp.Sum: ("this",),
        exp.Avg: ("this",),
        exp.CountIf: ("this",),
        exp.LogicalOr: ("this",),
        exp.LogicalAnd: ("this",),
        exp.ArgMax: _BINARY,
        exp.ArgMin: _BINARY,
    }
    | dict.fromkeys(
        (exp.And, exp.Or, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is, exp.Add, exp.Sub, exp.Mul), _BINARY
    )
    | dict.fromkeys((exp.IntDiv, exp.Mod), _BINARY)
)
SUGAR: dict[Any, tuple[str, ...]] = CORE | {
    exp.Select: (*CORE[exp.Select], "distinct", "qualify", "windows", "order", "limit"),
    exp.Limit: ("expression",),
    exp.CTE: (*CORE[exp.CTE], "materialized"),
    exp.Distinct: ("expressions", "on"),
    exp.Tuple: ("expressions",),
    exp.Qualify: ("this",),
    exp.Group: (*CORE[exp.Group], "all"),
    exp.Exists: ("this",),
    exp.In: ("this", "expressions", "query"),
    exp.Join: (*CORE[exp.Join], "method"),
    exp.Window: (*CORE[exp.Window], "alias"),
    exp.First: ("this",),
    exp.Last: ("this",),
    exp.IgnoreNulls: ("this",),
    exp.AnyValue: ("this",),
    exp.Any: ("this",),
    exp.Array: ("expressions",),
    exp.ArrayAgg: ("this",),
    exp.ArrayContains: _BINARY,
    exp.ArrayMax: ("this",),
    exp.ArrayMin: ("this",),
    exp.ArraySize: ("this",),
    exp.Length: ("this",),
    exp.Bracket: ("this", "expressions"),
    exp.Nullif: _BINARY,
    exp.NullSafeEQ: _BINARY,
    exp.NullSafeNEQ: _BINARY,
    exp.TryCast: (*CORE[exp.Cast], "safe"),
    exp.Order: ("this", "expressions"),
}

_CODES: tuple[tuple[tuple[type[exp.Expr], ...], str, str], ...] = (
    ((exp.SetOperation,), "set_operation", "UNION, EXCEPT and INTERSECT"),
    ((exp.Window, exp.WindowSpec, exp.Qualify), "window", "A window function"),
    ((exp.Order, exp.Ordered), "order", "ORDER BY"),
    ((exp.Limit, exp.Offset, exp.Fetch), "limit", "LIMIT"),
    ((exp.Lateral, exp.Unnest, exp.Values, exp.TableSample, exp.Pivot), "table", "A table function, sample or pivot"),
    ((exp.Exists, exp.Any, exp.All), "subquery", "A subquery in this place"),
    ((exp.Rollup, exp.Cube, exp.GroupingSets), "group", "ROLLUP, CUBE or GROUPING SETS"),
    ((exp.TryCast,), "cast", "A cast"),
    ((exp.Columns,), "star", "A pattern of columns"),
    ((exp.Func, exp.IgnoreNulls, exp.RespectNulls), "function", "A function outside the allowed list"),
    ((exp.Command, exp.Pragma, exp.Attach, exp.DDL, exp.DML), "statement", "A statement other than SELECT"),
)
_ARGUMENTS = {
    "distinct": ("distinct", "DISTINCT"),
    "on": ("distinct", "DISTINCT ON"),
    "order": ("order", "ORDER BY"),
    "limit": ("limit", "LIMIT"),
    "limit_options": ("limit", "LIMIT"),
    "offset": ("limit", "OFFSET"),
    "qualify": ("window", "QUALIFY"),
    "query": ("subquery", "A subquery in a condition"),
    "sample": ("table", "A sample"),
    "pivots": ("table", "PIVOT"),
    "columns": ("with", "A list of columns after a name"),
    "db": ("table", "A schema or database before a name"),
    "recursive": ("with", "WITH RECURSIVE"),
    "materialized": ("with", "MATERIALIZED"),
    "windows": ("window", "WINDOW"),
    "except_": ("star", "EXCLUDE"),
    "replace": ("star", "REPLACE"),
    "rename": ("star", "RENAME"),
    "method": ("join", "An ASOF, NATURAL or POSITIONAL join"),
}


def parse(text: str) -> exp.Select:
    """The one SELECT that the text holds. Raises Invalid(view:syntax, view:statement, view:<clause>…)."""
    try:
        statements = sqlglot.parse(text, dialect="duckdb", error_level=sqlglot.ErrorLevel.RAISE)
    except (SqlglotError, ValueError, TypeError, AttributeError, KeyError, IndexError):
        refuse("syntax", "The view's SQL cannot be read.")
    if len(statements) != 1 or statements[0] is None:
        refuse("statement", "The view's SQL is not exactly one statement.")
    if isinstance(statements[0], exp.SetOperation):
        refuse("set_operation", "UNION, EXCEPT and INTERSECT cannot be proven to hold one row per person.")
    if not isinstance(statements[0], exp.Select):
        refuse("statement", "The view's SQL is not a SELECT.")
    check(statements[0], SUGAR)
    return statements[0]


def check(tree: exp.Select, known: Mapping[Any, tuple[str, ...]] = CORE) -> None:
    """Raises Invalid unless every node and every argument of every node is known: to the proof, or to `sugar`."""
    level: list[exp.Expr] = [tree]
    seen = 0
    for _ in range(MAX_DEPTH):
        seen += len(level)
        if not level or seen > MAX_NODES:
            break
        for node in level:
            _check_node(node, known)
        level = [child for node in level for child in node.iter_expressions()]
    if level:
        refuse("size", "The view's SQL is too long or nested too deeply.")


def _check_node(node: exp.Expr, nodes: Mapping[Any, tuple[str, ...]]) -> None:
    known = nodes.get(type(node))
    if known is None:
        _refuse_node(node)
    _check_place(node, sugared=nodes is not CORE)
    for name, value in node.args.items():
        if name not in known and (value or (name == "materialized" and value is not None)):
            code, clause = _ARGUMENTS.get(name, ("not_allowed", f"{_name(node)} with {name.strip('_').upper()}"))
            refuse(code, f"{clause} is not allowed in a person view.")


def _check_place(node: exp.Expr, *, sugared: bool) -> None:
    """Some nodes are known in one place only."""
    if isinstance(node, exp.Identifier) and not _IDENTIFIER.fullmatch(node.name):
        code = "table" if isinstance(node.parent, exp.Table) else "name"
        refuse(code, "A name holds characters other than ASCII letters, digits and underscores.")
    if isinstance(node, exp.Table) and not isinstance(node.this, exp.Identifier):
        refuse("table", "FROM holds something that is not the name of a table.")
    if isinstance(node, exp.Star) and not _stands_for_columns(node):
        refuse("star", "A star stands where no columns are listed.")
    if isinstance(node, exp.Distinct) and not isinstance(node.parent, exp.Count | exp.Select):
        refuse("distinct", "DISTINCT is allowed inside count and after SELECT only.")
    if isinstance(node, exp.Order) and not isinstance(node.parent, _ORDERED if sugared else exp.Window):
        refuse("order", "ORDER BY stands outside a window.")
    if isinstance(node, exp.Subquery) and not sugared and not isinstance(node.parent, exp.From | exp.Join | exp.Union):
        refuse("subquery", "A query stands in an expression.")


_ORDERED = exp.Window | exp.Select | exp.First | exp.Last | exp.ArrayAgg


def _stands_for_columns(star: exp.Star) -> bool:
    """In SELECT *, t.* or, without exceptions, count(*)."""
    holder = star.parent.parent if isinstance(star.parent, exp.Column) else star.parent
    return isinstance(holder, exp.Select) or (isinstance(star.parent, exp.Count) and not star.args.get("except_"))


def _refuse_node(node: exp.Expr) -> NoReturn:
    for types, code, clause in _CODES:
        if isinstance(node, types):
            refuse(code, f"{clause} ({_name(node)}) is not allowed in a person view.", INSTEAD.get(type(node)))
    refuse("not_allowed", f"{_name(node)} is not allowed in a person view.", INSTEAD.get(type(node)))


def _name(node: exp.Expr) -> str:
    return type(node).__name__.upper()
