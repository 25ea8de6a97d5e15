"""The SQL text of a query that `tests/plain/person_view.py` understands, as a researcher would write it."""

from datetime import date

AGGREGATE_SQL = {
    "count_all": "count(*)",
    "count": "count({})",
    "count_distinct": "count(DISTINCT {})",
    "count_if": "count_if({})",
    "min": "min({})",
    "max": "max({})",
    "sum": "sum({})",
    "avg": "avg({})",
    "bool_or": "bool_or({})",
    "bool_and": "bool_and({})",
    "arg_max": "arg_max({}, {})",
    "arg_min": "arg_min({}, {})",
}


def sql(query, *, key="person_id"):
    """The SQL text of a query, as a researcher would write it."""
    first = query["from"]["alias"]
    columns = ", ".join(f"{text(node)} AS {name}" for name, node in query["columns"].items())
    made = f"SELECT {first}.{key}, {columns} FROM {_item(query['from'])}"  # noqa: S608 a view to be proven, never run
    for join in query["joins"]:
        alias = join["item"]["alias"]
        on = f"{alias}.{key} = {first}.{key}" + (f" AND {text(join['on'])}" if join["on"] else "")
        made += f" {'LEFT JOIN' if join['left'] else 'JOIN'} {_item(join['item'])} ON {on}"
    made += f" WHERE {text(query['where'])}" if query["where"] else ""
    made += f" GROUP BY {first}.{key}" if query["grouped"] else ""
    return made + (f" HAVING {text(query['having'])}" if query["having"] else "")


def _item(item):
    inner = f"({sql(item['query'])})" if "query" in item else item["table"]
    return f"{inner} AS {item['alias']}"


def text(node):
    """The SQL text of an expression."""
    name, *parts = node
    if name == "column":
        return f"{parts[0]}.{parts[1]}"
    if name == "literal":
        return _literal(parts[0])
    if name == "case":
        branches = " ".join(f"WHEN {text(test)} THEN {text(then)}" for test, then in parts[0])
        return f"CASE {branches} ELSE {text(parts[1])} END"
    if name == "aggregate":
        made = AGGREGATE_SQL[parts[0]].format(*(text(argument) for argument in parts[1]))
        return made + (f" FILTER (WHERE {text(parts[2])})" if parts[2] else "")
    if name == "in":
        return f"({text(parts[0])} IN ({', '.join(_literal(value) for value in parts[1])}))"
    if name == "in_code_list":
        return f"in_code_list({text(parts[0])}, '{parts[1]}')"
    given = [text(part) for part in parts]
    return SHAPES.get(name, "({} " + name.upper() + " {})").format(*given)


SHAPES = {
    "not": "(NOT {})",
    "between": "({} BETWEEN {} AND {})",
    "is_null": "({} IS NULL)",
    "is_true": "({} IS TRUE)",
    "coalesce": "coalesce({}, {})",
    "negative": "(- {})",
    "year": "year({})",
    "month": "month({})",
    "day": "day({})",
    "days": "date_diff('day', {}, {})",
    "months": "date_diff('month', {}, {})",
    "years": "date_diff('year', {}, {})",
    "later": "({} + {})",
    "size": "abs({})",
    "least": "least({}, {})",
    "greatest": "greatest({}, {})",
}


def _literal(value):
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    return f"'{value}'" if isinstance(value, str) else str(value)
