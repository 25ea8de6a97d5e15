"""SQL that would take more than its share: refused, or proven and drawn in moments, whoever is in the records."""

# ruff: noqa: S608, E501 (texts that become canonical SQL first)

import resource
import time

import pytest

from disclosure.release import draw
from disclosure.requests import parse_request
from disclosure.terms import Terms
from tests.factories.sites import small_world
from tests.factories.worlds import EVERYTHING, proven, write
from workspaces.catalogue.errors import Invalid

YEAR = "SELECT person_id, year_of_birth AS v FROM person"
DAYS = "SELECT person_id, days_supply AS v FROM drug_exposure"


def chain(first, again, times, last="SELECT person_id, v"):
    """A CTE that each next one reads twice: written out, it would double every time."""
    steps = [f"c0 AS ({first})", *(f"c{n} AS ({again.format(p=f'c{n - 1}')})" for n in range(1, times))]
    return f"WITH {', '.join(steps)} {last} FROM c{times - 1}"


def nested(again, times):
    made = YEAR
    for number in range(times):
        made = again.format(inner=made, n=number)
    return made


PAIR = "SELECT a.person_id, a.v FROM {p} a JOIN {p} b ON a.person_id = b.person_id"
BOTH = "SELECT person_id, max(v) AS v FROM (SELECT person_id, v FROM {p} UNION ALL SELECT person_id, v FROM {p}) u GROUP BY person_id"
TWICE = "SELECT person_id, v FROM (SELECT person_id, v FROM {p} UNION ALL SELECT person_id, v FROM {p}) u"
MOST = "SELECT person_id, max(v) AS v"
REFUSED = {
    # Nested or long beyond reading
    "9,000 parentheses": ("size", f"SELECT person_id, {'(' * 9000}sex{')' * 9000} AS v FROM person"),
    "4,000 NOTs": ("size", f"SELECT person_id, sex FROM person WHERE {'NOT ' * 4000}(sex = 'male')"),
    "4,000 minus signs": ("size", f"SELECT person_id, {'- ' * 4000}year_of_birth AS v FROM person"),
    "400 CASEs": ("size", f"SELECT person_id, {'CASE WHEN sex = $$male$$ THEN 1 ELSE ' * 400}0{' END' * 400} AS v FROM person"),
    "1,200 ORs": ("size", f"SELECT person_id, sex FROM person WHERE {' OR '.join(['sex = 1'] * 1200)}"),
    "1,000 columns": ("size", f"SELECT person_id, {', '.join(f'sex AS c{n}' for n in range(1000))} FROM person"),
    "200 subqueries": ("size", nested("SELECT d{n}.person_id, d{n}.v FROM ({inner}) AS d{n}", 200)),
    "a doubling of nested values": ("size", nested("SELECT d{n}.person_id, greatest(d{n}.v, d{n}.v) AS v FROM ({inner}) AS d{n}", 40)),
    "5,000 comments in one another": ("syntax", f"{YEAR} {'/*' * 5000}{'*/' * 4000}"),
    "a number of 15,000 digits": ("literal", f"SELECT person_id, year_of_birth > {'9' * 15000} AS v FROM person"),
    "a number with a huge exponent": ("literal", "SELECT person_id, year_of_birth > 1e999999999 AS v FROM person"),
    # Rows that multiply
    "rows doubled 24 times": ("size", chain(DAYS, TWICE, 25, MOST) + " GROUP BY person_id"),
    "rows times 32": ("size", chain(DAYS, TWICE, 6, MOST) + " GROUP BY person_id"),
    "rows times 5 times 5": (
        "size",
        chain(DAYS, f"SELECT person_id, v FROM ({' UNION ALL '.join(['SELECT person_id, v FROM {p}'] * 5)}) u", 3, MOST)
        + " GROUP BY person_id",
    ),
    "events joined on and on": ("join", chain(DAYS, PAIR, 12, MOST) + " GROUP BY person_id"),
    "200 tables": ("name", "SELECT p.person_id, p.sex FROM person p " + " ".join(f"JOIN person q{n} ON q{n}.person_id = p.person_id" for n in range(200))),
    "rows without end": ("with", "WITH RECURSIVE r AS (SELECT person_id, 1 AS n FROM person UNION ALL SELECT person_id, n + 1 FROM r) SELECT person_id, max(n) AS n FROM r GROUP BY person_id"),
    "a series": ("table", "SELECT person_id, n FROM person, generate_series(1, 1000000000) AS t(n)"),
    # Reads that multiply where an engine keeps nothing
    "each step reads the one before twice, on and on": ("size", chain(YEAR, PAIR, 10)),
    "doubled and grouped again, on and on": ("size", chain(YEAR, BOTH, 10)),
    # Files and settings
    "read_csv": ("table", "SELECT person_id, sex FROM read_csv('/etc/passwd')"),
    "read_text": ("table", "SELECT person_id, sex FROM read_text('/etc/passwd')"),
    "glob": ("table", "SELECT person_id, file AS f FROM glob('/*')"),
    "attach": ("statement", "ATTACH 'other.db' AS other"),
    "attach after the query": ("statement", f"{YEAR}; ATTACH 'other.db' AS other"),
    "pragma": ("statement", "PRAGMA memory_limit='100GB'"),
    "set": ("statement", "SET memory_limit='100GB'"),
    "load": ("statement", "LOAD httpfs"),
    # Functions of unbounded work
    "a list of a billion": ("function", "SELECT person_id, len(range(1000000000)) AS n FROM person"),
    "a text of a billion": ("function", "SELECT person_id, repeat('x', 1000000000) AS n FROM person"),
    "padding": ("function", "SELECT person_id, lpad(sex, 1000000000, 'x') AS n FROM person"),
    "a pattern that backtracks": ("function", "SELECT person_id, regexp_matches(sex, '(a+)+$') AS n FROM person"),
    "powers": ("function", "SELECT person_id, year_of_birth ** 99999999 AS v FROM person"),
    "factorials": ("syntax", "SELECT person_id, year_of_birth ! AS v FROM person"),
    "sleep": ("function", "SELECT person_id, pg_sleep(100) AS n FROM person"),
    "a far day": ("type", "SELECT person_id, max(death_date + 999999999999) AS v FROM death GROUP BY person_id"),
}  # fmt: skip


@pytest.mark.parametrize("bomb", REFUSED)
def test_refused_in_a_moment(bomb):
    code, sql = REFUSED[bomb]
    began = time.process_time()
    with pytest.raises(Invalid) as refusal:
        proven(sql=sql)
    assert refusal.value.code == f"view:{code}", refusal.value.sentence
    assert time.process_time() - began < 2


ALLOWED = {
    "each step reads the one before twice": chain(YEAR, PAIR, 9),
    "each value is made of the last one twice": chain(YEAR, "SELECT person_id, CASE WHEN v > 1950 THEN v ELSE least(v, v) END AS v FROM {p}", 40),
    "doubled and grouped again": chain(YEAR, BOTH, 9),
    "rows times 16": chain(DAYS, TWICE, 5, MOST) + " GROUP BY person_id",
    "2,000 values in a list": f"SELECT person_id, sex FROM person WHERE sex IN ({', '.join(['$$male$$'] * 1500).replace('$$', chr(39))})",
}  # fmt: skip
TERMS = Terms(tables=EVERYTHING, delta_e15=500_000_000, public_population=20_000)


@pytest.mark.parametrize("bomb", ALLOWED)
def test_what_is_allowed_stays_small(bomb, tmp_path):
    body = {
        "title": "A bomb",
        "view": {"sql": ALLOWED[bomb]},
        "statistics": [{"name": "n", "kind": "count"}],
        "epsilon": "0.5",
    }
    began = time.process_time()
    drawn = draw(parse_request(body), TERMS, write(small_world(100), tmp_path))
    assert len(drawn.cells) == 1
    assert time.process_time() - began < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 4 * 1024**2  # KiB
