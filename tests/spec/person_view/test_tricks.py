"""Tricks with text: names, comments, nesting, errors that data could raise. A table: code (None: harmless), SQL."""

# ruff: noqa: S608, E501 (a table of texts; what is proven of them becomes other SQL)

import logging

import pytest

from tests.factories.worlds import Tables, proven
from workspaces.catalogue.errors import Invalid

P = "SELECT person_id, sex FROM person"
D = "AS v FROM death"
V = "AS v FROM person"
G = "AS v FROM measurement GROUP BY person_id"

TRICKS = [
    # Errors that a value could raise: totality is by leaving the operation out
    *(("function", f"SELECT person_id, {call} {V}") for call in (
        "ln(year_of_birth - 2000)", "log10(year_of_birth)", "sqrt(0 - year_of_birth)", "exp(year_of_birth)", "error('x')",
        "CASE WHEN sex = 'male' THEN error('x') ELSE 'a' END", "strptime(sex, '%Y')", "make_date(year_of_birth, 2, 30)",
        "chr(year_of_birth)", "acos(year_of_birth)", "factorial(year_of_birth)", "pow(year_of_birth, 99)")),
    *(("not_allowed", f"SELECT person_id, {made} {V}") for made in (
        "year_of_birth / (year_of_birth - 1950)", "year_of_birth // 0", "mod(year_of_birth, 0)", "year_of_birth << 62")),
    *(("function", f"SELECT person_id, {call} {D}") for call in ("last_day(death_date)", "date_trunc('month', death_date)")),
    ("function", f"SELECT person_id, death_date + INTERVAL 300000 YEAR {D}"),
    ("type", f"SELECT person_id, death_date + 1000000000 {D}"),
    ("cast", f"SELECT person_id, sex::INTEGER {V}"),
    ("cast", f"SELECT person_id, CAST(year_of_birth AS TINYINT) {V}"),
    ("cast", f"SELECT person_id, death_date = TIMESTAMP '2020-01-01 00:00:00' {D}"),
    ("type", f"SELECT person_id, year_of_birth = '1950' {V}"),
    ("type", f"SELECT person_id, year_of_birth < 'inf' {V}"),
    ("range", f"SELECT person_id, year_of_birth * 999999999999999 {V}"),
    ("range", f"SELECT person_id, sum(999999999999999) {G}"),
    # Work without an end, and the clock
    *(("function", f"SELECT person_id, {call} {V}") for call in (
        "repeat(sex, 1000000000)", "range(1000000000)", "regexp_matches(sex, '(a+)+$')", "sleep_ms(1000)", "now()",
        "current_timestamp", "uuid()", "setseed(0.5)", "nextval('s')", "getvariable('x')", "current_setting('threads')",
        "txid_current()", "md5(sex)", "list_transform([1], x -> x)", "{'a': 1}", "[1, 2]", "unnest([1, 2])")),
    *(("not_allowed", f"SELECT person_id, sex FROM person WHERE sex {like}") for like in (
        "SIMILAR TO '(a+)+$'", "ILIKE 'm%'", "GLOB 'm*'", "IS DISTINCT FROM borough")),
    # Other people's rows
    ("subquery", f"SELECT person_id, (SELECT max(measurement_date) FROM measurement m WHERE m.person_id <> p.person_id) {V} p"),
    ("subquery", f"{P} p WHERE EXISTS (SELECT 1 FROM measurement m WHERE m.person_id = p.person_id OR p.sex = 'male')"),
    ("subquery", f"{P} WHERE person_id IN (SELECT year_of_birth FROM person)"),
    ("subquery", f"{P} GROUP BY person_id, sex HAVING count(*) > (SELECT count(*) FROM person)"),
    ("window", f"SELECT person_id, sum(year_of_birth) OVER w {V} WINDOW w AS (ORDER BY sex)"),
    ("window", f"SELECT person_id, lag(sex) OVER (PARTITION BY sex ORDER BY person_id) {V}"),
    ("limit", f"SELECT person_id, sex FROM ({P} LIMIT 5) AS d"),
    ("limit", f"{P} LIMIT 10%"),
    ("limit", f"{P} FETCH FIRST 3 ROWS ONLY"),
    ("limit", f"WITH a AS ({P} ORDER BY sex LIMIT 1) SELECT person_id, sex FROM a"),
    ("set_operation", f"{P} INTERSECT {P}"),
    ("group", "SELECT sex, count(person_id) AS n FROM person GROUP BY sex"),
    ("person_key", f"{P} WHERE person_id = 1 OR sex = 'male'"),
    ("not_allowed", f"{P} WHERE (person_id, sex) = (1, 'male')"),
    ("aggregate", f"SELECT person_id, max(count(*)) {G}"),
    ("aggregate", "SELECT person_id, count(*) AS v FROM measurement WHERE count(*) > 1 GROUP BY person_id"),
    ("not_allowed", f"SELECT person_id, quantile_cont(0.5) WITHIN GROUP (ORDER BY measurement_date) {G}"),
    (
        "group",  # the matched row of death depends on which visit it is joined to
        "SELECT p.person_id, count(*) AS n FROM person p LEFT JOIN visit_occurrence v ON v.person_id = p.person_id "
        "LEFT JOIN death d ON d.person_id = p.person_id AND v.visit_concept_id = 9201 GROUP BY p.person_id, d.death_date",
    ),
    ("table", f"SELECT p.person_id, d.n {V} p, LATERAL (SELECT count(*) AS n FROM measurement) d".replace("AS v ", "")),
    # Tables that are none
    *(("table", f"SELECT person_id, x FROM {source}") for source in (
        "glob('*')", "read_csv_auto('/etc/passwd')", "query('SELECT 1')", "query_table('person')", "\"read_parquet\"('x')",
        "pragma_table_info('person')", "information_schema.tables", "(VALUES (1, 2)) AS d(person_id, x)")),
    ("table", "SELECT person_id, sex FROM 'https://example.org/x.parquet'"),
    ("not_granted", "SELECT person_id, name FROM sqlite_master"),
    # Statements that are not one SELECT
    *(("statement", text) for text in (
        "EXPLAIN SELECT person_id, sex FROM person", "CALL pragma_version()", "LOAD httpfs", "USE memory", "DETACH x", "CHECKPOINT",
        "VACUUM", "BEGIN", "PREPARE p AS SELECT 1", "EXECUTE p(1)", "CREATE MACRO f(x) AS x", "UPDATE person SET sex = 'male'",
        "DELETE FROM person", "TRUNCATE person", "ALTER TABLE person ADD COLUMN x INT", "DESCRIBE person", "SUMMARIZE person",
        "SHOW TABLES", f"{P};;", f"{P}; DROP TABLE person", "-- nothing", "  \n ")),
    ("statement", "WITH a AS (INSERT INTO person VALUES (1) RETURNING *) SELECT person_id, sex FROM a"),
    ("statement", f"WITH a AS (DELETE FROM person RETURNING *) {P}"),
    # WITH
    ("statement", "WITH a AS MATERIALIZED (DELETE FROM person) SELECT person_id, sex FROM a"),
    ("with", f"WITH a AS ({P}), a AS ({P}) SELECT person_id, sex FROM a"),
    ("not_granted", "WITH a AS (SELECT person_id, sex FROM a) SELECT person_id, sex FROM a"),
    ("not_granted", "WITH a AS (SELECT person_id, sex FROM b), b AS (SELECT person_id, sex FROM a) SELECT person_id, sex FROM a"),
    ("group", "WITH person AS (SELECT person_id, measurement_date AS sex FROM measurement) SELECT person_id, sex FROM person"),
    ("person_key", f"WITH unused AS (SELECT person_id, person_id + 1 AS v FROM person) {P}"),
    # Names that only look right
    ("table", "SELECT person_id, sex FROM p\u0435rson"),
    ("table", "SELECT person_id, sex FROM \uff50erson"),
    ("name", "SELECT p\u0435rson_id, sex FROM person"),
    ("name", "SELECT person_id, sex AS \u212aelvin FROM person"),
    ("name", "SELECT person_id, \u017fex AS v FROM person"),
    ("name", "SELECT person_id, year_of_birth = \u0663 AS v FROM person"),
    ("name", 'SELECT person_id, sex AS "v; DROP TABLE person" FROM person'),
    ("name", 'SELECT person_id, sex AS "V", borough AS v FROM person'),
    ("name", f"SELECT person_id, sex AS {'a' * 41} FROM person"),
    ("column", f"SELECT person_id, p {V} p"),
    ("column", f"SELECT person_id, filename {V}"),
    ("column", "SELECT person_id, w AS v, sex AS w FROM person"),
    ("column", "SELECT person_id, v + 1 AS v FROM person"),
    ("star", "SELECT person_id, count(* EXCLUDE (sex)) AS n FROM person GROUP BY person_id"),
    ("person_key", "SELECT nobody.* FROM person"),
    ("not_allowed", f"SELECT person_id, sex = $$male$$ {V}"),
    ("not_allowed", f"SELECT person_id, #1 {V}"),
    ("not_allowed", f"SELECT person_id, sex = ? {V}"),
    # Nesting and size
    *(("size", f"SELECT person_id, {made} {V}") for made in (
        "(" * 9000, "[" * 9000, "- " * 9000 + "1", "NOT (" * 400 + "TRUE" + ")" * 400, "coalesce(" * 900 + "1" + ", 1)" * 900,
        "CASE WHEN " * 200 + "TRUE" + " THEN TRUE END" * 200)),
    ("size", "SELECT person_id, sex FROM " + "(SELECT person_id, sex FROM " * 300 + "person" + ") AS d" * 300),
    ("size", f"{P} WHERE " + " AND ".join(["sex = 'male'"] * 500)),
    ("size", f"{P} WHERE year_of_birth IN (" + ", ".join(["1950"] * 3_100) + ")"),
    # Harmless: comments, case, quotes and names of the prover's own steps
    (None, f"{P} -- ; SELECT 1"),
    (None, "SELECT /*+ BROADCAST(x) */ person_id, sex /* '; DROP TABLE person; -- /* x */ */ FROM person;"),
    (None, 'SELECT "PERSON_ID", "Sex" FROM "Person"'),
    (None, "FROM person SELECT person_id, sex"),
    (None, "WITH step_1 AS (SELECT person_id, sex FROM person), t1 AS (SELECT person_id, borough AS sex FROM person), "
     "read_person AS (SELECT person_id, borough AS sex FROM person) SELECT person_id, sex FROM step_1"),
]  # fmt: skip


@pytest.fixture(scope="module")
def tables():
    with Tables() as made:
        yield made


@pytest.mark.parametrize(("code", "sql"), TRICKS, ids=[f"{code}: {ascii(sql)[1:70]}" for code, sql in TRICKS])
def test_a_trick_is_refused_or_means_what_it_says(code, sql, tables):
    if code is None:
        world = {"person": [{"person_id": 1, "sex": "male", "borough": "E09000001"}]}
        assert tables.rows(proven(sql=sql), world) == {1: {"sex": "male"}}
        return
    with pytest.raises(Invalid) as refusal:
        proven(sql=sql)
    assert refusal.value.code == f"view:{code}", refusal.value.sentence
    assert refusal.value.sentence.endswith(".")
    assert refusal.value.next_step


NESTED = [f"SELECT person_id, {'(' * deep}sex{')' * deep} AS v FROM person" for deep in range(20, 60, 5)]


def verdicts():
    for sql in NESTED:
        try:
            proven(sql=sql)
            yield "accepted"
        except Invalid as refusal:
            yield refusal.code


def below(depth, call):
    return call() if depth == 0 else below(depth - 1, call)


def test_how_deep_a_view_may_nest_is_the_same_wherever_it_is_asked():
    here = list(verdicts())
    assert {"accepted", "view:size"} == set(here)
    assert below(300, lambda: list(verdicts())) == here


def test_no_text_of_a_view_is_logged(caplog):
    with caplog.at_level(logging.DEBUG), pytest.raises(Invalid):
        proven(sql="CALL secret_17()")
    assert "secret_17" not in caplog.text
