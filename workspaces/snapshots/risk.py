"""How easily somebody who knows a few things of a person could single them out in a snapshot's rows.

For IG officers alone: it is exact (privacy model P9) and shapes nothing that draws read (P2). Everything is counted by
the engine over the tables as they were written.

* k: the smallest class of people who agree in every granted quasi-identifier; how many stand in small classes.
* expected hits: of an intruder who holds a register of everybody with those attributes and guesses within each class.
* l: the fewest different values of a sensitive column within a class; none at all is a value as well.
* events: of a fixed sample of people, how many are the only ones with one to five of their events, known by the date
  as stored, by month, or by nothing but what followed what after how long.
"""

from collections.abc import Mapping
from typing import Any

from workspaces.catalogue.columns import Kind
from workspaces.catalogue.tables import TABLES
from workspaces.engine import Engine, one, run
from workspaces.snapshots.minimise import PERIOD_COLUMN, Written

SMALL = (3, 5, 10)
FEWEST, SAMPLE, SAMPLED_EVENTS = 20, 200, 500_000
"""People looked at: as many as fit, fewer where a fact is shared by very many."""
KNOWN = 5
_CODES = {name: TABLES[name].columns[1].name for name in PERIOD_COLUMN if not TABLES[name].one_row_per_person}
"""The column of each table of events that says what happened."""

_CLASSES = """
CREATE TEMP TABLE member AS SELECT person_id, hash({columns}) AS class FROM risk_person;
CREATE TEMP TABLE class AS SELECT class, count(*) AS size FROM member GROUP BY class;
"""

# The people looked at follow from the secret sampling keys, the events known of each from a hash of person and event.
# Whoever does not fit the first fact known of somebody fits none of their facts together.
_KNOWN = """
CREATE OR REPLACE TEMP TABLE known AS
SELECT person_id AS target, fact, row_number() OVER (PARTITION BY person_id ORDER BY hash(person_id, fact), fact) AS n
FROM (SELECT DISTINCT person_id, fact FROM fact SEMI JOIN looked_at USING (person_id)) QUALIFY n <= $known;
CREATE OR REPLACE TEMP TABLE near AS FROM fact SEMI JOIN known USING (fact);
CREATE OR REPLACE TEMP TABLE first AS SELECT DISTINCT target, person_id FROM near JOIN known USING (fact) WHERE n = 1;
CREATE OR REPLACE TEMP TABLE fits AS
SELECT target, person_id, bit_or(1 << (n - 1)::INTEGER) AS facts
FROM near JOIN known USING (fact) SEMI JOIN first USING (target, person_id) GROUP BY target, person_id;
"""
_FACTS = {
    "date": "SELECT person_id, hash(code, day) AS fact FROM event",
    "month": "SELECT person_id, hash(code, 12 * year(day) + month(day)) AS fact FROM event",
    "order": "SELECT person_id, hash(code, lead(code) OVER next, lead(day) OVER next - day) AS fact FROM event"
    " WINDOW next AS (PARTITION BY person_id ORDER BY day, code) QUALIFY lead(code) OVER next IS NOT NULL",
}
MOST_IN_ORDER = 5_000_000
"""Events up to which what followed what is looked at: that sorts all of them, and knowing less than the date never
makes more people alone."""


def assess(engine: Engine, tables: Mapping[str, Written]) -> dict[str, Any]:
    """The report on the written tables; `identity` is still there. Counts of people, unless a name says otherwise."""
    for name, written in tables.items():
        engine.read_parquet(str(written.path)).create_view(f"risk_{name}")
    report: dict[str, Any] = {"people": one(engine, "SELECT count(*) FROM identity")}
    if "person" in tables and (columns := quasi_identifiers(tables["person"].columns)):
        run(engine, _CLASSES.format(columns=", ".join(columns)))
        report |= _classes(engine, columns)
        report["least_values_in_a_class"] = {
            f"{name}.{_CODES[name]}": _least(engine, name, _CODES[name]) for name in sorted(_with_codes(tables))
        }
    report["events"] = _events(engine, tables)
    return report


def quasi_identifiers(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the person table that others may know of somebody."""
    kinds = {column.name: column.kind for column in TABLES["person"].columns}
    return tuple(column for column in columns if kinds[column] is Kind.QUASI_IDENTIFYING)


def _classes(engine: Engine, columns: tuple[str, ...]) -> dict[str, Any]:
    below = [f"coalesce(sum(size) FILTER (size < {size}), 0)" for size in SMALL]
    whole = ["coalesce(min(size), 0)", "coalesce(sum(size) FILTER (size = 1), 0)", "count(*)"]
    query = f"SELECT {', '.join((*whole, *below))} FROM class"  # noqa: S608 numbers of ours
    k, unique, classes, *small = (int(number) for number in engine.execute(query).fetchall()[0])
    return {
        "quasi_identifiers": list(columns),
        "k": k,
        "unique": unique,
        "in_classes_below": dict(zip(map(str, SMALL), small, strict=True)),
        "expected_hits": classes,  # everybody of a class of n is guessed with 1/n: one hit a class
    }


def _least(engine: Engine, table: str, code: str) -> int:
    """The fewest different values of a column among the people of any class; no class has fewer than one, so where a
    small class has one the others need not be looked at."""
    for size in (SMALL[-1], None):
        members = f"(FROM member SEMI JOIN (FROM class WHERE size < {size or 2**31}) USING (class))"
        query = f"""
            SELECT min(different) FROM (SELECT class, count(*) AS different FROM (
                SELECT class, {code} AS code FROM risk_{table} JOIN {members} USING (person_id)
                UNION SELECT class, NULL FROM {members} ANTI JOIN risk_{table} USING (person_id)) GROUP BY class)"""  # noqa: S608
        if (least := one(engine, query)) == 1:
            break
    return least


def _with_codes(tables: Mapping[str, Written]) -> dict[str, Written]:
    return {
        name: written for name, written in tables.items() if _CODES.get(name) in written.columns and name != "death"
    }


def _events(engine: Engine, tables: Mapping[str, Written]) -> dict[str, Any]:
    """For each way of knowing: [of how many, how many alone] with 1, 2, … known events, among the people looked at."""
    dated = {name for name, written in _with_codes(tables).items() if PERIOD_COLUMN[name] in written.columns}
    if not dated:
        return {}
    each = [
        f"SELECT person_id, hash({number}, {_CODES[name]}) AS code, {PERIOD_COLUMN[name]} AS day FROM risk_{name}"  # noqa: S608
        for number, name in enumerate(sorted(dated))
    ]
    engine.execute(f"CREATE TEMP VIEW event AS {' UNION ALL '.join(each)}")
    looked_at = "CREATE TEMP TABLE looked_at AS SELECT person_id FROM identity ORDER BY sample_key LIMIT $sample"
    found, events = {}, sum(tables[name].rows for name in dated)
    run(engine, looked_at, {"sample": max(FEWEST, min(SAMPLE, SAMPLE * SAMPLED_EVENTS // max(1, events)))})
    ways = {way: query for way, query in _FACTS.items() if way != "order" or events <= MOST_IN_ORDER}
    for way, query in ways.items():
        engine.execute(f"CREATE OR REPLACE TEMP VIEW fact AS {query}")
        run(engine, _KNOWN, {"known": KNOWN})
        found[way] = [_alone(engine, number) for number in range(1, KNOWN + 1)]
    return {"looked_at": one(engine, "SELECT count(*) FROM looked_at"), "ways": found}


def _alone(engine: Engine, number: int) -> list[int]:
    query = """
        SELECT count(*), coalesce(sum((people = 1)::INTEGER), 0) FROM (
            SELECT target, count(*) AS people FROM fits
            WHERE facts & $all = $all AND target IN (SELECT target FROM known WHERE n = $number) GROUP BY target)"""
    return [int(n) for n in engine.execute(query, {"all": 2**number - 1, "number": number}).fetchall()[0]]
