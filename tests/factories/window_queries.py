"""Hypothesis strategies for SQL with windows, unions, EXISTS, ASOF and groups of several keys, over tables full of ties."""

# ruff: noqa: E501, S608 (texts to be proven)

from hypothesis import strategies as st

from tests.factories.view_shapes import EMERGENCY, HYPERTENSION, INPATIENT, SYSTOLIC

# table, condition, numbers, dates, codes with their values
TABLES = {
    "visit_occurrence": (None, ("visit_end_date - visit_start_date",), ("visit_start_date", "visit_end_date"),
                         ("visit_concept_id", (INPATIENT, EMERGENCY))),
    "drug_exposure": (None, ("days_supply", "days_supply // 7", "year(drug_exposure_start_date)"), ("drug_exposure_start_date",),
                      ("drug_concept_id", (1332418, 1334456))),
    "measurement": (f"measurement_concept_id = {SYSTOLIC}", ("value_as_number", "value_as_number * 2 - 7"), ("measurement_date",),
                    ("measurement_concept_id", (SYSTOLIC,))),
    "condition_occurrence": (None, ("month(condition_start_date)",), ("condition_start_date",),
                             ("condition_concept_id", (HYPERTENSION, 201826))),
}  # fmt: skip


def _one(draw, *given):
    return draw(st.sampled_from(given))


def _over(draw, table):
    _, numbers, dates, (code, _) = TABLES[table]
    by = _one(draw, "person_id", "person_id", f"person_id, {code}", f"person_id, year({dates[0]})")
    order = draw(st.lists(st.sampled_from([*numbers, *dates, code]), max_size=2, unique=True))
    made = ", ".join(each + _one(draw, "", " DESC", " NULLS FIRST", " DESC NULLS FIRST") for each in order)
    return f"PARTITION BY {by}" + (f" ORDER BY {made}" if made else ""), bool(made)


def _frame(draw):
    start = _one(draw, "UNBOUNDED PRECEDING", "2 PRECEDING", "CURRENT ROW")
    end = _one(draw, "CURRENT ROW", "1 FOLLOWING", "UNBOUNDED FOLLOWING")
    apart = _one(
        draw, "3 PRECEDING AND 1 PRECEDING", "UNBOUNDED PRECEDING AND 1 PRECEDING", "1 FOLLOWING AND 2 FOLLOWING"
    )
    return f" ROWS BETWEEN {_one(draw, f'{start} AND {end}', f'{start} AND {end}', apart)}"


def _window(draw, table):
    """A window function and whether it yields a number."""
    _, numbers, dates, (code, values) = TABLES[table]
    over, ordered = _over(draw, table)
    number = _one(draw, *numbers)
    kind = _one(draw, "place", "neighbour", "sum")
    if kind == "place":
        called = _one(draw, "row_number()", *(("rank()", "dense_rank()") if ordered else ()))
        return f"{called} OVER ({over})"
    if kind == "neighbour":
        value = _one(draw, number, f"date_diff('day', DATE '2019-01-07', {dates[0]})")
        called = _one(draw, f"lag({value})", f"lead({value}, 2)", f"first_value({value})")
        return f"{called} OVER ({over})"
    called = _one(
        draw,
        "count(*)",
        f"sum({number})",
        f"min({number})",
        f"max({number})",
        f"avg({number})",
        f"count_if({number} > 100)",
    )
    keep = f" FILTER (WHERE {code} = {_one(draw, *values)})" if draw(st.booleans()) else ""
    return f"{called}{keep} OVER ({over}{_frame(draw) if draw(st.booleans()) else ''})"


@st.composite
def windowed(draw):
    """(a query with columns person_id, a, b … and d, its letters)"""
    table = _one(draw, *TABLES)
    fixed, _, dates, (code, values) = TABLES[table]
    letters = "abc"[: draw(st.integers(1, 3))]
    columns = ", ".join(f"{_window(draw, table)} AS {letter}" for letter in letters)
    tests = [test for test in (fixed, f"{code} = {_one(draw, *values)}" if draw(st.booleans()) else None) if test]
    where = f" WHERE {' AND '.join(tests)}" if tests else ""
    return f"SELECT person_id, {columns}, {dates[0]} AS d FROM {table}{where}", letters


@st.composite
def texts(draw):
    """A person view over windows in one of several shapes."""
    inner, letters = draw(windowed())
    total = ", ".join(f"{_one(draw, 'max', 'min', 'sum', 'count', 'avg')}({letter}) AS {letter}" for letter in letters)
    shape = _one(draw, "grouped", "numbered", "qualified", "union", "distinct", "exists", "asof", "keys")
    if shape == "numbered":
        rank = "row_number() OVER (PARTITION BY person_id ORDER BY d, a) AS n"
        return f"SELECT person_id, a, d FROM (SELECT *, {rank} FROM ({inner}) AS w) AS v WHERE n = {draw(st.integers(1, 3))}"
    if shape == "qualified":
        order = _one(draw, "a", "d DESC", "a DESC, d")
        return f"SELECT person_id, a, d FROM ({inner}) AS w QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY {order}) = 1"
    if shape == "union":
        other, _ = draw(windowed())
        both = f"SELECT person_id, a, d FROM ({inner}) AS w UNION {_one(draw, '', 'ALL ')}SELECT person_id, a, d FROM ({other}) AS v"
        return f"SELECT person_id, sum(a) AS s, count(*) AS n, max(d) AS d FROM ({both}) AS u GROUP BY person_id"
    if shape == "distinct":
        return f"SELECT person_id, count(*) AS n, sum(a) AS s FROM (SELECT DISTINCT person_id, a, d FROM ({inner}) AS w) AS v GROUP BY 1"
    if shape == "exists":
        found = f"EXISTS (SELECT 1 FROM ({inner}) AS w WHERE w.person_id = p.person_id AND w.a > {draw(st.integers(0, 150))})"
        return f"SELECT p.person_id, p.sex, {_one(draw, '', 'NOT ')}{found} AS e FROM person p"
    if shape == "asof":
        sign = _one(draw, ">=", ">", "<=", "<")
        return f"SELECT e.person_id, w.a, w.d FROM death e ASOF {_one(draw, '', 'LEFT ')}JOIN ({inner}) AS w ON e.person_id = w.person_id AND e.death_date {sign} w.d"
    if shape == "keys":
        grouped = f"SELECT person_id, a, count(*) AS n, max(d) AS d FROM ({inner}) AS w GROUP BY person_id, a"
        return f"SELECT person_id, max(n) AS n, arg_max(a, d) AS a, arg_min(n, d) AS m FROM ({grouped}) AS g GROUP BY person_id"
    return f"SELECT person_id, {total} FROM ({inner}) AS w GROUP BY person_id"
