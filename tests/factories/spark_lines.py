"""One expression or query for each line of the writer for Spark, over a table of odd values. Written in DuckDB's SQL."""

# ruff: noqa: E501 (texts to be compared)

from datetime import date
from itertools import cycle, islice

import sqlglot
from sqlglot import exp

INTEGERS = [None, 0, 1, -1, 7, -7, 2**52, -(2**52), 100]
DOUBLES = [
    None,
    0.0,
    -0.0,
    0.5,
    1.5,
    2.5,
    -2.5,
    0.49999999999999994,
    1e300,
    float("inf"),
    float("-inf"),
    float("nan"),
    70.04,
]
DATES = [
    None,
    date(1899, 12, 31),
    date(1900, 1, 1),
    date(2000, 2, 29),
    date(2099, 12, 31),
    date(9999, 12, 31),
    date(1, 1, 1),
]
TEXTS = [None, "a", "A", "é", "it's", "a\\b", "", "Z", " a"]
FLAGS = [None, True, False]
KINDS = {
    "i": "BIGINT",
    "j": "BIGINT",
    "x": "DOUBLE",
    "d": "DATE",
    "e": "DATE",
    "t": "VARCHAR",
    "b": "BOOLEAN",
    "g": "BIGINT",
}
COUNT = 90

ROWS_BY_ROW = {
    "literals": ["i = 7", "t = 'it''s'", r"t = 'a\b'", "x > CAST(0.5 AS DOUBLE)"],
    "null and flags": ["i IS NULL", "b IS TRUE", "b IS FALSE", "CASE WHEN TRUE THEN NULL ELSE i END", "CASE WHEN FALSE THEN 1 END"],
    "and, or, not": ["b AND i > 0", "b OR i > 0", "NOT b", "NOT (b AND i IS NULL)"],
    "comparisons": ["i = j", "i <> j", "i < j", "i <= j", "i > j", "i >= j", "d < e", "d >= e", "t = 'a'", "x > 1", "b = (i > 0)"],
    "between": ["i BETWEEN -7 AND 7", "x BETWEEN CAST(0 AS DOUBLE) AND CAST(70 AS DOUBLE)", "d BETWEEN CAST('1900-01-01' AS DATE) AND e"],
    "in": ["i IN (1, 7)", "t IN ('a', 'é')", "NOT i IN (1, 7)"],
    "case": ["CASE i WHEN 1 THEN 10 WHEN 7 THEN 20 ELSE j END", "CASE WHEN b THEN i END", "CASE t WHEN 'a' THEN 0 END"],
    "coalesce": ["coalesce(i, j, 0)", "coalesce(d, e)", "coalesce(t, '')", "coalesce(b, FALSE)"],
    "least and greatest": ["least(i, j)", "greatest(i, j, 3)", "least(d, e)", "greatest(d, e)"],
    "nullif": ["nullif(i, 0)"],
    "sums and products": ["(i + j)", "(i - j)", "(-7 + i)", "(i * 3)", "-(i)"],
    "whole division": ["i // 7", "-7 // 2", "i // nullif(j, 0)", "(i + 1) // 2"],
    "rest": ["i % 7", "i % nullif(j, 0)", "-7 % 2"],
    "division and rounding": ["TRY_CAST(round(x * CAST(10 AS DOUBLE)) AS BIGINT)", "TRY_CAST(round(x / CAST(5 AS DOUBLE)) AS BIGINT)",
                              "TRY_CAST(round(x) AS BIGINT)"],
    "absolute": ["abs(i)", "abs(i - 100)"],
    "casts": ["CAST(b AS BIGINT)", "TRY_CAST(i AS BIGINT)", "TRY_CAST(d AS DATE)", "TRY_CAST(t AS TEXT)", "TRY_CAST(b AS BOOLEAN)",
              "CAST(CAST(least(greatest(i, -9), 9) AS INT) AS BIGINT)"],
    "parts of dates": ["CAST(year(d) AS BIGINT)", "CAST(quarter(d) AS BIGINT)", "CAST(month(d) AS BIGINT)", "CAST(day(d) AS BIGINT)"],
    "days between": ["CAST(date_diff('day', d, e) AS BIGINT)", "CAST(date_diff('day', e, d) AS BIGINT)"],
    "dates and days": ["CASE WHEN d BETWEEN CAST('1890-01-01' AS DATE) AND CAST('2100-01-01' AS DATE) THEN (d + CAST(30 AS INT)) END",
                       "CASE WHEN d BETWEEN CAST('1890-01-01' AS DATE) AND CAST('2100-01-01' AS DATE) THEN (d - CAST(400 AS INT)) END"],
    "dates and months": [f"CASE WHEN {each} BETWEEN CAST('1890-01-01' AS DATE) AND CAST('2100-01-01' AS DATE) "
                         f"THEN CAST({each} {sign} INTERVAL '{months}' MONTH AS DATE) END"
                         for each in "de" for sign in "+-" for months in (1, 11, 12, 1200)],
}  # fmt: skip
GROUPED = {
    "count": ["count(*)", "count(i)", "count(DISTINCT i)", "count(DISTINCT t)", "count(CASE WHEN b THEN 1 END)"],
    "sum": ["CAST(sum(i) AS BIGINT)", "CAST(sum(CASE WHEN b THEN j ELSE 0 END) AS BIGINT)"],
    "min and max": ["min(i)", "max(i)", "min(d)", "max(d)", "min(t)", "max(t)", "min(b)", "max(b)"],
    "bool_or and bool_and": ["bool_or(b)", "bool_and(b)", "bool_or(TRUE)"],
    "the largest pair": [
        "struct_extract(max(CASE WHEN NOT d IS NULL AND NOT i IS NULL THEN {'o': d, 'v': i} END), 'v')",
        "struct_extract(min(CASE WHEN NOT e IS NULL AND NOT t IS NULL THEN {'o': e, 'v': t} END), 'v')",
        "struct_extract(max(CASE WHEN NOT i IS NULL AND NOT b IS NULL THEN {'o': i, 'v': b} END), 'v')",
    ],
}
_ORDER = "PARTITION BY g ORDER BY d DESC NULLS LAST, id NULLS FIRST"
WINDOWS = {
    "row_number": [f"row_number() OVER ({_ORDER})"],
    "rank": ["rank() OVER (PARTITION BY g ORDER BY i NULLS LAST)", "dense_rank() OVER (PARTITION BY g ORDER BY t NULLS FIRST)"],
    "lag and lead": [f"lag(i) OVER ({_ORDER})", f"lead(d, 2) OVER ({_ORDER})", f"lag(t, 3) OVER ({_ORDER})"],
    "first_value": [f"first_value(i) OVER ({_ORDER} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"],
    "running": [
        "CAST(sum(i) OVER (PARTITION BY g ORDER BY d NULLS LAST RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT)",
        f"CAST(sum(i) OVER ({_ORDER} ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS BIGINT)",
        f"count(*) OVER ({_ORDER} ROWS BETWEEN CURRENT ROW AND 3 FOLLOWING)",
        f"max(i) OVER ({_ORDER} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)",
        f"count(*) OVER ({_ORDER} ROWS BETWEEN 3 PRECEDING AND 2 PRECEDING)",
        f"min(i) OVER ({_ORDER} ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING)",
        "max(i) OVER (PARTITION BY g)",
    ],
}  # fmt: skip
QUERIES = {
    "with, joins, having": 'WITH a AS (SELECT g, count(*) AS n FROM odd AS o WHERE b GROUP BY g HAVING count(*) > 1) '
    "SELECT DISTINCT o.g, a.n, s.m FROM odd AS o LEFT JOIN a AS a ON a.g = o.g "
    "JOIN (SELECT g, max(i) AS m FROM odd AS q GROUP BY g) AS s ON s.g = o.g WHERE o.g IN (SELECT g FROM a)",
    "union all": "SELECT u.id AS id FROM odd AS u UNION ALL SELECT v.g AS id FROM odd AS v UNION ALL SELECT 5 AS id FROM odd AS w",
    "a row number in any order": "SELECT p.n, count(*) AS rows FROM (SELECT row_number() OVER (PARTITION BY g) AS n FROM odd AS o) "
    "AS p GROUP BY p.n",
    "star": "SELECT * FROM (SELECT id, i FROM odd AS o) AS p",
}  # fmt: skip


def rows():
    """id and one value of each kind; no kind's values repeat in step with another's."""
    lists = (INTEGERS, [*INTEGERS[::-1], 3], DOUBLES, DATES, [*DATES[::-1], date(2020, 3, 31)], TEXTS, FLAGS, range(23))
    columns = [islice(cycle(list(each) + [each[0]] * place), COUNT) for place, each in enumerate(lists)]
    return [(number, *values) for number, values in enumerate(zip(*columns, strict=True), start=1)]


def tree(text):
    """The text as the prover writes it: functions that have one spelling only."""
    made = sqlglot.parse_one(text, dialect="duckdb")
    return made.transform(_spelled)


def _spelled(node):
    if isinstance(node, exp.Year | exp.Quarter | exp.Month | exp.Day):
        return exp.Anonymous(this=type(node).__name__.lower(), expressions=[node.this])
    if isinstance(node, exp.DateDiff):
        return exp.Anonymous(this="date_diff", expressions=[exp.Literal.string("day"), node.expression, node.this])
    if isinstance(node, exp.StructExtract):
        return exp.Anonymous(this="struct_extract", expressions=[node.this, node.expression])
    for marked in ("safe", "typed"):  # how the parser says that DuckDB divides and casts in its own way
        node.args.pop(marked, None)
    return node


def selects():
    """(name of the line, its columns, one query) for each: some 40 expressions share a query."""
    found = []
    for lines, shape in (
        (ROWS_BY_ROW, "SELECT o.id AS id, {} FROM odd AS o"),
        (GROUPED, "SELECT o.g AS id, {} FROM odd AS o GROUP BY o.g"),
        (WINDOWS, "SELECT o.id AS id, {} FROM odd AS o"),
    ):
        named = [(name, text) for name, texts in lines.items() for text in texts]
        columns = ", ".join(f"{text} AS c{place}" for place, (_, text) in enumerate(named))
        found.append(([name for name, _ in named], tree(shape.format(columns))))
    return found + [([name], tree(text)) for name, text in QUERIES.items()]
