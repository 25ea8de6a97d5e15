"""A person view as loops over dictionaries: what a form or a query means, person by person, in exact fractions.

Expressions are tuples, the operator first; NULL is None and conditions know three truths. Numbers are in the unit of
their column, not in steps of a grid. A query is a dictionary: from, joins, where, grouped, having, columns.
"""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import floor, isfinite

from workspaces.catalogue.code_lists import CODE_LISTS
from workspaces.catalogue.columns import Type
from workspaces.catalogue.concepts import concept
from workspaces.catalogue.tables import TABLES


def view(query, world):
    """{person: {column: value}} of a query that has one row per person."""
    found = {}
    for person in sorted({row["person_id"] for rows in world.values() for row in rows} - {None}):
        rows = answer(query, world, person)
        assert len(rows) <= 1, "one row per person"
        for row in rows:
            found[person] = row
    return found


def form_view(form, world):
    """{person: {column: value}} of a typed form: everybody in `person` who meets its conditions."""
    found = {}
    for person in read("person", world):
        events = {
            name: [row for row in read(name, world) if row["person_id"] == person["person_id"]] for name in TABLES
        }
        row = {column["name"]: _form_column(column, person, events) for column in form["columns"]}
        if all(_meets(condition, {**person, **row}) for condition in form.get("where", [])):
            found[person["person_id"]] = row
    return found


def _form_column(column, person, events):
    if "person" in column:
        return person[column["person"]]
    kind, asked = next((kind, asked) for kind, asked in column.items() if kind != "name")
    rows = [
        row for row in events[asked["table"]] if all(_meets(condition, row) for condition in asked.get("where", []))
    ]
    if kind in ("exists", "count"):
        return bool(rows) if kind == "exists" else len(rows)
    if kind in ("latest", "earliest"):
        dated = [(row[asked["date"]], row[asked["value"]]) for row in rows]
        dated = [pair for pair in dated if None not in pair]
        pick = max if kind == "latest" else min
        return pick(dated)[1] if dated else None
    values = [row[asked["value"]] for row in rows if row[asked["value"]] is not None]
    if not values:
        return None
    return _rounded_mean(values, _step(asked)) if kind == "mean" else {"min": min, "max": max}[kind](values)


def _step(asked):
    """The grid step of the one concept whose values are asked for."""
    fixed = next(each["is"] for each in asked["where"] if each["column"] == "measurement_concept_id")
    return concept(fixed).grid.step


def _meets(condition, row):
    value = row[condition["column"]]
    if value is None:
        return False
    if "in_code_list" in condition:
        return value in CODE_LISTS[condition["in_code_list"]].concept_ids
    if "is" in condition or "in" in condition:
        return value in [_like(wanted, value) for wanted in condition.get("in", [condition.get("is")])]
    low, high = (_like(condition.get(end), value) for end in ("from", "to"))
    return (low is None or low <= value) and (high is None or value <= high)


def _like(wanted, value):
    return date.fromisoformat(wanted) if isinstance(value, date) and wanted is not None else wanted


def read(table, world):
    """Clean rows of a table: out of type, domain ends or grid is not known; tables of one row per person keep one."""
    declared = TABLES[table]
    rows = [{column.name: _clean(column, row) for column in declared.columns} for row in world.get(table, [])]
    return [row for row in rows if row["person_id"] is not None]


def _clean(column, row):
    value = row.get(column.name)
    if value is None or column.name == "person_id":
        return value
    if column.type is Type.DATE:
        return value if date(1900, 1, 1) <= value <= date(2099, 12, 31) else None
    if column.type is Type.INTEGER:
        ends = (
            (column.grid.low, column.grid.high)
            if column.grid
            else (min(column.domain.values), max(column.domain.values))
        )
        return Fraction(value) if ends[0] <= value <= ends[1] else None
    if column.type is Type.DOUBLE:
        known = concept(row.get("measurement_concept_id"))
        return _on_grid(value, known.grid if known else None)
    return value


def _on_grid(value, grid):
    if grid is None or not isfinite(value) or not grid.low <= Fraction(value) <= grid.high:
        return None
    scaled = Decimal(value * float(1 / grid.step)).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return int(scaled) * grid.step


def answer(query, world, person):
    """The rows of a query for one person, a list of dictionaries."""
    rows = [{query["from"]["alias"]: row} for row in _item(query["from"], world, person)]
    for join in query["joins"]:
        rows = [wide for row in rows for wide in _joined(row, join, world, person)]
    rows = [row for row in rows if query["where"] is None or value(query["where"], row) is True]
    if not query["grouped"]:
        return [_row(query, row, None) for row in rows]
    if not rows or (query["having"] is not None and value(query["having"], rows[0], rows) is not True):
        return []
    return [_row(query, rows[0], rows)]


def _row(query, row, rows):
    return {name: value(expression, row, rows) for name, expression in query["columns"].items()}


def _item(item, world, person):
    if "query" in item:
        return answer(item["query"], world, person)
    return [row for row in read(item["table"], world) if row["person_id"] == person]


def _joined(row, join, world, person):
    alias = join["item"]["alias"]
    found = [{**row, alias: other} for other in _item(join["item"], world, person)]
    found = [wide for wide in found if join["on"] is None or value(join["on"], wide) is True]
    return found or ([{**row, alias: None}] if join["left"] else [])


def value(node, row, rows=None):
    """The value of an expression in a joined row; aggregates look at all `rows` of the group."""
    name, *parts = node
    if name == "column":
        held = row[parts[0]]
        return None if held is None else held[parts[1]]
    if name == "literal":
        return parts[0]
    if name == "in":
        wanted = value(parts[0], row, rows)
        return None if wanted is None else wanted in parts[1]
    if name == "aggregate":
        return _aggregate(parts, rows)
    if name == "case":
        branches, default = parts
        chosen = next((then for test, then in branches if value(test, row, rows) is True), default)
        return value(chosen, row, rows)
    return OPERATORS[name](*(value(part, row, rows) if isinstance(part, tuple) else part for part in parts))


def _aggregate(parts, rows):
    name, arguments, keep, step = parts
    kept = [row for row in rows if keep is None or value(keep, row) is True]
    if name == "count_all":
        return Fraction(len(kept))
    values = [tuple(value(argument, row) for argument in arguments) for row in kept]
    values = [known for known in values if None not in known]
    if name == "count_if":
        return Fraction(sum(known[0] for known in values))
    if name in ("count", "count_distinct"):
        return Fraction(len(values) if name == "count" else len(set(values)))
    return AGGREGATES[name](values, step) if values else None


def _rounded_mean(values, step):
    return floor(Fraction(sum(values)) / len(values) / step + Fraction(1, 2)) * step


def _last(values, _):
    return max((order, wanted) for wanted, order in values)[1]


def _first(values, _):
    return min((order, wanted) for wanted, order in values)[1]


AGGREGATES = {
    "min": lambda values, _: min(values)[0],
    "max": lambda values, _: max(values)[0],
    "sum": lambda values, _: sum(known[0] for known in values),
    "avg": lambda values, step: _rounded_mean([known[0] for known in values], step),
    "bool_or": lambda values, _: any(known[0] for known in values),
    "bool_and": lambda values, _: all(known[0] for known in values),
    "arg_max": _last,
    "arg_min": _first,
}


def _and(left, right):
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def _or(left, right):
    if left is True or right is True:
        return True
    return None if left is None or right is None else False


def _strict(function):
    return lambda *given: None if any(part is None for part in given) else function(*given)


def _known(given):
    return [part for part in given if part is not None]


def _later(day, days):
    """The date so many days later, not known outside the years 1900 to 2099."""
    ordinal = day.toordinal() + int(days)
    return (
        date.fromordinal(ordinal) if date(1900, 1, 1).toordinal() <= ordinal <= date(2099, 12, 31).toordinal() else None
    )


OPERATORS = {
    "and": _and,
    "or": _or,
    "not": _strict(lambda a: not a),
    "=": _strict(lambda a, b: a == b),
    "<>": _strict(lambda a, b: a != b),
    "<": _strict(lambda a, b: a < b),
    "<=": _strict(lambda a, b: a <= b),
    ">": _strict(lambda a, b: a > b),
    ">=": _strict(lambda a, b: a >= b),
    "between": _strict(lambda a, low, high: low <= a <= high),
    "in_code_list": _strict(lambda a, cited: a in CODE_LISTS[cited].concept_ids),
    "is_null": lambda a: a is None,
    "is_true": lambda a: a is True,
    "coalesce": lambda a, b: b if a is None else a,
    "+": _strict(lambda a, b: a + b),
    "-": _strict(lambda a, b: a - b),
    "*": _strict(lambda a, b: a * b),
    "negative": _strict(lambda a: -a),
    "year": _strict(lambda a: Fraction(a.year)),
    "month": _strict(lambda a: Fraction(a.month)),
    "day": _strict(lambda a: Fraction(a.day)),
    "days": _strict(lambda first, last: Fraction((last - first).days)),
    "months": _strict(lambda first, last: Fraction(12 * (last.year - first.year) + last.month - first.month)),
    "years": _strict(lambda first, last: Fraction(last.year - first.year)),
    "later": _strict(_later),
    "size": _strict(abs),
    "least": lambda *given: min(_known(given), default=None),
    "greatest": lambda *given: max(_known(given), default=None),
    "//": _strict(lambda a, b: Fraction(int(a / b))),
    "%": _strict(lambda a, b: a - int(a / b) * b),
}
