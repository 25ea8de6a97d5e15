"""Every shape of SQL that a person view may have, as researchers write it, and worlds to try them on."""

# ruff: noqa: S608, E501 (texts to be proven)

import random
from datetime import date, timedelta

SYSTOLIC, HYPERTENSION, DIABETES, INPATIENT, EMERGENCY = 3004249, 320128, 201826, 9201, 9203
_FIRST = f"SELECT person_id, min(condition_start_date) AS t FROM condition_occurrence WHERE condition_concept_id = {HYPERTENSION} GROUP BY person_id"
_SYSTOLIC = f"FROM measurement WHERE measurement_concept_id = {SYSTOLIC}"

SHAPES = {
    "first code of a list before a day": """
        SELECT p.person_id, min(c.condition_start_date) AS first FROM person p
        JOIN condition_occurrence c ON c.person_id = p.person_id
        WHERE in_code_list(c.condition_concept_id, 'diabetes/1') AND c.condition_start_date < DATE '2022-01-01'
        GROUP BY p.person_id""",
    "latest value in a year": f"""
        SELECT person_id, value_as_number AS v, measurement_date AS d {_SYSTOLIC}
        AND measurement_date BETWEEN '2020-01-01' AND '2020-12-31'
        QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY measurement_date DESC) = 1""",
    "admissions and bed days": f"""
        SELECT p.person_id, count(v.visit_start_date) FILTER (WHERE v.visit_concept_id = {INPATIENT}) AS admissions,
            coalesce(sum(date_diff('day', v.visit_start_date, v.visit_end_date)), 0) AS days
        FROM person p LEFT JOIN visit_occurrence v ON v.person_id = p.person_id AND v.visit_start_date >= DATE '2020-01-01'
        GROUP BY p.person_id""",
    "flags by EXISTS and IN": f"""
        SELECT p.person_id, EXISTS (SELECT 1 FROM drug_exposure d WHERE d.person_id = p.person_id
                AND in_code_list(d.drug_concept_id, 'antihypertensives/1')) AS treated,
            p.person_id IN (SELECT person_id FROM condition_occurrence WHERE condition_concept_id = {HYPERTENSION}) AS ill
        FROM person p""",
    "nobody with an event, NOT EXISTS": """
        SELECT p.person_id, p.sex FROM person p
        WHERE NOT EXISTS (SELECT 1 FROM visit_occurrence v WHERE v.person_id = p.person_id)""",
    "age at index": """
        WITH i AS (SELECT person_id, min(drug_exposure_start_date) AS d FROM drug_exposure GROUP BY person_id)
        SELECT p.person_id, year(i.d) - p.year_of_birth - CASE WHEN month(i.d) * 100 + day(i.d) < 701 THEN 1 ELSE 0 END AS age
        FROM person p JOIN i USING (person_id)""",
    "time to death or the end of follow-up": f"""
        WITH i AS ({_FIRST})
        SELECT i.person_id, least(coalesce(d.death_date, DATE '2023-12-31'), i.t + INTERVAL 365 DAY) - i.t AS days,
            d.death_date IS NOT NULL AND d.death_date <= DATE '2023-12-31' AS died
        FROM i LEFT JOIN death d ON d.person_id = i.person_id""",
    "a score over different codes": f"""
        WITH h AS (SELECT DISTINCT person_id, condition_concept_id AS c FROM condition_occurrence)
        SELECT p.person_id, coalesce(sum(CASE h.c WHEN {HYPERTENSION} THEN 1 WHEN {DIABETES} THEN 2 ELSE 0 END), 0) AS score
        FROM person p LEFT JOIN h ON h.person_id = p.person_id GROUP BY p.person_id""",
    "different drugs": """
        SELECT person_id, count(DISTINCT drug_concept_id) AS drugs FROM drug_exposure WHERE days_supply > 0
        GROUP BY person_id HAVING count(*) >= 2""",
    "treatment episodes by gap": """
        WITH e AS (SELECT person_id, drug_exposure_start_date AS s, lag(drug_exposure_start_date) OVER w AS before,
                lag(days_supply) OVER w AS supplied FROM drug_exposure
                WINDOW w AS (PARTITION BY person_id ORDER BY drug_exposure_start_date, days_supply, drug_concept_id)),
            f AS (SELECT person_id, s,
                CASE WHEN before IS NULL OR s - before > coalesce(supplied, 0) + 30 THEN 1 ELSE 0 END AS fresh FROM e),
            g AS (SELECT person_id, s,
                sum(fresh) OVER (PARTITION BY person_id ORDER BY s ROWS UNBOUNDED PRECEDING) AS episode FROM f),
            h AS (SELECT person_id, episode, min(s) AS a, max(s) AS b FROM g GROUP BY person_id, episode)
        SELECT person_id, count(*) AS episodes, max(b - a) AS longest FROM h GROUP BY person_id""",
    "ASOF: the last mean value before an event": f"""
        WITH i AS ({_FIRST}),
            m AS (SELECT person_id, measurement_date AS d, max(value_as_number) AS v {_SYSTOLIC} GROUP BY person_id, measurement_date)
        SELECT i.person_id, m.v AS v FROM i ASOF LEFT JOIN m ON i.person_id = m.person_id AND i.t >= m.d""",
    "ASOF: the first one after it": f"""
        WITH i AS ({_FIRST}), m AS (SELECT person_id, measurement_date AS d, max(value_as_number) AS v {_SYSTOLIC}
                GROUP BY person_id, measurement_date)
        SELECT i.person_id, m.v AS v, m.d AS d FROM i ASOF JOIN m ON i.person_id = m.person_id AND i.t < m.d""",
    "change between the last two values": f"""
        WITH r AS (SELECT person_id, value_as_number AS v, measurement_date AS d,
                row_number() OVER (PARTITION BY person_id ORDER BY measurement_date DESC, value_as_number) AS n {_SYSTOLIC})
        SELECT a.person_id, a.v - b.v AS change, a.d - b.d AS days FROM r a JOIN r b ON a.person_id = b.person_id
        WHERE a.n = 1 AND b.n = 2""",
    "years with a visit": """
        WITH y AS (SELECT person_id, year(visit_start_date) AS y, count(*) AS n FROM visit_occurrence
                GROUP BY person_id, year(visit_start_date))
        SELECT person_id, count(*) FILTER (WHERE n > 1) AS years, max(n) AS busiest FROM y GROUP BY person_id""",
    "first event of either table, UNION ALL": """
        SELECT person_id, min(d) AS first, count(*) AS n FROM (SELECT person_id, condition_start_date AS d FROM condition_occurrence
            UNION ALL SELECT person_id, visit_start_date AS d FROM visit_occurrence) AS u GROUP BY person_id""",
    "days with an event, UNION": """
        SELECT person_id, count(*) AS days FROM (SELECT person_id, condition_start_date AS d FROM condition_occurrence
            UNION SELECT person_id, visit_start_date AS d FROM visit_occurrence) AS u GROUP BY person_id""",
    "a window before what breaks its ties": """
        SELECT person_id, d, e FROM (SELECT person_id, row_number() OVER (PARTITION BY person_id) AS n, visit_start_date AS d,
            visit_end_date AS e FROM visit_occurrence) AS v WHERE n = 1""",
    "stars and GROUP BY ALL": """
        WITH v AS (SELECT * EXCLUDE (visit_end_date) FROM visit_occurrence),
            w AS (SELECT *, lag(visit_start_date) OVER (PARTITION BY person_id ORDER BY visit_start_date) AS before FROM v),
            y AS (SELECT person_id, year(visit_start_date) AS y, max(visit_start_date - before) AS gap FROM w GROUP BY ALL)
        SELECT p.person_id, p.sex, max(y.gap) AS gap, count(y.y) AS years FROM person p LEFT JOIN y USING (person_id)
        GROUP BY 1, 2""",
    "RIGHT JOIN": "SELECT p.person_id, p.sex, d.death_date AS died FROM death d RIGHT JOIN person p ON p.person_id = d.person_id",
    "SEMI JOIN": f"""
        SELECT p.person_id, p.borough FROM person p
        SEMI JOIN condition_occurrence c ON c.person_id = p.person_id AND c.condition_concept_id = {DIABETES}""",
    "ANTI JOIN": "SELECT p.person_id, p.sex FROM person p ANTI JOIN visit_occurrence v USING (person_id)",
    "running sum and rank": """
        SELECT person_id, max(r) AS weeks, max(s) AS most FROM (SELECT person_id,
            dense_rank() OVER (PARTITION BY person_id ORDER BY visit_start_date) AS r,
            sum(visit_end_date - visit_start_date) OVER (PARTITION BY person_id ORDER BY visit_start_date) AS s
            FROM visit_occurrence) AS w GROUP BY person_id""",
    "readmission within 30 days, lead": f"""
        SELECT person_id, bool_or(n - e <= 30) AS again FROM (SELECT person_id, visit_end_date AS e,
            lead(visit_start_date) OVER (PARTITION BY person_id ORDER BY visit_start_date, visit_end_date) AS n
            FROM visit_occurrence WHERE visit_concept_id = {INPATIENT}) AS v GROUP BY person_id""",
    "moving sum and first value": """
        SELECT person_id, max(s) AS most, min(f) AS start FROM (SELECT person_id,
            sum(days_supply) OVER (PARTITION BY person_id ORDER BY drug_exposure_start_date, drug_concept_id, days_supply
                ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS s,
            first_value(days_supply) OVER (PARTITION BY person_id
                ORDER BY drug_exposure_start_date, drug_concept_id, days_supply) AS f
            FROM drug_exposure) AS w GROUP BY person_id""",
    "months and years between, rest and size": """
        SELECT p.person_id, date_diff('month', DATE '2018-06-15', d.death_date) AS months,
            date_diff('year', DATE '2018-06-15', d.death_date) AS years, p.year_of_birth // 10 AS decade,
            p.year_of_birth % 10 AS digit, abs(1960 - p.year_of_birth) AS far, greatest(p.year_of_birth, 1950) AS late
        FROM person p LEFT JOIN death d ON d.person_id = p.person_id""",
    "latest and earliest by arg_max": f"""
        SELECT person_id, arg_max(value_as_number, measurement_date) AS last, arg_min(value_as_number, measurement_date) AS first,
            bool_and(value_as_number > 100) AS high, count_if(value_as_number > 140) AS n {_SYSTOLIC} GROUP BY person_id""",
    "first and last by an order": f"""
        SELECT person_id, first(value_as_number ORDER BY measurement_date) AS first, last(value_as_number ORDER BY measurement_date) AS last,
            first(value_as_number ORDER BY measurement_date DESC) AS again, any_value(measurement_concept_id) = {SYSTOLIC} AS one {_SYSTOLIC}
        GROUP BY person_id ORDER BY person_id""",
    "lists": f"""
        SELECT person_id, len(list(condition_concept_id)) AS n, list_unique(list(condition_concept_id)) AS different,
            list_contains(list(condition_concept_id), {HYPERTENSION}) AS ill, list_max(list(condition_start_date)) AS until,
            list(condition_concept_id ORDER BY condition_start_date)[1] = {DIABETES} AS first,
            array_agg(condition_concept_id ORDER BY condition_start_date)[-1] = {DIABETES} AS last
        FROM condition_occurrence WHERE condition_concept_id = ANY([{HYPERTENSION}, {DIABETES}])
            OR list_contains([201254], condition_concept_id) GROUP BY person_id""",
    "queries that are one value": f"""
        SELECT p.person_id, (SELECT count(*) FROM visit_occurrence v WHERE v.person_id = p.person_id AND v.visit_concept_id = {INPATIENT}) AS n,
            (SELECT max(v.visit_start_date) FROM visit_occurrence v WHERE v.person_id = p.person_id) AS last,
            (SELECT m.value_as_number FROM measurement m WHERE m.person_id = p.person_id AND m.measurement_concept_id = {SYSTOLIC}
                ORDER BY m.measurement_date DESC LIMIT 1) AS v
        FROM person p WHERE person_id NOT IN (SELECT person_id FROM death)""",
    "queries that read a date of the outer one": f"""
        WITH i AS MATERIALIZED ({_FIRST})
        SELECT i.person_id, EXISTS (SELECT 1 FROM visit_occurrence v WHERE v.person_id = i.person_id AND v.visit_start_date > i.t) AS later,
            (SELECT count(*) FROM visit_occurrence v JOIN drug_exposure x ON x.person_id = v.person_id
                WHERE v.person_id = i.person_id AND v.visit_start_date < i.t AND x.drug_exposure_start_date > i.t) AS around
        FROM i JOIN person p ON p.person_id = i.person_id""",
    "names given in SELECT": """
        SELECT person_id, max(n) AS busiest, busiest > 2 AS often FROM (
            SELECT person_id, year(visit_start_date) AS y, month(visit_start_date) AS m, y * 12 + m AS month, count(*) AS n
            FROM visit_occurrence WHERE y >= 2020 GROUP BY person_id, y, m HAVING n >= 1 ORDER BY n) GROUP BY person_id""",
    "DISTINCT ON": f"""
        SELECT DISTINCT ON (person_id) person_id, value_as_number AS v, measurement_date AS d {_SYSTOLIC}
        ORDER BY person_id, measurement_date DESC""",
    "tables after commas": """
        SELECT p.person_id, p.sex, d.death_date AS died, count(v.visit_start_date) AS n FROM person p, death d, visit_occurrence v
        WHERE p.person_id = d.person_id AND v.person_id = p.person_id AND v.visit_start_date < d.death_date GROUP BY ALL""",
    "frames before and after the row": """
        SELECT person_id, max(gap) AS gap, sum(CASE WHEN s > before + 30 THEN 1 ELSE 0 END) AS episodes, max(rest) AS rest FROM (
            SELECT person_id, s, before, s - before AS gap, rest FROM (
                SELECT person_id, drug_exposure_start_date AS s,
                    max(drug_exposure_start_date + days_supply::INT) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before,
                    sum(days_supply) OVER (w ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING) AS rest
                FROM drug_exposure WINDOW w AS (PARTITION BY person_id ORDER BY drug_exposure_start_date, days_supply, drug_concept_id)) AS e) AS g
        GROUP BY person_id""",
    "months, quarters and casts": f"""
        WITH i AS ({_FIRST})
        SELECT i.person_id, sum((v.visit_start_date BETWEEN i.t - INTERVAL 6 MONTH AND i.t + INTERVAL 1 YEAR)::INT) AS near,
            sum(CAST(quarter(v.visit_start_date) = 1 AS INTEGER)) AS winter, max(extract(quarter FROM v.visit_start_date)) AS q,
            max(v.visit_end_date - v.visit_start_date BETWEEN 7 AND 14) AS long, min(v.visit_start_date::DATE) AS first
        FROM i JOIN visit_occurrence v USING (person_id) GROUP BY i.person_id""",
    "what is not known": """
        SELECT p.person_id, nullif(p.sex, 'male') AS other, if(d.death_date IS NULL, 'alive', 'dead') AS state,
            d.death_date IS DISTINCT FROM DATE '2021-06-01' AS not_june, p.sex IS NOT DISTINCT FROM 'male' AS male
        FROM person p LEFT JOIN death d USING (person_id)""",
}

# what plain DuckDB says of these depends on how rows are stored when several are on one day
UNEQUAL_ON_TIES = {
    "latest value in a year",
    "latest and earliest by arg_max",
    "treatment episodes by gap",
    "first and last by an order",
    "lists",
    "queries that are one value",
    "DISTINCT ON",
}
# a row number without an order is any order to DuckDB
UNSAID = {"a window before what breaks its ties"}


def world(people, seed=1, *, most=6, ties=False):
    """People with events of every table; without `ties` no two of a person's events in a table are on one day."""
    draw = random.Random(seed)  # noqa: S311 an example, not a secret
    made = {
        name: []
        for name in ("person", "death", "condition_occurrence", "visit_occurrence", "drug_exposure", "measurement")
    }
    for person in range(1, people + 1):
        made["person"].append({"person_id": person, "sex": draw.choice(["female", "male"]), "borough": "E09000007",
                               "year_of_birth": draw.randint(1930, 2000)})  # fmt: skip
        if draw.random() < 0.3:
            made["death"].append({"person_id": person, "death_date": date(2021, draw.randint(1, 12), 1)})
        for day in _days(draw, most, ties):
            made["condition_occurrence"].append({"person_id": person, "condition_start_date": day,
                "condition_concept_id": draw.choice([HYPERTENSION, DIABETES, 201254])})  # fmt: skip
        for day in _days(draw, most, ties):
            made["visit_occurrence"].append({"person_id": person, "visit_concept_id": draw.choice([INPATIENT, EMERGENCY]),
                "visit_start_date": day, "visit_end_date": day + timedelta(draw.choice([0, 7, 14]))})  # fmt: skip
        for day in _days(draw, most, ties):
            made["drug_exposure"].append({"person_id": person, "drug_exposure_start_date": day,
                "drug_concept_id": draw.choice([1332418, 1334456]), "days_supply": draw.choice([0, 28, 56])})  # fmt: skip
        for day in _days(draw, most, ties):
            made["measurement"].append({"person_id": person, "measurement_date": day, "value_as_number": float(draw.randint(90, 180)),
                "measurement_concept_id": SYSTOLIC})  # fmt: skip
    return made


def _days(draw, most, ties):
    weeks = draw.choices(range(8), k=draw.randint(0, most)) if ties else draw.sample(range(150), draw.randint(0, most))
    first = date(2019, 12, 16) if ties else date(2019, 1, 7)
    return [first + timedelta(7 * week) for week in weeks]
