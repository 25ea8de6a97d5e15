"""What SQL cannot be a person view, and under which code it is refused. Read it as a table: code, SQL."""

# ruff: noqa: S608, E501 (a table of texts that are never run)

import pytest

from tests.factories.worlds import proven
from workspaces.catalogue.errors import Invalid

P = "SELECT person_id, sex FROM person"
EVENTS = "FROM person p JOIN measurement m ON m.person_id = p.person_id"
GROUP = "GROUP BY p.person_id"

REFUSED = [
    # More than one person in a row, or more than one row for a person
    ("group", "SELECT person_id, measurement_date FROM measurement"),
    ("group", "SELECT sex, count(*) AS n FROM person GROUP BY sex"),
    ("group", "SELECT person_id, measurement_date, count(*) AS n FROM measurement GROUP BY person_id, measurement_date"),
    ("group", "SELECT person_id, count(*) AS n FROM measurement"),
    ("aggregate", "SELECT person_id, count(*) AS n FROM measurement GROUP BY 2"),
    ("group", "SELECT person_id, count(*) AS n FROM measurement GROUP BY 3"),
    ("group", "SELECT measurement_date AS d, count(*) AS n FROM measurement GROUP BY ALL"),
    ("group", "SELECT person_id, count(*) AS n FROM measurement GROUP BY ROLLUP (person_id)"),
    ("group", "SELECT person_id, count(*) AS n FROM measurement GROUP BY CUBE (person_id)"),
    ("group", "SELECT person_id, count(*) AS n FROM measurement GROUP BY GROUPING SETS ((person_id), ())"),
    ("group", f"SELECT p.person_id, m.measurement_date AS d, count(*) AS n {EVENTS} {GROUP}"),
    ("group", "SELECT person_id, sex FROM person HAVING sex = 'male'"),
    ("set_operation", f"{P} UNION ALL {P}"),
    ("set_operation", f"{P} EXCEPT {P}"),
    ("group", f"SELECT person_id, sex FROM ({P} UNION {P}) AS d"),
    ("set_operation", f"SELECT person_id, sex FROM ({P} INTERSECT {P}) AS d"),
    # Joins that mix people
    ("join", "SELECT p.person_id, o.sex FROM person p, person o"),
    ("join", "SELECT p.person_id, o.sex FROM person p CROSS JOIN person o"),
    ("join", "SELECT p.person_id, o.sex FROM person p JOIN person o ON p.borough = o.borough"),
    ("join", "SELECT p.person_id, o.sex FROM person p JOIN person o ON p.person_id <> o.person_id"),
    ("join", "SELECT p.person_id, o.sex FROM person p JOIN person o ON o.person_id = o.person_id"),
    ("join", "SELECT p.person_id, o.sex FROM person p JOIN person o ON p.person_id = o.person_id OR p.sex = o.sex"),
    ("join", "SELECT p.person_id, o.sex FROM person p JOIN person o ON p.person_id + 1 = o.person_id"),
    ("join", "SELECT p.person_id, o.sex FROM person p FULL JOIN person o ON p.person_id = o.person_id"),
    ("person_key", "SELECT p.person_id, o.sex FROM person p RIGHT JOIN person o ON p.person_id = o.person_id"),
    ("join", "SELECT person_id, sex FROM person NATURAL JOIN death"),
    ("join", "SELECT p.person_id, p.sex FROM person p ASOF JOIN death d ON d.person_id = p.person_id"),
    ("join", "SELECT p.person_id, p.sex FROM person p POSITIONAL JOIN death d"),
    ("subquery", "SELECT p.person_id, p.sex FROM person p SEMI JOIN death d ON d.death_date IS NULL"),
    ("join", "SELECT p.person_id, p.sex FROM person p JOIN death d USING (sex)"),
    (
        "join",
        "SELECT p.person_id, p.sex FROM person p LEFT JOIN death d ON d.person_id = p.person_id"
        " JOIN visit_occurrence v ON v.person_id = d.person_id GROUP BY p.person_id",
    ),
    (
        "join",
        "SELECT m.person_id, count(*) AS n FROM measurement m JOIN measurement o ON o.person_id = m.person_id"
        " JOIN measurement q ON q.person_id = m.person_id GROUP BY m.person_id",
    ),
    # The person key used for anything but joining and grouping
    ("person_key", "SELECT person_id, person_id * 2 AS twice FROM person"),
    ("person_key", "SELECT person_id, sex FROM person WHERE person_id = 17"),
    ("person_key", "SELECT person_id, sex FROM person WHERE person_id IN (1, 2, 3)"),
    ("person_key", "SELECT person_id, sex FROM person WHERE person_id BETWEEN 1 AND 100"),
    ("person_key", "SELECT person_id AS pid, sex FROM person"),
    ("person_key", "SELECT person_id, person_id AS again, sex FROM person"),
    ("person_key", "SELECT sex FROM person"),
    ("person_key", "SELECT person_id, CASE WHEN person_id > 5 THEN 1 ELSE 0 END AS late FROM person"),
    ("person_key", "SELECT person_id, count(DISTINCT person_id) AS n FROM measurement GROUP BY person_id"),
    ("person_key", "SELECT person_id, max(person_id) AS n FROM measurement GROUP BY person_id"),
    ("person_key", "SELECT person_id, arg_max(person_id, measurement_date) AS n FROM measurement GROUP BY person_id"),
    ("person_key", "SELECT d.person_id, p.sex FROM person p LEFT JOIN death d ON d.person_id = p.person_id"),
    ("person_key", "SELECT person_id, sex FROM (SELECT person_id AS who, person_id, sex FROM person) AS d"),
    ("name", "SELECT person_id, year_of_birth AS person_id FROM person"),
    ("function", "SELECT person_id, hash(person_id) AS h FROM person"),
    ("person_key", "SELECT person_id, CAST(person_id AS VARCHAR) AS t FROM person"),
    # Order, sampling and windows
    ("group", "SELECT DISTINCT person_id, measurement_date FROM measurement"),
    ("group", "SELECT DISTINCT ON (person_id, measurement_date) person_id, measurement_date FROM measurement"),
    ("distinct", "SELECT person_id, sum(DISTINCT days_supply) AS d FROM drug_exposure GROUP BY person_id"),
    ("limit", f"{P} LIMIT 10"),
    ("limit", f"{P} OFFSET 10"),
    ("limit", f"{P} ORDER BY sex LIMIT 1"),
    ("order", "SELECT person_id, max(measurement_date ORDER BY measurement_date) AS d FROM measurement GROUP BY person_id"),
    ("window", "SELECT person_id, row_number() OVER (ORDER BY sex) AS n FROM person"),
    ("window", "SELECT person_id, count(*) OVER () AS n FROM person"),
    ("window", f"{P} QUALIFY row_number() OVER (PARTITION BY sex) = 1"),
    ("table", "SELECT person_id, sex FROM person TABLESAMPLE 10%"),
    ("table", f"SELECT person_id, sex FROM ({P} USING SAMPLE 10) AS d"),
    # Subqueries that look at everybody
    ("subquery", "SELECT person_id, sex FROM person WHERE EXISTS (SELECT 1 FROM death)"),
    ("subquery", "SELECT person_id, sex FROM person WHERE sex IN (SELECT sex FROM person)"),
    ("subquery", "SELECT person_id, (SELECT count(*) FROM person) AS n FROM person"),
    ("subquery", "SELECT person_id, sex FROM person WHERE sex = ANY (SELECT sex FROM person)"),
    ("subquery", "SELECT p.person_id, (SELECT max(d.death_date) FROM death d WHERE d.death_date > p.year_of_birth) AS n FROM person p"),
    ("subquery", "SELECT p.person_id, (SELECT max(p.death_date) FROM death p WHERE p.person_id = p.person_id) AS n FROM person p"),
    ("subquery", "SELECT p.person_id, (SELECT m.measurement_date FROM measurement m WHERE m.person_id = p.person_id) AS n FROM person p"),
    ("subquery", "SELECT p.person_id, (SELECT count(*) FROM death d WHERE d.person_id = p.person_id GROUP BY d.death_date) AS n FROM person p"),
    ("person_key", "SELECT p.person_id, (SELECT max(d.person_id) FROM death d WHERE d.person_id = p.person_id) AS n FROM person p"),
    ("limit", "SELECT p.person_id, (SELECT m.measurement_date FROM measurement m WHERE m.person_id = p.person_id LIMIT 1) AS n FROM person p"),
    ("limit", "SELECT p.person_id, EXISTS (SELECT 1 FROM death d WHERE d.person_id = p.person_id LIMIT 0) AS n FROM person p"),
    ("join", "SELECT v.person_id, bool_or(EXISTS (SELECT 1 FROM death d WHERE d.person_id = v.person_id AND d.death_date < v.visit_end_date)) AS n "
     "FROM visit_occurrence v GROUP BY v.person_id"),
    ("subquery", "SELECT p.person_id, EXISTS (SELECT 1 FROM visit_occurrence v WHERE v.person_id = p.person_id AND v.visit_start_date > d.death_date) AS n "
     "FROM person p LEFT JOIN death d ON d.person_id = p.person_id AND d.death_date > DATE '2020-06-01'"),
    ("subquery", "SELECT p.person_id, EXISTS (WITH person AS (SELECT person_id, death_date FROM death) SELECT 1 FROM person q "
     "WHERE q.person_id = p.person_id AND p.sex = 'male') AS n FROM person p"),
    ("join", "SELECT p.person_id, d.death_date FROM person p, death d WHERE p.person_id = d.person_id OR p.sex = 'male'"),
    ("join", "SELECT p.person_id, d.death_date FROM person p, death d WHERE NOT p.person_id = d.person_id"),
    # Names given in SELECT, lists, first and last, casts, months
    ("not_granted", "SELECT person_id, 2021 - year_of_birth AS age, p.age > 65 AS old FROM person p"),
    ("window", "SELECT person_id, row_number() OVER (PARTITION BY person_id) AS n FROM person WHERE n = 1"),
    ("size", "SELECT person_id, year_of_birth AS a0, " + ", ".join(f"a{n} + a{n} AS a{n + 1}" for n in range(30)) + " FROM person"),
    ("size", "SELECT person_id, " + "nullif(" * 30 + "year_of_birth" + ", 1950)" * 30 + " AS v FROM person"),
    ("person_key", "SELECT person_id, list_contains(list(person_id), 3) AS v FROM visit_occurrence GROUP BY person_id"),
    ("person_key", "SELECT person_id, first(person_id ORDER BY visit_start_date) AS v FROM visit_occurrence GROUP BY person_id"),
    ("not_allowed", "SELECT person_id, list(visit_start_date ORDER BY visit_start_date)[2] AS v FROM visit_occurrence GROUP BY person_id"),
    ("cast", "SELECT person_id, CAST(sex AS INTEGER) AS v FROM person"),
    ("cast", "SELECT person_id, year_of_birth::TINYINT AS v FROM person"),
    ("type", "SELECT person_id, year_of_birth + INTERVAL 6 MONTH AS v FROM person"),
    ("type", "SELECT person_id, death_date + INTERVAL 1300 MONTH AS v FROM death"),
    ("function", "SELECT person_id, death_date + coalesce(INTERVAL 6 MONTH, 5) AS v FROM death"),
    ("function", "SELECT person_id, CASE WHEN death_date IS NULL THEN INTERVAL 6 MONTH ELSE 5 END AS v FROM death"),
    *(("window", "SELECT person_id, max(s) AS v FROM (SELECT person_id, count(*) OVER (PARTITION BY person_id ORDER BY visit_start_date "
       f"ROWS BETWEEN {frame}) AS s FROM visit_occurrence) AS w GROUP BY person_id") for frame in (
        "CURRENT ROW AND 1 PRECEDING", "CURRENT ROW AND 0 PRECEDING", "1 PRECEDING AND 2 PRECEDING",
        "UNBOUNDED FOLLOWING AND UNBOUNDED FOLLOWING", "1 FOLLOWING AND CURRENT ROW", "101 PRECEDING AND CURRENT ROW")),
    ("with", "WITH RECURSIVE r AS (SELECT person_id, sex FROM person) SELECT person_id, sex FROM r"),
    ("with", "WITH r(person_id, s) AS (SELECT person_id, sex FROM person) SELECT person_id, s FROM r"),
    # Anything but one SELECT over granted tables
    ("statement", "DROP TABLE person"),
    ("statement", f"{P}; {P}"),
    ("statement", ""),
    ("statement", "PRAGMA database_list"),
    ("statement", "ATTACH 'other.db'"),
    ("statement", "COPY person TO 'out.csv'"),
    ("statement", "SET threads = 1"),
    ("statement", "CREATE TABLE t AS SELECT person_id, sex FROM person"),
    ("statement", "INSERT INTO person SELECT person_id FROM person"),
    ("statement", "INSTALL httpfs"),
    ("syntax", "SELECT person_id, FROM WHERE"),
    ("syntax", "SELECT person_id, 'unfinished FROM person"),
    ("window", "SELECT person_id, row_number() FILTER (WHERE sex = 'male') OVER (PARTITION BY person_id) AS n FROM person"),
    ("name", "SELECT person_id, borough AS sex FROM person QUALIFY sex = 'E09000007'"),
    ("star", "SELECT DISTINCT * FROM person"),
    ("star", "SELECT * FROM person QUALIFY row_number() OVER (PARTITION BY person_id) = 1"),
    ("group", "SELECT * FROM death d JOIN visit_occurrence v USING (person_id)"),
    ("name", "SELECT * FROM person a JOIN person b USING (person_id)"),
    ("unit", "SELECT * FROM measurement"),
    ("person_key", "SELECT * EXCLUDE (person_id) FROM person"),
    ("person_key", "SELECT d.* FROM person p LEFT JOIN death d USING (person_id)"),
    ("star", "SELECT person_id, COLUMNS('s.*') FROM person"),
    ("table", "SELECT person_id, sex FROM read_parquet('person.parquet')"),
    ("table", "SELECT person_id, sex FROM 'person.parquet'"),
    ("table", "SELECT person_id, sex FROM \"person.parquet\""),
    ("not_granted", "SELECT person_id, sample_key FROM sampling"),
    ("not_granted", "SELECT person_id, sample_key AS k FROM people_sampled"),
    ("not_granted", "SELECT person_id, x FROM duckdb_settings"),
    ("table", "SELECT person_id, sex FROM main.person"),
    ("table", "SELECT person_id, x FROM range(10) AS t"),
    ("table", "SELECT person_id, sex FROM person PIVOT (count(*) FOR sex IN ('male'))"),
    ("table", "SELECT person_id, sex"),
    # Functions and operators outside the list
    ("function", "SELECT person_id, random() AS r FROM person"),
    ("function", "SELECT person_id, current_date AS r FROM person"),
    ("function", "SELECT person_id, getenv('HOME') AS r FROM person"),
    ("function", "SELECT person_id, last(value_as_number) AS v FROM measurement GROUP BY person_id"),
    ("function", "SELECT person_id, first(value_as_number) AS v FROM measurement GROUP BY person_id"),
    ("function", "SELECT person_id, list(value_as_number) AS v FROM measurement GROUP BY person_id"),
    ("function", "SELECT person_id, mode(measurement_concept_id) AS v FROM measurement GROUP BY person_id"),
    ("function", "SELECT person_id, stddev(days_supply) AS v FROM drug_exposure GROUP BY person_id"),
    ("function", "SELECT person_id, string_agg(sex, ',') AS v FROM person GROUP BY person_id"),
    ("function", "SELECT person_id, date_diff('week', measurement_date, measurement_date) AS v FROM measurement"),
    ("not_allowed", "SELECT person_id, year_of_birth / 0 AS v FROM person"),
    ("not_allowed", "SELECT person_id, year_of_birth % year_of_birth AS v FROM person"),
    ("not_allowed", "SELECT person_id, sex FROM person WHERE sex LIKE 'm%'"),
    ("not_allowed", "SELECT person_id, sex || 'x' AS v FROM person"),
    ("cast", "SELECT person_id, CAST(sex AS INTEGER) AS v FROM person"),
    ("cast", "SELECT person_id, TRY_CAST(sex AS INTEGER) AS v FROM person"),
    ("not_allowed", "SELECT person_id, sex FROM person WHERE rowid < 10 OR $1"),
    ("column", "SELECT person_id, rowid AS r FROM person"),
    ("not_allowed", "SELECT person_id, max(value_as_number, 3) AS v FROM measurement GROUP BY person_id"),
    # Values without a unit, off their grid or outside their public domain
    ("unit", "SELECT person_id, max(value_as_number) AS v FROM measurement GROUP BY person_id"),
    (
        "unit",
        "SELECT person_id, max(value_as_number) AS v FROM measurement"
        " WHERE measurement_concept_id IN (3004249, 3038553) GROUP BY person_id",
    ),
    (
        "unit",
        "SELECT person_id, max(value_as_number) AS v FROM measurement"
        " WHERE measurement_concept_id = 3004249 OR year(measurement_date) = 2020 GROUP BY person_id",
    ),
    (
        "grid",
        "SELECT person_id, max(value_as_number) > 140.5 AS v FROM measurement"
        " WHERE measurement_concept_id = 3004249 GROUP BY person_id",
    ),
    ("domain", "SELECT person_id, sex = 'femail' AS v FROM person"),
    ("domain", "SELECT person_id, count(*) AS v FROM measurement WHERE measurement_concept_id = 5 GROUP BY person_id"),
    ("code_list", "SELECT person_id, bool_or(in_code_list(drug_concept_id, 'hypertension/1')) AS v FROM drug_exposure "
     "GROUP BY person_id"),
    ("code_list", "SELECT person_id, bool_or(in_code_list(drug_concept_id, 'nonsense/9')) AS v FROM drug_exposure "
     "GROUP BY person_id"),
    ("type", "SELECT person_id, year_of_birth = 'x' AS v FROM person"),
    ("type", "SELECT person_id, sex + 1 AS v FROM person"),
    ("type", "SELECT person_id, sum(drug_exposure_start_date) AS v FROM drug_exposure GROUP BY person_id"),
    ("type", "SELECT person_id, CASE WHEN sex = 'male' THEN 1 ELSE 'no' END AS v FROM person"),
    ("type", "SELECT person_id, NULL AS v FROM person"),
    ("type", "SELECT person_id, sex FROM person WHERE year_of_birth"),
    ("range", "SELECT person_id, year_of_birth * year_of_birth * year_of_birth * year_of_birth * year_of_birth AS v "
     "FROM person"),
    ("literal", "SELECT person_id, year_of_birth > 1e30 AS v FROM person"),
    ("literal", "SELECT person_id, count(*) AS v FROM death WHERE death_date > DATE '2020-02-30' GROUP BY person_id"),
    ("literal", "SELECT person_id, 'bell \\x07 & <script>' AS v FROM person"),
    # Names
    ("name", "SELECT person_id, sex AS \"sëx\" FROM person"),
    ("name", "SELECT person_id, sex AS \"a\"\"b\" FROM person"),
    ("name", "SELECT person_id, sex AS v, borough AS v FROM person"),
    ("name", "SELECT person_id, sex = 'male' FROM person"),
    ("name", "SELECT p.person_id, p.sex FROM person p JOIN death p ON p.person_id = p.person_id"),
    ("column", "SELECT person_id, nothing AS v FROM person"),
    ("column", "SELECT m.person_id, p.sex FROM measurement m"),
    ("column", "SELECT person_id, d.sex AS v FROM (SELECT person_id, borough FROM person) AS d"),
    ("size", f"SELECT person_id, {' + '.join(['year_of_birth'] * 300)} AS v FROM person"),
    ("size", f"SELECT person_id, {'(' * 9000}sex{')' * 9000} AS v FROM person"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "sql"), REFUSED, ids=[f"{code}: {sql[:70]}" for code, sql in REFUSED])
def test_refused(code, sql):
    with pytest.raises(Invalid) as refusal:
        proven(sql=sql) if sql else proven(sql=" ")
    assert refusal.value.code == f"view:{code}", refusal.value.sentence
    assert refusal.value.sentence.endswith(".")
    assert refusal.value.next_step.endswith((".", "…"))


GRANTED = {"person": ("sex",), "measurement": ("measurement_concept_id", "measurement_date", "value_as_number")}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT person_id, borough FROM person",
        "SELECT person_id, count(*) AS n FROM visit_occurrence GROUP BY person_id",
        "SELECT p.person_id, p.borough AS b FROM person p JOIN measurement m ON m.person_id = p.person_id "
        "GROUP BY p.person_id",
        "SELECT person_id, sex FROM person WHERE imd_decile = 1",
    ],
)
def test_what_is_not_granted_is_refused(sql):
    with pytest.raises(Invalid) as refusal:
        proven(sql=sql, tables=GRANTED)
    assert refusal.value.code in ("view:not_granted", "view:column")


def test_sentences_name_clauses_and_never_the_literals():
    with pytest.raises(Invalid) as refusal:
        proven(sql="SELECT person_id, sex = 'SECRET' AS v FROM person")
    assert "SECRET" not in refusal.value.sentence + refusal.value.next_step
