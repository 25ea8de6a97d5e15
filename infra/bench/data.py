"""Full-size made-up tables, written by DuckDB itself as the files of a snapshot: no intake, no build.

Layout, order, row groups and compression are those of a real snapshot. Every value is a hash of the person's number,
so the same sizes give the same content.
"""

import json
from pathlib import Path

from disclosure.engines.plan import SnapshotFiles
from workspaces.catalogue.census import KEY, SAMPLING, Census, to_text
from workspaces.catalogue.places import BOROUGHS
from workspaces.catalogue.tables import CONDITION, ETHNIC_GROUPS
from workspaces.engine import Bounds, Engine, fill, open_engine, write_parquet
from workspaces.snapshots.minimise import ROW_GROUP, census_of

FIRST_DAY, YEARS, CUT_YEAR = "2016-01-01", 10, 2026
ETHNIC = ETHNIC_GROUPS.values
CODES = next(column.domain.values for column in CONDITION.columns if column.domain)

# Ages fall off towards 90; one person in fifty has an attribute that is not known.
_PERSON = """
    SELECT i::INTEGER AS person_id, (2026 - age)::INTEGER AS year_of_birth,
        CASE WHEN unknown THEN 'unknown' WHEN age >= 90 THEN '90+'
            ELSE printf('%02d-%02d', age // 5 * 5, age // 5 * 5 + 4) END AS age_band,
        CASE WHEN unknown THEN 'unknown' WHEN part('sex', i) < 0.5 THEN 'female' ELSE 'male' END AS sex,
        ($ethnic)[1 + (part('ethnic', i) ** 2 * len($ethnic))::INTEGER % len($ethnic)] AS ethnic_group,
        code AS borough, stp, imd_decile
    FROM (SELECT i, (part('age', i) * (0.4 + 0.6 * part('older', i)) * 100)::INTEGER AS age,
            part('unknown', i) < 0.02 AS unknown, (part('borough', i) * 32.99)::INTEGER AS place
        FROM range($first, $last) AS numbers(i))
    JOIN place USING (place) ORDER BY person_id
"""

# An exponential number of events for each person; some codes and the later years are more common.
_CONDITION = """
    SELECT i::INTEGER AS person_id,
        ($codes)[1 + (part('code', i, j) * part('rare', i, j) * len($codes))::INTEGER % len($codes)]::INTEGER
            AS condition_concept_id,
        date_trunc('week', DATE '2016-01-04' + (sqrt(part('day', i, j)) * 3650)::INTEGER)::DATE AS condition_start_date
    FROM (SELECT i, unnest(range((-ln(1 - part('events', i)) * $mean)::INTEGER)) AS j
        FROM range($first, $last) AS numbers(i))
    ORDER BY ALL
"""

# A blood pressure and a body mass index: eight times for one person in twenty, once for fourteen, never for five.
_MEASUREMENT = """
    SELECT i::INTEGER AS person_id, concept::INTEGER AS measurement_concept_id,
        date_trunc('week', DATE '2016-01-04' + (sqrt(part('taken', i, j + concept % 1000)) * 3650)::INTEGER)::DATE
            AS measurement_date,
        CASE concept WHEN 3004249 THEN 95 + round(70 * (part('a', i, j) + part('b', i, j)) / 2)
            ELSE round(16 + 24 * part('c', i, j) * part('d', i, j) + 6 * part('e', i, j), 1) END AS value_as_number
    FROM (SELECT i, j, unnest([3004249, 3038553]) AS concept FROM (
        SELECT i, unnest(range(CASE WHEN part('often', i) < 0.05 THEN 8 WHEN part('often', i) < 0.75 THEN 1 ELSE 0 END))
            AS j FROM range($first, $last) AS numbers(i)))
    ORDER BY ALL
"""
_SAMPLING = "SELECT i::INTEGER AS person_id, hash(i, 'sampling') AS sample_key FROM range($first, $last) AS numbers(i)"
_TABLES = {"person": _PERSON, "condition_occurrence": _CONDITION, "measurement": _MEASUREMENT}


def snapshot_of(base: Path, people: int, events: int) -> SnapshotFiles:
    """The snapshot of that size below `base`: made at its first use, read from then on."""
    folder = base / f"releases-{people}-{events}"
    if not (folder / "made.json").exists():
        _make(folder, people, events)
    return SnapshotFiles(folder / "room", folder / "draw" / "sampling.parquet")


def _make(folder: Path, people: int, events: int) -> None:
    for place in ("room", "draw"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    with open_engine(scratch=folder, bounds=Bounds(memory_mib=8_192, threads=2)) as engine:
        prepare(engine)
        counted = {}
        for table, query in _TABLES.items():
            path = folder / "room" / f"{table}.parquet"
            write_parquet(engine, _written(query, people, events), path, row_group=ROW_GROUP)
            counted[table] = census_of(engine, path)
        counted[SAMPLING] = Census(people, 1, 1, people)
        path, query = folder / "draw" / f"{SAMPLING}.parquet", _written(_SAMPLING, people, events)
        write_parquet(engine, query, path, row_group=ROW_GROUP, footer=(KEY, to_text(counted)))
    (folder / "made.json").write_text(json.dumps({"people": people, "events": events, "row_group": ROW_GROUP}))


def _written(query: str, people: int, events: int) -> str:
    """The query with its numbers and lists in their places."""
    values = {"first": 1, "last": people + 1, "mean": events / people, "codes": list(CODES), "ethnic": list(ETHNIC)}
    for name, value in values.items():
        query = query.replace(f"${name}", str(value))
    return query


def prepare(engine: Engine) -> None:
    """The places, and `part`: a number from 0 up to 1 that follows from a word and whole numbers."""
    places = [(number, borough.code, borough.stp, borough.imd_decile) for number, borough in enumerate(BOROUGHS)]
    columns = {"place": "INTEGER", "code": "VARCHAR", "stp": "VARCHAR", "imd_decile": "INTEGER"}
    fill(engine, "place", columns, [*places, (len(places), "unknown", "unknown", 0)])
    engine.execute(
        "CREATE TEMP MACRO part(word, i, j := 0) AS "
        "(hash(xor(hash(word), (i * 4096 + j)::UBIGINT)) >> 32) / 4294967296.0"
    )
