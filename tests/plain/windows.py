"""Views over windows as loops: window functions and what is made of their rows, one person after another.

A window is a dictionary: function, of (an expression or None), away, keep (a condition or None), by (an expression or
None), order (pairs of an expression and whether it falls, NULLs last), frame (None, or rows before and after, each None
for all). Rows are those of `tests/plain/person_view.py`.
"""

from fractions import Fraction
from math import floor

from tests.plain.person_view import read, value

FIRST = {"row_number", "rank", "dense_rank", "lag", "lead", "first_value"}


def rows_of(query, world, person):
    """The rows of a query with windows: its letters and the day d."""
    rows = [{"e": row} for row in read(query["table"], world) if row["person_id"] == person]
    rows = [row for row in rows if query["where"] is None or value(query["where"], row) is True]
    columns = {letter: window(each, rows) for letter, each in query["windows"].items()}
    days = [value(query["day"], row) for row in rows]
    return [{**{letter: found[place] for letter, found in columns.items()}, "d": day} for place, day in enumerate(days)]


def window(asked, rows):
    """The value of a window function in each row."""
    found, parts = [None] * len(rows), {}
    for place, row in enumerate(rows):
        parts.setdefault(None if asked["by"] is None else value(asked["by"], row), []).append(place)
    for places in parts.values():
        ordered = _ordered(places, asked["order"], rows)
        for position, place in enumerate(ordered):
            found[place] = _called(asked, ordered, position, rows)
    return found


def _ordered(places, order, rows):
    for node, falls in reversed(order):
        known = [place for place in places if value(node, rows[place]) is not None]
        known.sort(key=lambda place, by=node: value(by, rows[place]), reverse=falls)
        places = known + [place for place in places if value(node, rows[place]) is None]
    return places


def _called(asked, ordered, position, rows):
    name = asked["function"]
    keys = [tuple(value(node, rows[place]) for node, _ in asked["order"]) for place in ordered]
    if name == "row_number":
        return Fraction(position + 1)
    if name in ("rank", "dense_rank"):
        before = keys[: keys.index(keys[position])]
        return Fraction(1 + (len(before) if name == "rank" else len(set(before))))
    if name in ("lag", "lead", "first_value"):
        there = {"lag": position - asked["away"], "lead": position + asked["away"], "first_value": 0}[name]
        return value(asked["of"], rows[ordered[there]]) if 0 <= there < len(ordered) else None
    inside = [ordered[place] for place in _frame(asked, keys, position)]
    kept = [rows[place] for place in inside if asked["keep"] is None or value(asked["keep"], rows[place]) is True]
    if name == "count":
        return Fraction(len(kept))
    values = [known for row in kept if (known := value(asked["of"], row)) is not None]
    return {"sum": sum, "min": min, "max": max, "avg": _rounded_mean}[name](values) if values else None


def _rounded_mean(values):
    """In steps of the grid, which is 1 of all that is generated here; halves upwards."""
    return Fraction(floor(sum(values) / len(values) + Fraction(1, 2)))


def _frame(asked, keys, position):
    """Positions that count: by default all without an order, else those up to the last with the same key."""
    if asked["frame"] is None:
        last = len(keys) - 1 - keys[::-1].index(keys[position]) if asked["order"] else len(keys) - 1
        return range(last + 1)
    before, after = asked["frame"]
    start = 0 if before is None else max(0, position - before)
    return range(start, len(keys) if after is None else min(len(keys), position + after + 1))


def view(made, world):
    """{person: {column: value}} of a view over windows, whatever its shape."""
    everybody = sorted({row["person_id"] for rows in world.values() for row in rows} - {None})
    found = {person: SHAPES[made["shape"]](made, world, person) for person in everybody}
    return {person: row for person, row in found.items() if row is not None}


def _totals(rows, columns="a"):
    if not rows:
        return None
    known = {letter: [row[letter] for row in rows if row[letter] is not None] for letter in columns}
    sums = {letter: sum(values) if values else None for letter, values in known.items()}
    return sums | {"n": Fraction(len(rows)), "d": max((row["d"] for row in rows if row["d"] is not None), default=None)}


def _grouped(made, world, person):
    return _totals(rows_of(made["query"], world, person), made["query"]["windows"])


def _pairs(query, world, person):
    return [{"a": row["a"], "d": row["d"]} for row in rows_of(query, world, person)]


def _once(rows):
    return [dict(row) for row in {tuple(row.items()) for row in rows}]


def _union(made, world, person):
    both = _pairs(made["query"], world, person) + _pairs(made["other"], world, person)
    return _totals(both if made["all"] else _once(both))


def _distinct(made, world, person):
    return _totals(_once(_pairs(made["query"], world, person)))


def _qualified(made, world, person):
    """Rows whose first window is above a number."""
    rows = rows_of(made["query"], world, person)
    return _totals([row for row in rows if row["a"] is not None and row["a"] > made["above"]])


def _several(made, world, person):
    """Groups of a person by year and value: how many, the most rows of one, the last of their years."""
    groups = {}
    for row in _pairs(made["query"], world, person):
        key = (None if row["d"] is None else row["d"].year, row["a"])
        groups[key] = groups.get(key, 0) + 1
    if not groups:
        return None
    years = [Fraction(year) for year, _ in groups if year is not None]
    return {"n": Fraction(len(groups)), "most": Fraction(max(groups.values())), "y": max(years, default=None)}


def _right(made, world, person):
    """Everybody in `person`, with the totals of their rows where there are some."""
    own = _person(world, person)
    nothing = {"a": None, "n": None, "d": None}
    return own and {"sex": own["sex"]} | (_totals(rows_of(made["query"], world, person)) or nothing)


def _met(made, world, person):
    return any(row["a"] is not None and row["a"] > made["above"] for row in rows_of(made["query"], world, person))


def _person(world, person):
    return next((row for row in read("person", world) if row["person_id"] == person), None)


def _exists(made, world, person):
    own = _person(world, person)
    return own and {"sex": own["sex"], "e": _met(made, world, person) != made["not"]}


def _joined(made, world, person):
    own = _person(world, person)
    return {"sex": own["sex"]} if own and _met(made, world, person) != made["not"] else None


def _asof(made, world, person):
    """The last day on or before the death that has rows, and the largest a of that day."""
    own = next((row for row in read("death", world) if row["person_id"] == person), None)
    if own is None:
        return None
    rows = [row for row in _pairs(made["query"], world, person) if None not in (row["d"], own["death_date"])]
    before = [row["d"] for row in rows if row["d"] <= own["death_date"]]
    if not before:
        return {"a": None, "d": None} if made["left"] else None
    return {
        "a": max((row["a"] for row in rows if row["d"] == max(before) and row["a"] is not None), default=None),
        "d": max(before),
    }


SHAPES = {
    "grouped": _grouped,
    "qualified": _qualified,
    "several": _several,
    "right": _right,
    "union": _union,
    "distinct": _distinct,
    "exists": _exists,
    "joined": _joined,
    "asof": _asof,
}
