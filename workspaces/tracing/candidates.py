"""Whom a council may mean by a person without an NHS number: candidates for tracing, and nothing that joins by itself.

People are compared by a frozen Splink model (`model.json`) in an environment of its own. A candidate is offered only
where one numbered person is far more likely than every other, and the council means nobody else by them; a tie is
nobody's (privacy model P17). Rows enter a snapshot only when the council sends them again with a verified number.
"""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workspaces.catalogue.errors import Invalid
from workspaces.engine import Engine, open_engine, write_parquet
from workspaces.intake.vault import UNTRACED, Vault, need_loads

HERE = Path(__file__).parent
MODEL, PROCESS = HERE / "model.json", HERE / "splink_process.py"
ATTRIBUTES = ("birth_date", "sex", "ethnic_group", "borough", "practice")
LEAST_WEIGHT = 2.0
LEAST_LEAD = 4.0
"""In bits: how likely a pair must be, and how much more likely than the next best of either side."""
TIMEOUT_SECONDS = 3600
_AGREES = {-1: "not known", 0: "differs", 1: "same"}
_BIRTH = {-1: "not known", 0: "differs", 1: "one slip", 2: "same"}


@dataclass(frozen=True)
class Candidate:
    """A person of a council without a number, and the one whom they most likely are; held in memory only.

    `reference` is the council's own identifier, `weight` log2 of the odds, `agrees` attribute -> same, one slip,
    differs or not known.
    """

    council: str
    reference: str
    nhs_number: int
    weight: float
    agrees: Mapping[str, str]


def find_candidates(vault: Vault, *, python: Path) -> tuple[Candidate, ...]:
    """Every candidate of the current loads, by council and reference; `python` is that of the tracing environment.

    Raises Invalid when the vault is empty, the environment is not there, or the comparison fails.
    """
    if not python.is_file():
        raise Invalid(
            "tracing:no_environment",
            "There is no environment with Splink.",
            "Make it from requirements-tracing.txt.",
        )
    with vault.scratch() as scratch, vault.held():
        loads = need_loads(vault)
        with open_engine(scratch=scratch, folders=vault.readable) as engine:
            untraced = vault.files(UNTRACED, loads)
            if not untraced:
                return ()
            _read(engine, "untraced", untraced)
            _read(engine, "person", vault.files("person", loads))
            _read(engine, "exclusion", vault.files("exclusion", loads))
            engine.execute(_PREPARE)
            for name in ("sought", "known"):
                write_parquet(engine, f"SELECT {_COMPARED} FROM {name}", scratch / f"{name}.parquet")  # noqa: S608
            _compare(python, scratch)
            rows = engine.execute(_CHOSEN, {"pairs": str(scratch / "pairs.parquet")} | _LEAST).fetchall()
    return tuple(_candidate(*row) for row in rows)


def _read(engine: Engine, name: str, paths: list[str]) -> None:
    engine.read_parquet(paths, union_by_name=True).create_view(name)


def _compare(python: Path, scratch: Path) -> None:
    paths = (MODEL, scratch / "sought.parquet", scratch / "known.parquet", scratch / "pairs.parquet")
    command = [str(python), "-I", str(PROCESS), *map(str, paths)]
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(scratch), "TMPDIR": str(scratch)}
    try:
        ran = subprocess.run(  # noqa: S603 - our own program
            command, env=environment, cwd=scratch, capture_output=True, timeout=TIMEOUT_SECONDS, check=False
        )
        failed = ran.returncode != 0
    except (OSError, subprocess.TimeoutExpired):
        failed = True
    if failed:  # what it said is not passed on: it may quote a value
        raise Invalid("tracing:failed", "The comparison did not end well.", "Look at the tracing environment.")


def _candidate(council: str, reference: str, nhs_number: int, weight: float, birth: int, *others: int) -> Candidate:
    agrees = {"birth_date": _BIRTH[birth]}
    agrees |= {name: _AGREES[each] for name, each in zip(ATTRIBUTES[1:], others, strict=True)}
    return Candidate(council, reference, nhs_number, round(weight, 3), agrees)


_COMPARED = """row, birth_date, sex, ethnic_group, borough, practice, strftime(birth_date, '%m-%d') AS birth_day,
strftime(birth_date, '%Y-%m') AS birth_month, strftime(birth_date, '%d-%m') AS birth_swapped"""

# Attributes of a numbered person come from the best source, as in a snapshot; the practice is the one that sent them.
_PREPARE = """
CREATE TEMP TABLE sought AS SELECT row_number() OVER (ORDER BY organisation, reference) AS row, organisation,
    reference, birth_date, sex, ethnic_group, borough, practice FROM untraced;
CREATE TEMP TABLE known AS SELECT nhs_number AS row,
    arg_min(birth_date, (source_rank, organisation)) FILTER (birth_date IS NOT NULL) AS birth_date,
    arg_min(sex, (source_rank, organisation)) FILTER (sex IS NOT NULL) AS sex,
    arg_min(ethnic_group, (source_rank, organisation)) FILTER (ethnic_group IS NOT NULL) AS ethnic_group,
    arg_min(borough, (source_rank, organisation)) FILTER (borough IS NOT NULL) AS borough,
    min(organisation) FILTER (source_rank = 0) AS practice
FROM person GROUP BY nhs_number;
"""
_LEAST = {"weight": LEAST_WEIGHT, "lead": LEAST_LEAD}

# Nobody is offered whose identity is withheld, nor anybody whom the same council sends under a number of their own.
_CHOSEN = """
WITH pair AS (
    SELECT s.organisation, s.reference, p.*, p.row_r AS nhs_number FROM read_parquet($pairs) p
    JOIN sought s ON s.row = p.row_l
), ranked AS (
    SELECT *, row_number() OVER sought_by AS place, lead(match_weight) OVER sought_by AS next_person,
        row_number() OVER meant_by AS turn, lead(match_weight) OVER meant_by AS next_reference
    FROM pair WINDOW sought_by AS (PARTITION BY row_l ORDER BY match_weight DESC, row_r),
        meant_by AS (PARTITION BY organisation, row_r ORDER BY match_weight DESC, row_l)
)
SELECT organisation, reference, nhs_number, match_weight, gamma_birth_date, gamma_sex, gamma_ethnic_group,
    gamma_borough, gamma_practice
FROM ranked WHERE place = 1 AND turn = 1 AND match_weight >= $weight
    AND match_weight - coalesce(next_person, 0) >= least($lead, match_weight)
    AND match_weight - coalesce(next_reference, 0) >= least($lead, match_weight)
    AND nhs_number NOT IN (SELECT nhs_number FROM exclusion)
    AND NOT EXISTS (FROM person p WHERE p.nhs_number = ranked.nhs_number AND p.organisation = ranked.organisation)
ORDER BY organisation, reference
"""
