"""How a person view is refused: a code per clause, a sentence naming the clause, what to write instead."""

from typing import NoReturn

from workspaces.catalogue.errors import Invalid

NEXT = {
    "syntax": "Write one SELECT statement in DuckDB's SQL.",
    "statement": "Write one SELECT statement and nothing else.",
    "not_allowed": "Use columns, counts, sums, dates and conditions from the list of allowed functions.",
    "function": (
        "Use count, min, max, sum, avg, bool_or, bool_and, count_if, arg_max, arg_min, first or last (x ORDER BY d), "
        "any_value, list_contains, coalesce, nullif, if, case, least, greatest, abs, year, quarter, month, day, "
        "date_diff or in_code_list."
    ),
    "star": "Name each column, or write * or t.* in a query without DISTINCT, QUALIFY, UNION or several windows.",
    "distinct": "Write SELECT DISTINCT, DISTINCT ON (person_id) or count(DISTINCT …), or group by person_id.",
    "limit": "Leave LIMIT and OFFSET out, or write DISTINCT ON (person_id) … ORDER BY person_id, date DESC.",
    "order": "Leave ORDER BY out; for the latest value use arg_max(value, date) or last(value ORDER BY date).",
    "window": (
        "Write row_number, rank, dense_rank, lag, lead, first_value, count, sum, min, max or avg OVER (PARTITION BY "
        "person_id … ORDER BY …) in SELECT or QUALIFY of a query that is not grouped."
    ),
    "set_operation": "Put UNION ALL into FROM or WITH, with the same columns in each part, and group by person_id.",
    "subquery": (
        "Write EXISTS (SELECT 1 FROM t WHERE t.person_id = p.person_id AND …), (SELECT max(t.date) FROM t WHERE "
        "t.person_id = p.person_id) or p.person_id IN (SELECT person_id …); or put it into WITH and join it on "
        "person_id."
    ),
    "table": "Name a table of the grant, or a query from WITH.",
    "with": "Write WITH name AS (SELECT …), neither recursive nor with a column list.",
    "join": (
        "Write JOIN, LEFT JOIN, SEMI JOIN or ANTI JOIN … ON right.person_id = left.person_id, first the table that is "
        "always there."
    ),
    "group": "Group by person_id, and by columns that are the same in all rows of a person.",
    "person_key": "Join on person_id, group by it and select it as person_id; use it nowhere else.",
    "name": "Use a name of lower-case letters, digits and underscores, a letter first, at most 40; each once.",
    "column": "Name a column of a table in FROM, with its table where two have it.",
    "cast": (
        "Leave the cast out; columns have the type the catalogue gives them. DATE '2020-01-31' and a condition cast to "
        "INTEGER are allowed."
    ),
    "type": "Compare and combine values of the same type.",
    "unit": "Fix one concept, for example WHERE measurement_concept_id = 3004249, so that the value has one unit.",
    "grid": "Use a number on the grid of the column.",
    "range": "Use smaller numbers or fewer products and sums.",
    "domain": "Use a value of the column's public domain.",
    "literal": "Use a number, plain text, TRUE, FALSE or DATE '2020-01-31'.",
    "code_list": "Name a published code list of that column, for example 'hypertension/1'.",
    "aggregate": "Use aggregates once, in SELECT or HAVING of a query grouped by person_id.",
    "size": "Write a shorter view.",
    "not_granted": "Ask for an amendment of the grant, or use what it holds.",
}


def refuse(code: str, sentence: str, next_step: str | None = None) -> NoReturn:
    """Raises Invalid(`view:<code>`); the sentence names clauses and columns, never values."""
    raise Invalid(f"view:{code}", sentence, next_step or NEXT[code])
