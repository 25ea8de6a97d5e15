"""The vault as a build sees it: current loads with their bytes checked, and who of their people may be used."""

import json
from pathlib import Path

from workspaces.catalogue.errors import Invalid
from workspaces.engine import Engine, counts, fill, one, run
from workspaces.intake.deliveries import fingerprint
from workspaces.intake.sources import Standing
from workspaces.intake.vault import TABLES, Load, Vault
from workspaces.opt_outs.hashing import hash_into
from workspaces.opt_outs.list import OptOutList

EXCLUDED = ("withheld_identity", "type_1_at_screened_source")
"""Reasons that a load gives for never letting a person in, most binding first."""

OPTED_OUT = ("type_1_opt_out", "national_opt_out", "not_on_list")
"""`national_opt_out` was asked about and is not allowed; `not_on_list` was never asked about. Neither may be used."""

_ALWAYS_READ = ("person", "exclusion", "type_1")
"""Tables that a build reads of every load, for they hold who said no."""

# A death is one row a person: the best source's, its earliest date.
_DEATHS = """
CREATE TEMP TABLE source_death AS
SELECT nhs_number, arg_min(death_date, row(source_rank, organisation, death_date)) AS death_date
FROM all_deaths GROUP BY nhs_number
"""

# Who said no stays out until they are heard otherwise, also when a newer load of the source no longer tells. A Type 1
# code of any load counts; without a date it is taken to be as old as its load, unless that is a current one. A
# withheld identity stands until the same source gives the person again without it.
_NO = """
CREATE TEMP TABLE source_type_1 AS
SELECT DISTINCT nhs_number, opted_out,
    CASE WHEN is_current OR code_date <= extract_date THEN code_date ELSE extract_date END AS code_date
FROM read_parquet($codes, filename = true) JOIN load_file USING (filename);
CREATE TEMP TABLE ever_withheld AS
SELECT nhs_number, source, sequence FROM read_parquet($exclusions, filename = true) JOIN load_file USING (filename)
WHERE reason = 'withheld_identity';
CREATE TEMP TABLE withheld AS
SELECT DISTINCT nhs_number FROM (
    SELECT source, nhs_number, arg_max(said, row(sequence, said)) AS still FROM (
        SELECT nhs_number, source, sequence, true AS said FROM ever_withheld
        UNION ALL SELECT nhs_number, source, sequence, false
            FROM read_parquet($people, filename = true) JOIN load_file USING (filename)
            WHERE nhs_number IN (SELECT nhs_number FROM ever_withheld))
    GROUP BY ALL) WHERE still;
"""

# Those allowed by the list and by law come first, for they are most. Why the others are not allowed is asked of them
# alone. A list knows people by a hash under a key of its own.
_DECIDE = """
CREATE TEMP TABLE latest_type_1 AS
SELECT nhs_number FROM source_type_1 GROUP BY nhs_number HAVING arg_max(opted_out, row(code_date, opted_out));
CREATE TEMP TABLE denied AS
SELECT nhs_number FROM withheld UNION SELECT nhs_number FROM source_exclusion UNION FROM latest_type_1;
CREATE TEMP TABLE judged AS
SELECT nhs_number, coalesce(
    hashed IN (SELECT hashed FROM read_parquet($allowed)) AND nhs_number NOT IN (FROM denied), false) AS is_kept
FROM person_hash;
CREATE TEMP TABLE kept AS SELECT nhs_number FROM judged WHERE is_kept;
CREATE TEMP TABLE left_out AS
SELECT nhs_number FROM judged WHERE NOT is_kept UNION SELECT nhs_number FROM source_exclusion;
CREATE TEMP TABLE asked_about AS
SELECT nhs_number FROM (FROM person_hash SEMI JOIN left_out USING (nhs_number))
SEMI JOIN read_parquet($asked) USING (hashed);
CREATE TEMP TABLE removed AS
SELECT nhs_number, CASE
    WHEN nhs_number IN (SELECT nhs_number FROM withheld) THEN 'withheld_identity'
    WHEN nhs_number IN (SELECT nhs_number FROM source_exclusion) THEN 'type_1_at_screened_source'
    WHEN nhs_number IN (FROM latest_type_1) THEN 'type_1_opt_out'
    WHEN nhs_number IN (FROM asked_about) THEN 'national_opt_out'
    ELSE 'not_on_list' END AS reason
FROM left_out;
CREATE TEMP TABLE exempted (nhs_number BIGINT);
CREATE TEMP VIEW decided AS SELECT nhs_number, NULL AS reason FROM kept UNION ALL FROM removed;
"""

# An exemption is from the national opt-out and from nothing else: Type 1 codes, withheld identities, and who was never
# asked about stay out. Nor does it undo what a source screened by itself: whoever such a source holds stays out whole.
_EXEMPT = """
INSERT INTO exempted SELECT nhs_number FROM removed WHERE reason = 'national_opt_out';
DELETE FROM exempted WHERE nhs_number IN (SELECT nhs_number FROM screened_person);
INSERT INTO kept FROM exempted;
DELETE FROM removed WHERE nhs_number IN (FROM exempted);
"""


def check_bytes(vault: Vault, loads: tuple[Load, ...]) -> None:
    """`Invalid` when a file that a build reads is gone or is not the one that was written."""
    for load in vault.all():
        for table, digest in load.files.items():
            if load not in loads and table not in _ALWAYS_READ:
                continue
            path = vault.path_of(table, load)
            if not path.is_file() or fingerprint(path) != digest:
                raise Invalid(
                    "snapshot:vault_damaged",
                    f"The table {table} of the load from {load.source['organisation']} is not as it was written.",
                    "Restore the vault, or load that source again.",
                )


def are_as_read(vault: Vault, manifest: bytes) -> bool:
    """False when a load that a build read was written anew, or is gone."""
    read = {(source["digest"], source["revision"]) for source in json.loads(manifest)["sources"]}
    return read <= {(load.digest, load.revision) for load in vault.all()}


def open_tables(engine: Engine, vault: Vault, loads: tuple[Load, ...], tables: tuple[str, ...]) -> None:
    """One view `source_TABLE` over all loads for people, what law needs, and the approved tables."""
    _open_noes(engine, vault, loads)
    screened = tuple(load for load in loads if load.source["standing"] == Standing.SCREENED_AT_SOURCE)
    _open(engine, "screened_person", "person", vault.files("person", screened))
    for table in ("person", "exclusion", *sorted(set(tables) - {"person", "death"})):
        _open(engine, f"source_{table}", table, vault.files(table, loads))
    if "death" in tables:
        _open(engine, "all_deaths", "death", vault.files("death", loads))
        engine.execute(_DEATHS)


def _open_noes(engine: Engine, vault: Vault, loads: tuple[Load, ...]) -> None:
    """Fill `source_type_1` and `withheld` from every load that the vault ever took."""
    ever = vault.all()
    columns = {
        "filename": "VARCHAR",
        "source": "VARCHAR",
        "sequence": "INTEGER",
        "extract_date": "DATE",
        "is_current": "BOOLEAN",
    }
    rows = [
        (path, "/".join(load.key), load.sequence, load.extract_date, load in loads)
        for load in ever
        for table in _ALWAYS_READ
        for path in vault.files(table, (load,))
    ]
    fill(engine, "load_file", columns, rows)
    files: dict[str, object] = {
        "codes": vault.files("type_1", ever),
        "exclusions": vault.files("exclusion", ever),
        "people": vault.files("person", ever),
    }
    run(engine, _NO, files)


def _open(engine: Engine, name: str, table: str, files: list[str]) -> None:
    if files:
        engine.read_parquet(files).create_view(name)
    else:
        engine.execute(f"CREATE TEMP TABLE {name} ({TABLES[table]})")


def check_quarantine(loads: tuple[Load, ...], limit: float) -> None:
    """`Invalid` when sources lost more of their people rows than was agreed."""
    rows, good = (
        sum(numbers) for numbers in zip(*((load.person_rows, load.rows["person"]) for load in loads), strict=True)
    )
    if rows - good > limit * rows:
        raise Invalid(
            "snapshot:too_many_quarantined",
            f"More than {limit:.0%} of the rows of people in the vault are quarantined.",
            "Have the sources corrected and load them again.",
        )


def decide(engine: Engine, opt_outs: OptOutList, *, exempt: bool = False) -> tuple[int, dict[str, int]]:
    """Fill `kept` with those who may be used; gives people in, and people removed by the first reason in order.

    With an exemption, `exempted` names those of `kept` whose national opt-out it lifts.
    """
    files: dict[str, object] = {"allowed": str(opt_outs.allowed), "asked": str(opt_outs.asked)}
    for name, path in files.items():
        held = one(engine, "SELECT count(*) FROM read_parquet($path)", {"path": path})
        if held != getattr(opt_outs.receipt, name):
            raise Invalid(
                "opt_outs:list_damaged",
                "The opt-out list does not hold as many people as its receipt says.",
                "Run the exchange with the national service again.",
            )
    hash_into(engine, "person_hash", "SELECT DISTINCT nhs_number FROM source_person", opt_outs.hashing)
    run(engine, _DECIDE, files)
    if exempt:
        run(engine, _EXEMPT)
    removed = counts(engine, "SELECT reason, count(*) FROM removed GROUP BY 1")
    return one(engine, "SELECT count(*) FROM decided"), removed


def folders(vault: Vault, opt_outs: OptOutList) -> tuple[Path, ...]:
    """What a build may read."""
    return (*vault.readable, opt_outs.folder)
