"""Hypothesis strategies for worlds and queries.

Queries are the dictionaries of `tests/plain/person_view.py`. Each strategy for a number gives (expression, step), the
step of the grid the prover should find.
"""

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from hypothesis import strategies as st

from tests.factories.query_text import AGGREGATE_SQL
from workspaces.catalogue.code_lists import CODE_LISTS
from workspaces.catalogue.columns import Type
from workspaces.catalogue.concepts import concept
from workspaces.catalogue.tables import TABLES

CONCEPTS = (3004249, 3038553, 3027114)
EVENTS = ("condition_occurrence", "measurement", "drug_exposure", "visit_occurrence", "social_care_event", "death")
DATES = [date(1899, 12, 31), date(1900, 1, 1), date(2099, 12, 31), date(9999, 12, 31), date(1, 1, 1)]
DAYS = st.one_of(st.none(), st.sampled_from(DATES), st.dates(date(2018, 1, 1), date(2018, 1, 4)))
LITERAL_DAYS = st.dates(date(2017, 12, 31), date(2018, 1, 5))
DOUBLES = st.one_of(
    st.none(),
    st.sampled_from(
        [float("nan"), float("inf"), float("-inf"), 1e300, -0.0, 0.5, 9.99, 10.0, 25.25, 70.0, 70.04, 260.0]
    ),
    st.integers(60, 64).map(float),
    st.floats(1, 20).map(lambda value: round(value, 2)),
)
ONE = Fraction(1)


def _cell(column):
    if column.type is Type.DATE:
        return DAYS
    if column.type is Type.DOUBLE:
        return DOUBLES
    if column.type is Type.INTEGER and column.name.startswith("measurement"):
        return st.sampled_from([*CONCEPTS, CONCEPTS[0], 7, None])
    if column.domain is not None and column.type is Type.INTEGER:
        return st.sampled_from([*column.domain.values, None, 2**62])
    if column.domain is not None:
        return st.sampled_from([*column.domain.values[:3], "elsewhere"])
    return st.sampled_from([None, 0, 1, 30, 365, 366, 1900, 1950, 2030, -(2**62), 2**62])


def _row(table):
    return st.fixed_dictionaries({c.name: _cell(c) for c in TABLES[table].columns if c.name != "person_id"})


ROWS = {table: _row(table) for table in TABLES}


@st.composite
def worlds(draw, most=4):
    """Up to `most` people with up to four rows in each table, the odd value among them."""
    numbers = draw(st.lists(st.integers(1, 50), min_size=2, max_size=most, unique=True))
    world = {}
    for table, declared in TABLES.items():
        sizes = (1, 1, 1, 0) if declared.one_row_per_person else (2, 1, 4, 0)
        held = {number: draw(st.sampled_from(sizes)) for number in numbers}
        world[table] = [
            {"person_id": number, **draw(ROWS[table])} for number, size in held.items() for _ in range(size)
        ]
    return world


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
    ways += ["sum", "product", "case", "coalesce", "negative"] if depth else []
    way = draw(st.sampled_from(ways))
    if way == "literal":
        return ("literal", Fraction(draw(st.integers(-3, 70)))), ONE
    if way == "column":
        column = draw(st.sampled_from(of(columns, "number")))
        return column.node, column.step
    if way == "part":
        first, last = (draw(st.sampled_from(of(columns, "date"))).node for _ in range(2))
        return draw(st.sampled_from([("year", first), ("month", first), ("days", first, last)])), ONE
    left, a = draw(numbers(columns, depth - 1))
    if way == "negative":
        return ("negative", left), a
    right, b = draw(numbers(columns, depth - 1))
    if way == "product":
        return ("*", left, right), a * b
    finer = min(a, b) if max(a, b) % min(a, b) == 0 else a * b
    if way == "case":
        return ("case", ((draw(conditions(columns, depth - 1)), left),), right), finer
    return ((draw(st.sampled_from("+-")) if way == "sum" else "coalesce"), left, right), finer


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
        return _compared(draw, column.node, LITERAL_DAYS)
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
    branches = {"case": lambda: (parts[0][0][1], parts[1]), "coalesce": lambda: parts}.get(name, tuple)()
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
    name = draw(st.sampled_from(sorted(AGGREGATE_SQL)))
    if name == "count_all":
        return ("aggregate", name, (), keep, None), "number", ONE
    if name in ("count", "count_distinct", "min", "max") and columns and draw(st.booleans()):
        column = draw(st.sampled_from(columns))
        kind = column.kind if name in ("min", "max") else "number"
        return ("aggregate", name, (column.node,), keep, None), kind, column.step
    if name in ("bool_or", "bool_and", "count_if"):
        node = ("aggregate", name, (draw(conditions(columns, 1)),), keep, None)
        return node, "number" if name == "count_if" else "flag", ONE
    if name in ("arg_max", "arg_min"):
        dates = of(columns, "date")
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
        on = _both(fix, draw(st.one_of(st.none(), conditions(columns + others, 1))))
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
