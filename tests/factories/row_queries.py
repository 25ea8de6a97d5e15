"""Hypothesis strategies for views over windows, and for what is made of their rows, and their SQL text.

They are the dictionaries of `tests/plain/windows.py`. What depends on the place of a row is ordered by every column
that is read, so that the text says what it means; ranks and running totals are not.
"""

# ruff: noqa: S608 (texts to be proven)

from fractions import Fraction

from hypothesis import strategies as st

from tests.factories.query_text import text
from tests.factories.view_shapes import DIABETES, EMERGENCY, HYPERTENSION, INPATIENT, SYSTOLIC


def _column(name):
    return ("column", "e", name)


def _is(name, number):
    return ("=", _column(name), ("literal", Fraction(number)))


TABLES = {  # number, day, code with its values
    "drug_exposure": (_column("days_supply"), "drug_exposure_start_date", "drug_concept_id", (1332418, 1334456)),
    "measurement": (_column("value_as_number"), "measurement_date", "measurement_concept_id", (SYSTOLIC,)),
    "condition_occurrence": (
        ("month", _column("condition_start_date")),
        *("condition_start_date", "condition_concept_id", (HYPERTENSION, DIABETES)),
    ),
    "visit_occurrence": (
        ("days", _column("visit_start_date"), _column("visit_end_date")),
        *("visit_start_date", "visit_concept_id", (INPATIENT, EMERGENCY)),
    ),
}
PLACED = ("row_number", "lag", "lead", "first_value")
FUNCTIONS = (*PLACED, "rank", "dense_rank", "count", "sum", "min", "max", "avg")


@st.composite
def windows(draw, table):
    number, day, code, values = TABLES[table]
    function = draw(st.sampled_from(FUNCTIONS))
    framed = function in FUNCTIONS[6:] and draw(st.booleans())
    keys = [number, _column(day), _column(code), *([_column("visit_end_date")] if table == "visit_occurrence" else [])]
    order = draw(st.permutations(keys))
    if function not in PLACED and not framed:
        order = order[: draw(st.integers(0 if function in FUNCTIONS[6:] else 1, 2))]
    return {
        "function": function,
        "of": number,
        "away": draw(st.integers(1, 2)),
        "keep": _is(code, draw(st.sampled_from(values))) if function in FUNCTIONS[6:] and draw(st.booleans()) else None,
        "by": draw(st.sampled_from([None, None, _column(code), ("year", _column(day))])),
        "order": [(node, draw(st.booleans())) for node in order],
        "frame": (draw(st.sampled_from([None, 0, 2])), draw(st.sampled_from([None, 0, 1]))) if framed else None,
    }


@st.composite
def row_queries(draw, most=2):
    table = draw(st.sampled_from(sorted(TABLES)))
    _, day, code, values = TABLES[table]
    fixed = _is(code, draw(st.sampled_from(values))) if table == "measurement" or draw(st.booleans()) else None
    made = {letter: draw(windows(table)) for letter in "ab"[: draw(st.integers(1, most))]}
    return {"table": table, "day": _column(day), "where": fixed, "windows": made}


@st.composite
def views(draw, shape):
    """A view of that shape, one of `tests/plain/windows.py`."""
    made = {"shape": shape, "query": draw(row_queries(2 if shape == "grouped" else 1))}
    if shape == "union":
        made |= {"other": draw(row_queries(1)), "all": draw(st.booleans())}
    if shape in ("exists", "joined", "qualified"):
        made |= {"above": Fraction(draw(st.integers(0, 100))), "not": draw(st.booleans())}
    return made | {"left": draw(st.booleans())}


def sql(made):
    """The text of a view as a researcher would write it."""
    inner = _rows(made["query"])
    totals = "sum(a) AS a, count(*) AS n, max(d) AS d"
    met = f"FROM ({inner}) AS w WHERE w.person_id = p.person_id AND w.a > {made.get('above')}"
    join = f"{'ANTI' if made.get('not') else 'SEMI'} JOIN ({inner}) AS w ON w.person_id = p.person_id"
    daily = f"SELECT person_id, d, max(a) AS a FROM ({inner}) AS w GROUP BY person_id, d"
    word = "ALL" if made.get("all") else ""
    other = _pairs(_rows(made["other"])) if "other" in made else ""
    letters = ", ".join(f"sum({letter}) AS {letter}" for letter in made["query"]["windows"])
    grouped = f"SELECT person_id, {totals} FROM ({{}}) AS w GROUP BY person_id"
    keys = "w.person_id, year(w.d), w.a"
    groups = f"SELECT w.person_id, year(w.d) AS y, w.a, count(*) AS m FROM ({inner}) AS w GROUP BY {keys}"
    return {
        "qualified": grouped.format(f"{inner} QUALIFY a > {made.get('above')}"),
        "several": f"SELECT person_id, count(*) AS n, max(m) AS most, max(y) AS y FROM ({groups}) AS g "
        "GROUP BY person_id",
        "right": f"SELECT p.person_id, p.sex, w.a, w.n, w.d FROM ({grouped.format(inner)}) AS w "
        "RIGHT JOIN person AS p ON p.person_id = w.person_id",
        "grouped": f"SELECT person_id, {letters}, count(*) AS n, max(d) AS d FROM ({inner}) AS w GROUP BY person_id",
        "union": f"SELECT person_id, {totals} FROM ({_pairs(inner)} UNION {word} {other}) AS u GROUP BY person_id",
        "distinct": f"SELECT person_id, {totals} FROM (SELECT DISTINCT person_id, a, d FROM ({inner}) AS w) AS v "
        "GROUP BY person_id",
        "exists": f"SELECT p.person_id, p.sex, {'NOT ' if made.get('not') else ''}EXISTS (SELECT 1 {met}) AS e "
        "FROM person AS p",
        "joined": f"SELECT p.person_id, p.sex FROM person AS p {join} AND w.a > {made.get('above')}",
        "asof": f"SELECT p.person_id, w.a, w.d FROM death AS p ASOF {'LEFT ' if made['left'] else ''}JOIN ({daily}) "
        "AS w ON p.person_id = w.person_id AND p.death_date >= w.d",
    }[made["shape"]]


def _pairs(inner):
    return f"SELECT person_id, a, d FROM ({inner}) AS w"


def _rows(query):
    made = ", ".join(f"{_window(each)} AS {letter}" for letter, each in query["windows"].items())
    where = f" WHERE {text(query['where'])}" if query["where"] else ""
    return f"SELECT e.person_id, {made}, {text(query['day'])} AS d FROM {query['table']} AS e{where}"


def _window(asked):
    name, of = asked["function"], text(asked["of"])
    given = {"lag": f"{of}, {asked['away']}", "lead": f"{of}, {asked['away']}", "count": "*"}.get(name, of)
    called = f"{name}({'' if name in ('row_number', 'rank', 'dense_rank') else given})"
    keep = f" FILTER (WHERE {text(asked['keep'])})" if asked["keep"] else ""
    by = "e.person_id" + (f", {text(asked['by'])}" if asked["by"] else "")
    order = ", ".join(f"{text(node)}{' DESC' if falls else ''} NULLS LAST" for node, falls in asked["order"])
    return f"{called}{keep} OVER (PARTITION BY {by}{' ORDER BY ' + order if order else ''}{_frame(asked['frame'])})"


def _frame(frame):
    if frame is None:
        return ""
    before, after = ({None: "UNBOUNDED", 0: "CURRENT ROW"}.get(each, str(each)) for each in frame)
    start = before if before == "CURRENT ROW" else f"{before} PRECEDING"
    return f" ROWS BETWEEN {start} AND {after if after == 'CURRENT ROW' else f'{after} FOLLOWING'}"
