"""Each rule of the proof switched off in turn: a case that is refused or holds with the rule does harm without it.

Harm is a failure on some data, a second row of a person, somebody's row that changes when another person leaves, when
rows are stored in another order or people numbered otherwise, or a number outside the ends that the view states.
"""

# ruff: noqa: E501, S608 (a table of texts that become canonical SQL first)

from dataclasses import replace
from datetime import date
from fractions import Fraction
from importlib import import_module

import duckdb
import pytest
from sqlglot import exp

from disclosure.person_view import aggregates, expressions, functions, sql, windows
from disclosure.person_view.relations import joins, scope, selects, tables, unions
from disclosure.person_view.relations.scope import Scope
from disclosure.person_view.values import Scale, Value
from tests.factories.harm import harm
from tests.factories.worlds import Tables, proven
from workspaces.catalogue.columns import Type
from workspaces.catalogue.errors import Invalid

BMI, EGFR, SYSTOLIC = 3038553, 3049187, 3004249
MONDAY, LATER = date(2020, 1, 6), date(2020, 2, 3)


def measured(who, concept, day, *values):
    return [
        {"person_id": who, "measurement_concept_id": concept, "measurement_date": day, "value_as_number": value}
        for value in values
    ]


WORLD = {
    "person": [
        {"person_id": who, "sex": sex, "year_of_birth": year}
        for who, sex, year in ((1, "male", 1950), (2, "female", 1950), (3, "male", 1960), (4, "female", 2**62), (None, "male", 1970))
    ],
    "death": [{"person_id": 2, "death_date": LATER}, {"person_id": 3, "death_date": MONDAY}],
    "measurement": [
        *measured(1, SYSTOLIC, MONDAY, 120.0, 140.0, 130.0, 90.0),
        *measured(2, SYSTOLIC, MONDAY, 1e16, 1.0, -1e16, 1.0),
        *measured(3, SYSTOLIC, LATER, 150.0, 110.0),
        *measured(3, SYSTOLIC, MONDAY, 100.0),
        *measured(4, BMI, MONDAY, 70.0),
        *measured(4, EGFR, MONDAY, 150.0),
    ],
}  # fmt: skip
SEVEN = " * ".join(["m.value_as_number"] * 7)
ONE = f"FROM measurement WHERE measurement_concept_id = {SYSTOLIC}"


def off(target, name, instead):
    return lambda patch: patch.setattr(target, name, instead)


def around(target, name, change):
    """What the function returns, changed."""
    kept = getattr(target, name)
    return off(target, name, lambda *given, **named: change(kept(*given, **named), *given))


def untied(result, *_):
    result[1].args["joins"][-1].set("on", exp.true())
    return result


def always_there(result, *_):
    wide, written = result
    return replace(wide, sources=(*wide.sources[:-1], replace(wide.sources[-1], optional=False))), written


def everybody(select, *_):
    select.set("where", None)
    return select


def naive_arg(node, rows):
    value, order = rows.value(node.this), rows.value(node.expression)
    return replace(value, sql=type(node)(this=value.sql, expression=order.sql))


def naive_division(node, scope_):
    parts = [expressions.scalar(part, scope_) for part in (node.this, node.expression)]
    return Value(type(node)(this=parts[0].sql, expression=parts[1].sql), Type.INTEGER, Scale(Fraction(1), -3000, 3000))


def naive_cast(node, scope_):
    value = expressions.scalar(node.this, scope_)
    return Value(exp.cast(value.sql, node.to), Type.INTEGER, Scale(Fraction(1), -3000, 3000))


def chance(patch):
    patch.setitem(sql.CORE, exp.Rand, ())
    patch.setitem(sql.SUGAR, exp.Rand, ())
    drawn = exp.cast(exp.Mul(this=exp.Rand(), expression=exp.Literal.number(1000)), "BIGINT")
    patch.setitem(
        expressions._READERS, exp.Rand, lambda *_: Value(drawn.copy(), Type.INTEGER, Scale(Fraction(1), 0, 1000))
    )


def key_as_value(patch):
    patch.setattr(scope, "PERSON_ID", "nobody")
    patch.setattr(scope, "scale", lambda column: None if column.name == "person_id" else tables.scale(column))


RULES = {
    "one row for each person": (
        around(selects, "_relation", lambda found, *_: replace(found, keyed=True)),
        f"SELECT person_id, measurement_date AS d {ONE}",
    ),
    "a group of more than the person has several rows": (
        lambda patch: patch.setattr(
            selects, "_relation", lambda s, at, c, _, kept=selects._relation: kept(s, at, c, True)
        ),
        f"SELECT person_id, measurement_date AS d, count(*) AS n {ONE} GROUP BY person_id, measurement_date",
    ),
    "joins are tied by the person": (
        around(joins, "_join", untied),
        "SELECT p.person_id, count(*) AS n FROM person p JOIN measurement m ON m.person_id = p.person_id GROUP BY p.person_id",
    ),
    "the key of a left-joined table may be missing": (
        around(joins, "_join", always_there),
        "SELECT d.person_id, p.sex FROM person p LEFT JOIN death d ON d.person_id = p.person_id",
    ),
    "nobody is without a key": (
        around(import_module("disclosure.person_view.prove"), "read", everybody),
        "SELECT person_id, sex FROM person",
    ),
    "the key is never a value": (key_as_value, "SELECT p.person_id, p.person_id = 1 AS first FROM person p"),
    "windows see one person": (
        off(windows, "_partition", lambda *_: None),
        "SELECT person_id, row_number() OVER (PARTITION BY sex ORDER BY year_of_birth) AS n FROM person",
    ),
    "orders are total": (
        off(Scope, "ties", lambda _: []),
        f"SELECT person_id, value_as_number AS v {ONE} "
        "QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY measurement_date DESC) = 1",
    ),
    "frames of rows need a total order": (
        lambda patch: patch.setattr(windows, "placed", lambda _: False),
        "SELECT person_id, min(s) AS v FROM (SELECT person_id, sum(value_as_number) OVER (PARTITION BY person_id "
        f"ORDER BY measurement_date ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s {ONE}) AS w GROUP BY person_id",
    ),
    "frames end after they begin": (
        off(windows, "_check_frame", lambda *_: None),
        "SELECT person_id, min(s) AS v FROM (SELECT person_id, sum(value_as_number) OVER (PARTITION BY person_id "
        f"ORDER BY measurement_date ROWS BETWEEN CURRENT ROW AND 1 PRECEDING) AS s {ONE}) AS w GROUP BY person_id",
    ),
    "a row number counts the person's rows, not some of them": (
        lambda patch: patch.setattr(selects, "numbers_rows", lambda node: isinstance(node, exp.Window)),
        f"SELECT person_id, measurement_date AS d {ONE} QUALIFY row_number() OVER (PARTITION BY person_id, "
        "measurement_date ORDER BY value_as_number) = 1",
    ),
    "the last value is one of a total order": (
        off(aggregates, "_arg", naive_arg),
        f"SELECT person_id, arg_max(value_as_number, measurement_date) AS v {ONE} GROUP BY person_id",
    ),
    "numbers are whole": (
        off(tables, "_rounded", lambda value, _: value.copy()),
        f"SELECT person_id, sum(value_as_number) AS v {ONE} GROUP BY person_id",
    ),
    "values outside their ends are not known": (
        off(tables, "_within", lambda value, *_: value),
        "SELECT person_id, year_of_birth * 3 AS v FROM person",
    ),
    "a value stands for its own concept only": (
        off(Scope, "_written", lambda _, source, name: exp.column(name, table=source.alias, quoted=True)),
        f"SELECT m.person_id, count(*) AS n, bool_or(d.w) AS w FROM measurement m JOIN (SELECT m.person_id, "
        f"bool_or(m.measurement_concept_id = {BMI} AND m.value_as_number > 60) AS w FROM measurement m GROUP BY m.person_id) d "
        f"ON d.person_id = m.person_id WHERE {SEVEN} > 5 AND m.measurement_concept_id = {EGFR} GROUP BY m.person_id",
    ),
    "no number grows too large": (
        off(Scale, "__post_init__", lambda _: None),
        f"SELECT person_id, {' * '.join(['year_of_birth'] * 7)} AS v FROM person",
    ),
    "what a count or sum can be follows from the cap": (
        off(Scope, "most", lambda _: 1),
        f"SELECT person_id, count(*) AS n {ONE} GROUP BY person_id",
    ),
    "the parts of a union add up": (
        lambda patch: patch.setattr(unions, "sum", lambda _: 1, raising=False),
        "SELECT person_id, count(*) AS n FROM (" + " UNION ALL ".join(["SELECT person_id, death_date AS d FROM death"] * 3)
        + ") AS u GROUP BY person_id",
    ),
    "days are few enough for a date": (
        off(functions, "FAR_DAYS", 10**15),
        "SELECT d.person_id, d.death_date + p.year_of_birth * 2000000 AS v FROM death d JOIN person p ON p.person_id = d.person_id",
    ),
    "nothing is divided by data": (
        lambda patch: patch.setitem(expressions._READERS, exp.IntDiv, naive_division),
        "SELECT person_id, 7 // (year_of_birth - 1950) AS v FROM person",
    ),
    "nothing is cast": (
        lambda patch: patch.setitem(expressions._READERS, exp.Cast, naive_cast),
        "SELECT person_id, CAST(sex AS BIGINT) AS v FROM person",
    ),
    "functions are those of the list": (chance, "SELECT person_id, random() AS v FROM person"),
}  # fmt: skip


@pytest.fixture(scope="module")
def database():
    with Tables() as made:
        yield made


def verdict(text, database):
    """`refused`, `holds`, or what harm was seen."""
    try:
        view = proven(sql=text)
    except Invalid:
        return "refused"
    try:
        return harm(view, WORLD, database) or "holds"
    except duckdb.Error as error:
        return f"fails: {type(error).__name__}"
    except AssertionError as error:
        return str(error).partition("\n")[0]


@pytest.mark.parametrize("rule", RULES)
def test_a_case_does_harm_only_without_its_rule(rule, database, monkeypatch):
    switch_off, text = RULES[rule]
    assert verdict(text, database) in ("refused", "holds")
    switch_off(monkeypatch)
    assert verdict(text, database) not in ("refused", "holds"), "no case shows what the rule is for"


def test_rows_are_told_apart_before_two_windows_look_at_their_places():
    """Rows that are the same could pair a place of one window with another place of the other."""
    two = "row_number() OVER (PARTITION BY person_id ORDER BY {}) AS {}"
    text = f"SELECT person_id, max(a - b) AS v FROM (SELECT person_id, {two.format('measurement_date', 'a')}, "
    text += f"{two.format('value_as_number DESC', 'b')} {ONE}) AS w GROUP BY person_id"
    windows_ = list(proven(sql=text).tree.find_all(exp.Window))
    assert len(windows_) == 3
    ordered_by = [{each.name for each in window.args["order"].expressions} for window in windows_]
    assert sum("place" in names for names in ordered_by) == 2
