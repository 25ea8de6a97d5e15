"""A full-size made-up vault with its opt-out list, written by DuckDB itself as intake and an exchange leave them.

Four practices hold a quarter of the people each. Rows lie in the order of their dates, as deliveries do, so nothing is
sorted by person beforehand; the same sizes give the same content.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from gateway.store.keys import Keys
from infra.bench.data import CODES, ETHNIC, prepare
from workspaces.catalogue.places import BOROUGHS
from workspaces.engine import Bounds, Engine, open_engine, write_parquet
from workspaces.intake.deliveries import fingerprint
from workspaces.intake.vault import Vault
from workspaces.opt_outs import Hashing, OptOutList, open_list
from workspaces.opt_outs.hashing import hash_into
from workspaces.opt_outs.receipt import Receipt

PRACTICES = ("F83001", "F83002", "F83003", "F83004")
OPTED_OUT = 0.054
SECRET = "a benchmark has nothing to hide"  # noqa: S105 of made-up people
ASKED_AT = "2026-07-01T09:00:00+00:00"

# Ten-digit numbers in no order: a prime above the number of people keeps them apart.
_NUMBER = "CREATE TEMP MACRO number(i) AS 4000000000 + i::BIGINT * 7919 % 99999989"
_QUERIES = {
    "person": """
        SELECT number(i) AS nhs_number, DATE '2026-06-30' - (part('age', i) * 34000)::INTEGER AS birth_date,
            CASE WHEN part('sex', i) < 0.5 THEN 'female' ELSE 'male' END AS sex,
            ($ethnic)[1 + (part('ethnic', i) ** 2 * len($ethnic))::INTEGER % len($ethnic)] AS ethnic_group,
            ($boroughs)[1 + (part('borough', i) * len($boroughs))::INTEGER % len($boroughs)] AS borough,
            $practice AS organisation, 1 AS source_rank
        FROM $people""",
    "type_1": """
        SELECT number(i) AS nhs_number, true AS opted_out, DATE '2024-03-01' AS code_date
        FROM $people WHERE part('type 1', i) < 0.01""",
    "exclusion": "SELECT number(i) AS nhs_number, 'withheld_identity' AS reason FROM $people WHERE i % 100000 = 7",
    "condition_occurrence": """
        SELECT number(i) AS nhs_number,
            ($codes)[1 + (part('code', i, j) * part('rare', i, j) * len($codes))::INTEGER % len($codes)]::INTEGER
                AS condition_concept_id,
            DATE '2016-01-04' + (sqrt(part('day', i, j)) * 3650)::INTEGER AS condition_start_date
        FROM (SELECT i, unnest(range((-ln(1 - part('events', i)) * $mean)::INTEGER)) AS j FROM $people)
        ORDER BY condition_start_date""",
    "measurement": """
        SELECT number(i) AS nhs_number, 3004249 AS measurement_concept_id,
            DATE '2016-01-04' + (sqrt(part('taken', i, j)) * 3650)::INTEGER AS measurement_date,
            95 + round(70 * part('a', i, j)) AS value_as_number
        FROM (SELECT i, unnest(range((-ln(1 - part('often', i)) * $mean)::INTEGER)) AS j FROM $people)
        ORDER BY measurement_date""",
}


@dataclass(frozen=True)
class Made:
    """A vault and the list that goes with it."""

    vault: Vault
    opt_outs: OptOutList


def vault_of(base: Path, people: int, events: int) -> Made:
    """The vault of that size below `base`: made at its first use, read from then on."""
    folder = base / f"snapshots-{people}-{events}"
    if not (folder / "made").exists():
        folder.mkdir(parents=True, exist_ok=True)
        with open_engine(scratch=folder, bounds=Bounds(memory_mib=8_192, threads=2)) as engine:
            prepare(engine)
            engine.execute(_NUMBER)
            for practice in range(len(PRACTICES)):
                _load(engine, Vault(folder / "vault"), practice, people, events)
        (folder / "made").touch()
    if not (folder / "hashes" / "list.json").exists():
        with open_engine(scratch=folder, bounds=Bounds(memory_mib=8_192, threads=2)) as engine:
            prepare(engine)
            engine.execute(_NUMBER)
            _list(engine, folder, people)
    return Made(Vault(folder / "vault"), open_list(folder / "hashes", Keys(folder / "keys", SECRET)))


def _load(engine: Engine, vault: Vault, practice: int, people: int, events: int) -> None:
    draft = vault.root / f"draft-{practice}"
    draft.mkdir()
    values: dict[str, object] = {
        "people": f"range({practice}, {people}, {len(PRACTICES)}) AS numbers(i)",
        "practice": f"'{PRACTICES[practice]}'",
        "codes": list(CODES),
        "ethnic": list(ETHNIC),
        "boroughs": [borough.code for borough in BOROUGHS],
        "mean": events / people / 2,
    }
    rows, files = {}, {}
    for table, query in _QUERIES.items():
        rows[table] = write_parquet(engine, _written(query, values), draft / f"{table}.parquet")
        files[table] = fingerprint(draft / f"{table}.parquet")
    facts = {
        "digest": f"{practice:064x}",
        "loaded_at": ASKED_AT,
        "source": {"organisation": PRACTICES[practice], "format": "omop", "standing": "made up", "receipt": None},
        "extract_date": "2026-06-30",
        "rows": rows,
        "person_rows": rows["person"],
        "files": files,
    }
    vault.publish(draft, {**facts, "quarantined": {}, "unsupported": {}, "alarms": ()})


def _list(engine: Engine, base: Path, people: int) -> None:
    folder, hashing = base / "hashes", Hashing.of_list(Keys(base / "keys", SECRET), "bench")
    folder.mkdir(exist_ok=True)
    numbers = f"SELECT i, number(i) AS nhs_number FROM range({people}) AS numbers(i)"  # noqa: S608 a number
    hash_into(engine, "hashes", f"SELECT nhs_number FROM ({numbers})", hashing)  # noqa: S608 the same
    asked = write_parquet(engine, "SELECT hashed FROM hashes ORDER BY hashed", folder / "asked.parquet")
    kept = f"FROM hashes SEMI JOIN (FROM ({numbers}) WHERE part('opted out', i) >= {OPTED_OUT}) USING (nhs_number)"
    allowed = write_parquet(engine, f"SELECT hashed {kept} ORDER BY hashed", folder / "allowed.parquet")
    receipt = Receipt("bench", ASKED_AT, ASKED_AT, asked, allowed, asked - allowed, "0" * 64)
    (folder / "list.json").write_text(json.dumps(receipt.describe()), encoding="utf-8")


def _written(query: str, values: dict[str, object]) -> str:
    for name, value in values.items():
        query = query.replace(f"${name}", str(value))
    return query
