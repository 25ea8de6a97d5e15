"""What is held of one person, and why a build took them in or left them out: for a subject access request.

The same rules as a build's answer it, over the loads and the list that the build read; nothing is kept of the question.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workspaces.engine import one, open_engine
from workspaces.intake.vault import Load, Vault
from workspaces.opt_outs.list import OptOutList
from workspaces.snapshots import sources


@dataclass(frozen=True)
class Held:
    """One load that holds rows of the person: whose, of which day, and how many rows in which tables."""

    organisation: str
    format: str
    extract_date: str
    in_use: bool
    rows: dict[str, int]


class AsOf(Vault):
    """The vault as it was up to one load: what a build of that day read."""

    def __init__(self, vault: Vault, sequence: int) -> None:
        super().__init__(vault.root, vault.key, vault.keys)
        self.sequence = sequence

    def all(self) -> tuple[Load, ...]:
        """Every load up to then."""
        return tuple(load for load in super().all() if load.sequence <= self.sequence)


def held_of(vault: Vault, number: str) -> list[Held]:
    """Every load with rows of this person, oldest first; a load that a later one superseded is kept but not used."""
    current, found = vault.current(), []
    with vault.scratch() as scratch, open_engine(scratch=scratch, folders=vault.readable) as engine:
        for load in vault.all():
            rows = {}
            for table in sorted(load.files):
                query = "SELECT count(*) FROM read_parquet($path) WHERE nhs_number = $number"
                rows[table] = one(engine, query, {"path": vault.files(table, (load,))[0], "number": int(number)})
            if any(rows.values()):
                kept = {table: count for table, count in rows.items() if count}
                found.append(Held(*load.key, load.extract_date, load in current, kept))
    return found


def why_not(vault: Vault, opt_outs: OptOutList, sequence: int, number: str, *, exempt: bool = False) -> str:
    """The reason for which a build after that load, under that list, left the person out; empty when it did not."""
    as_of = AsOf(vault, sequence)
    with (
        vault.scratch() as scratch,
        open_engine(scratch=scratch, folders=sources.folders(vault, opt_outs)) as engine,
    ):
        sources.open_tables(engine, as_of, as_of.current(), ())
        sources.decide(engine, opt_outs, exempt=exempt)
        rows = engine.execute("SELECT reason FROM decided WHERE nhs_number = $n", {"n": int(number)}).fetchall()
    return str(rows[0][0] or "") if rows else "no_source_holds_them"


def is_listed(opt_outs: OptOutList, number: str, scratch: Path) -> str:
    """What the national service said of the person at one exchange."""
    hashed = int(opt_outs.hashing.of(np.array([int(number)], dtype=np.int64))[0])
    with open_engine(scratch=scratch, folders=(opt_outs.folder,)) as engine:
        for said, path in (("no opt-out", opt_outs.allowed), ("opted out", opt_outs.asked)):
            query = "SELECT count(*) FROM read_parquet($path) WHERE hashed = $hashed"
            if one(engine, query, {"path": str(path), "hashed": hashed}):
                return said
    return "not asked about"
