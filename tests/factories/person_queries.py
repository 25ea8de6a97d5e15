"""Hypothesis strategies for queries.

Queries are the dictionaries of `tests/plain/person_view.py`. Each strategy for a number gives (expression, step), the
step of the grid the prover should find.
"""

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from hypothesis import strategies as st

from tests.factories.odd_worlds import CONCEPTS
from tests.factories.query_text import AGGREGATE_SQL
from workspaces.catalogue.code_lists import CODE_LISTS
from workspaces.catalogue.columns import Type
from workspaces.catalogue.concepts import concept
from workspaces.catalogue.tables import TABLES

EVENTS = ("condition_occurrence", "measurement", "drug_exposure", "visit_occurrence", "social_care_event", "death")
LITERAL_DAYS = st.dates(date(2017, 12, 31), date(2018, 1, 5))
ONE = Fraction(1)


@dataclass(frozen=True)
class Known:
    """A column that expressions may use: where it is, its kind (number, text, date, flag, code), step and domain."""

    node: tuple
    kind: str
    step: Fraction = ONE
    values: tuple = ()


def table_columns(alias, table, fixed=None):
    """The columns of a table in FROM; measured values only where one concept is fixed."""
    for column in TABLES[table].columns:
        node = ("column", alias, column.name)
        if column.name == "person_id":
            continue
        if column.type is Type.DOUBLE:
            if fixed:
                yield Known(node, "number", concept(fixed).grid.step)
        elif column.type is Type.DATE:
            yield Known(node, "date")
        elif column.type is Type.TEXT:
            yield Known(node, "text", values=column.domain.values)
        else:
            domain = column.domain.values if column.domain else ()
            # of rows whose concept is fixed, a further condition on the concept names that one only
            domain = (fixed,) if fixed and column.name == "measurement_concept_id" else domain
            yield Known(node, "number" if column.grid else "code", values=domain)


def of(columns, *kinds):
    return [column for column in columns if column.kind in kinds]


@st.composite
def numbers(draw, columns, depth=2):
    """(expression, step) of a number made from columns."""
    ways = ["literal"] + (["column"] * 3 if of(columns, "number") else []) + (["part"] if of(columns, "date") else [])
    ways += ["sum", "product", "case", "coalesce", "negative", "size", "rest", "extreme"] if depth else []
    way = draw(st.sampled_from(ways))
    if way == "literal":
        return ("literal", Fraction(draw(st.integers(-3, 70)))), ONE
    if way == "column":
        column = draw(st.sampled_from(of(columns, "number")))
        return column.node, column.step
    if way == "part":
        first, last = (draw(st.sampled_from(of(columns, "date"))).node for _ in range(2))
        parts = [("year", first), ("month", first), ("day", first)]
        return draw(st.sampled_from(parts + [(name, first, last) for name in ("days", "months", "years")])), ONE
    left, a = draw(numbers(columns, depth - 1))
    if way in ("negative", "size"):
        return (way, left), a
    if way == "rest":
        whole = left if a == ONE else ("literal", Fraction(draw(st.integers(-3, 70))))
        return (draw(st.sampled_from(["//", "%"])), whole, ("literal", Fraction(draw(st.integers(1, 9))))), ONE
    right, b = draw(numbers(columns, depth - 1))
    if way == "product":
        return ("*", left, right), a * b
    finer = min(a, b) if max(a, b) % min(a, b) == 0 else a * b
    if way == "case":
        return ("case", ((draw(conditions(columns, depth - 1)), left),), right), finer
    names = {"sum": "+-", "extreme": ["least", "greatest"], "coalesce": ["coalesce"]}[way]
    return (draw(st.sampled_from(names)), left, right), finer


@st.composite
def conditions(draw, columns, depth=2):
    """A yes/no expression."""
    ways = ["number"] + [kind for kind in ("text", "date", "flag", "code") if of(columns, kind)]
    way = draw(st.sampled_from(ways + (["and", "or", "not"] if depth else []) + (["null"] if columns else [])))
    if way in ("and", "or"):
        return way, draw(conditions(columns, depth - 1)), draw(conditions(columns, depth - 1))
    if way == "not":
        return way, draw(conditions(columns, depth - 1))
    if way == "null":
        return "is_null", draw(st.sampled_from(columns)).node
    if way == "number":
        node = draw(numbers(columns, max(0, depth - 1)))[0]
        return _compared(draw, node, _comparable(node, columns))
    column = draw(st.sampled_from(of(columns, way)))
    if way == "date":
        days = ("literal", Fraction(draw(st.integers(0, 400))))
        return _compared(draw, draw(st.sampled_from([column.node, ("later", column.node, days)])), LITERAL_DAYS)
    if way == "flag":
        return draw(st.sampled_from([("is_true", column.node), ("=", column.node, ("literal", True)), column.node]))
    wanted = st.sampled_from(column.values).map(_plain)
    listed = [cited for cited, found in CODE_LISTS.items() if set(found.concept_ids) <= set(column.values)]
    if listed and draw(st.booleans()):
        return "in_code_list", column.node, draw(st.sampled_from(listed))
    if draw(st.booleans()):
        return "in", column.node, tuple(draw(st.lists(wanted, min_size=1, max_size=3)))
    return draw(st.sampled_from(["=", "<>"])), column.node, ("literal", draw(wanted))


def _comparable(node, columns):
    """The literals that a number may be compared with: those of its public domain where it has one."""
    domain = () if node[0] == "literal" else public_values(node, columns)
    return st.sampled_from(sorted(domain)) if domain else st.integers(-3, 70).map(Fraction)


def public_values(node, columns):
    """The public domain of an expression, empty where it has none."""
    held = next((known for known in columns if known.node == node), None)
    name, *parts = node
    if held or name == "column":
        return tuple(map(_plain, held.values))
    if name == "aggregate":
        return public_values(parts[1][0], columns) if parts[0] in ("min", "max", "arg_min", "arg_max") else ()
    if name == "month":
        return tuple(map(Fraction, range(1, 13)))
    if name == "negative":
        return tuple(-value for value in public_values(parts[0], columns)) if _is_literal(parts[0]) else ()
    if name == "literal":
        return tuple(parts)
    branches = {
        "case": lambda: (parts[0][0][1], parts[1]),
        "coalesce": lambda: parts,
        "least": lambda: parts,
        "greatest": lambda: parts,
    }.get(name, tuple)()
    found = [public_values(branch, columns) for branch in branches]
    return tuple(dict.fromkeys(value for values in found for value in values)) if found and all(found) else ()


def _is_literal(node):
    return node[0] == "literal" or (node[0] == "negative" and _is_literal(node[1]))


def _plain(value):
    return Fraction(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _compared(draw, node, literals):
    if node[0] == "column" and draw(st.booleans()):
        low, high = draw(literals), draw(literals)
        return "between", node, ("literal", low), ("literal", high)
    return draw(st.sampled_from(["=", "<>", "<", "<=", ">", ">="])), node, ("literal", draw(literals))


@st.composite
def aggregates(draw, columns):
    """(expression, kind, step) of an aggregate over rows that have these columns."""
    keep = draw(st.one_of(st.none(), conditions(columns, 1)))
    inner, step = draw(numbers(columns, 1))
    name = draw(st.sampled_from([*AGGREGATE_SQL, "arg_max", "arg_min"]))
    if name == "count_all":
        return ("aggregate", name, (), keep, None), "number", ONE
    if name in ("count", "count_distinct", "min", "max") and columns and draw(st.booleans()):
        column = draw(st.sampled_from(columns))
        kind = column.kind if name in ("min", "max") else "number"
        return ("aggregate", name, (column.node,), keep, None), kind, column.step if name in ("min", "max") else ONE
    if name in ("bool_or", "bool_and", "count_if"):
        node = ("aggregate", name, (draw(conditions(columns, 1)),), keep, None)
        return node, "number" if name == "count_if" else "flag", ONE
    if name in ("arg_max", "arg_min"):
        dates, held = of(columns, "date"), of(columns, "number")
        if held:
            column = draw(st.sampled_from(held))
            inner, step = column.node, column.step
        order = draw(st.sampled_from(dates)).node if dates else draw(numbers(columns, 0))[0]
        return ("aggregate", name, (inner, order), keep, None), "number", step
    counted = name in ("count", "count_distinct")
    return ("aggregate", name, (inner,), keep, step), "number", ONE if counted else step


def _fixing(alias, number):
    return "=", ("column", alias, "measurement_concept_id"), ("literal", Fraction(number))


def _both(left, right):
    if left is None or right is None:
        return left if right is None else right
    return "and", left, right


@st.composite
def _event_item(draw, alias):
    """An event table with its columns and the condition that fixes its concept (or None)."""
    table = draw(st.sampled_from(EVENTS))
    fixed = draw(st.sampled_from([*CONCEPTS, None])) if table == "measurement" else None
    return {"alias": alias, "table": table}, list(table_columns(alias, table, fixed)), fixed and _fixing(alias, fixed)


@st.composite
def grouped(draw, prefix=""):
    """A grouped query over person and one or two event tables, or over event tables alone; (query, {name: Known})."""
    with_person = draw(st.booleans())
    item, columns, condition = draw(_event_item(f"{prefix}e"))
    person = list(table_columns(f"{prefix}p", "person")) if with_person else []
    left = with_person and draw(st.booleans())
    start = {"alias": f"{prefix}p", "table": "person"} if with_person else item
    joins = [{"left": left, "item": item, "on": condition}] if with_person else []
    where = None if with_person else condition
    if draw(st.integers(0, 3)) == 0:
        second, others, fix = draw(_event_item(f"{prefix}f"))
        also = draw(st.booleans())
        # a measured value of the first table has its unit in ON only where it was fixed there, not in WHERE
        known = columns if with_person else [column for column in columns if column.node[2] != "value_as_number"]
        on = _both(fix, draw(st.one_of(st.none(), conditions(known + others, 1))))
        joins.append({"left": also, "item": second, "on": on})
        columns = columns + others
    columns = columns + person
    where = _both(where, draw(st.one_of(st.none(), conditions(columns, 1))))
    made = [draw(aggregates(columns)) for _ in range(draw(st.integers(1, 3)))]
    known = [Known(node, kind, step, public_values(node, columns)) for node, kind, step in made] + person
    selected, found = _selected(draw, known, made)
    having = draw(st.one_of(st.none(), conditions([k for k in known if k.kind != "code"], 1)))
    query = {"from": start, "joins": joins, "where": where, "grouped": True, "having": having, "columns": selected}
    return query, found


def _selected(draw, known, made):
    """The columns of SELECT, and what each is known to be."""
    selected = {f"a{i}": node for i, (node, _, _) in enumerate(made)}
    kinds = {f"a{i}": (kind, step) for i, (_, kind, step) in enumerate(made)}
    node, step = draw(numbers(known, 1))
    selected["n"], kinds["n"] = node, ("number", step)
    selected["c"], kinds["c"] = draw(conditions(known, 1)), ("flag", ONE)
    for column in draw(st.lists(st.sampled_from(known), max_size=2)) if known else ():
        name = f"k{len(selected)}"
        selected[name], kinds[name] = column.node, (column.kind, column.step)
    return selected, {
        name: Known(selected[name], kind, step, public_values(selected[name], known) if kind != "flag" else ())
        for name, (kind, step) in kinds.items()
    }


@st.composite
def layered(draw):
    """person, left- or inner-joined to one or two grouped queries; (query, {name: Known})."""
    columns = list(table_columns("p", "person"))
    joins = []
    for number in range(draw(st.integers(1, 2))):
        alias = f"d{number}"
        query, given = draw(grouped(prefix=f"q{number}"))
        columns += [replace(known, node=("column", alias, name)) for name, known in given.items()]
        joins.append({"left": draw(st.booleans()), "item": {"alias": alias, "query": query}, "on": None})
        if draw(st.booleans()):
            joins[-1]["on"] = draw(conditions(columns, 1))
    where = draw(st.one_of(st.none(), conditions(columns, 1)))
    selected, found = _selected(draw, columns, [])
    start = {"alias": "p", "table": "person"}
    return {"from": start, "joins": joins, "where": where, "grouped": False, "having": None, "columns": selected}, found


def queries():
    """(query, {name: Known}) of a query that should be accepted, with what its columns should be."""
    return st.one_of(grouped(), layered())
