"""Where linked records lie before any snapshot: immutable loads of Parquet, read by no research role.

A load is a folder named by the digest of what was sent. It is filled aside and moved into place whole, its
`load.json` written last, so a crash leaves nothing that counts as a load.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from workspaces.catalogue.errors import Invalid
from workspaces.scratch import scratch_folder

TABLES: dict[str, str] = {
    "person": "nhs_number BIGINT, birth_date DATE, sex VARCHAR, ethnic_group VARCHAR, borough VARCHAR,"
    " organisation VARCHAR, source_rank INTEGER",
    "exclusion": "nhs_number BIGINT, reason VARCHAR",
    "type_1": "nhs_number BIGINT, opted_out BOOLEAN, code_date DATE",
    "visit_occurrence": "nhs_number BIGINT, visit_concept_id INTEGER, visit_start_date DATE, visit_end_date DATE",
    "condition_occurrence": "nhs_number BIGINT, condition_concept_id INTEGER, condition_start_date DATE",
    "drug_exposure": "nhs_number BIGINT, drug_concept_id INTEGER, drug_exposure_start_date DATE, days_supply INTEGER",
    "measurement": "nhs_number BIGINT, measurement_concept_id INTEGER, measurement_date DATE, value_as_number DOUBLE",
    "procedure_occurrence": "nhs_number BIGINT, procedure_concept_id INTEGER, procedure_date DATE",
    "death": "nhs_number BIGINT, death_date DATE, organisation VARCHAR, source_rank INTEGER",
    "social_care_event": "nhs_number BIGINT, event_type VARCHAR, event_start_date DATE, event_end_date DATE",
}
"""The tables of a load: catalogue names and mapped values, exact dates, the NHS number as key.

`exclusion` holds numbers that never enter a snapshot and why; `type_1` the GP opt-out codes with dates. A load
has no file for a kind of event that its source did not send.
"""


@dataclass(frozen=True)
class Load:
    """One load of one source. Counts are exact: for IG officers and auditors only (privacy model P9).

    `sequence` counts loads of this vault and decides which load of a source is the current one.
    `files` is table -> SHA-256 of its Parquet file.
    """

    digest: str
    sequence: int
    loaded_at: str
    source: dict[str, Any]
    extract_date: str
    rows: dict[str, int]
    person_rows: int
    quarantined: dict[str, int]
    unsupported: dict[str, int]
    alarms: tuple[str, ...]
    files: dict[str, str]

    @property
    def key(self) -> tuple[str, str]:
        """Whose load it is: organisation and format."""
        return (self.source["organisation"], self.source["format"])


class Vault:
    """A folder of loads, for the user who runs the gateway alone."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.loads = root / "loads"
        for folder in (self.root, self.loads, root / "scratch"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def find(self, digest: str) -> Load | None:
        """The load of that digest, if it is here."""
        path = self.loads / digest / "load.json"
        if not path.is_file():
            return None
        held = json.loads(path.read_text(encoding="utf-8"))
        return Load(**{**held, "alarms": tuple(held["alarms"])})

    def all(self) -> tuple[Load, ...]:
        """Every load, oldest first."""
        found = (self.find(folder.name) for folder in self.loads.iterdir())
        return tuple(sorted((load for load in found if load), key=lambda load: load.sequence))

    def current(self) -> tuple[Load, ...]:
        """The latest load of each source, in the order of organisation and format."""
        latest = {load.key: load for load in self.all()}
        return tuple(latest[key] for key in sorted(latest))

    def cut_date(self) -> date:
        """The day of the newest data cut among the current loads: the day at which ages are counted."""
        return max(date.fromisoformat(load.extract_date) for load in need_loads(self))

    def files(self, table: str, loads: tuple[Load, ...]) -> list[str]:
        """Paths of one table in those of the loads that have it, ready for the engine."""
        return [str(self.loads / load.digest / f"{table}.parquet") for load in loads if table in load.files]

    def folder_of(self, load: Load) -> Path:
        """Where the files of a load lie."""
        return self.loads / load.digest

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A private folder on the vault's disk that is gone afterwards."""
        with scratch_folder(self.root / "scratch") as folder:
            yield folder

    def publish(self, folder: Path, facts: dict[str, Any]) -> Load:
        """Move a filled folder into place as the newest load; a load already there is kept as it is."""
        with self._locked():
            held = self.find(facts["digest"])
            if held is not None:
                return held
            load = Load(**facts, sequence=1 + max((load.sequence for load in self.all()), default=0))
            for path in folder.iterdir():
                path.chmod(0o400)
            _write_durably(folder / "load.json", json.dumps(asdict(load), sort_keys=True, indent=1).encode())
            os.rename(folder, self.loads / load.digest)
            return load

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.root / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def need_loads(vault: Vault) -> tuple[Load, ...]:
    """The current loads, or `Invalid` when nothing was loaded yet."""
    loads = vault.current()
    if not loads:
        raise Invalid("intake:vault_empty", "The vault holds no load yet.", "Load the sources first.")
    return loads


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o400)
