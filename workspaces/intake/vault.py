"""Where linked records lie before any snapshot: immutable loads of Parquet, read by no research role.

A load is a folder named by the digest of what was sent. It is filled aside and moved into place whole, its
`load.json` written last, so a crash leaves nothing that counts as a load. An erasure writes it anew beside the old
one, as revision 1, 2, …; the highest counts from the moment it is there.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from workspaces.catalogue.errors import Invalid
from workspaces.intake.deliveries import fingerprint
from workspaces.intake.load_files import SEALED, LoadKeys, OpenFiles, open_tables_of, opened, seal_tables
from workspaces.intake.quality import Figures
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
    "observation": "nhs_number BIGINT, observation_concept_id INTEGER, observation_date DATE",
    "death": "nhs_number BIGINT, death_date DATE, organisation VARCHAR, source_rank INTEGER",
    "social_care_event": "nhs_number BIGINT, event_type VARCHAR, event_start_date DATE, event_end_date DATE",
}
"""The tables of a load: catalogue names and mapped values, exact dates, the NHS number as key.

`exclusion` holds numbers that never enter a snapshot and why; `type_1` the GP opt-out codes with dates. A load
has no file for a kind of event that its source did not send.
"""

UNTRACED = "untraced"
"""Beside the tables, where councils sent people without a number: what tracing compares. No snapshot reads it."""

COLUMNS = {name: dict(each.split() for each in spelled.split(", ")) for name, spelled in TABLES.items()}
"""Table -> column -> type."""


@dataclass(frozen=True)
class Load:
    """One load of one source. Counts are exact: for IG officers and auditors only (privacy model P9).

    `sequence` counts loads of this vault and decides which load of a source is the current one.
    `files` is table -> SHA-256 of its file as it lies there, `sealed` whether under a key of the load. `erased` names
    who was erased when the files were written, `legal_codes` the list by which restricted codes were dropped,
    `quality` what was measured when the load was made.
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
    revision: int = 0
    erased: str = ""
    sealed: bool = False
    legal_codes: str = ""
    quality: Figures = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """Whose load it is: organisation and format."""
        return (self.source["organisation"], self.source["format"])


class Vault:
    """A folder of loads, for the user who runs the gateway alone. `key` opens what is kept of people erased.

    With `keys` each load lies under a key of its own, and is gone with it; without, loads lie open.
    """

    def __init__(self, root: Path, key: bytes | None = None, keys: LoadKeys | None = None) -> None:
        self.root = root
        self.key = key
        self.keys = keys
        self._open = OpenFiles()
        self.loads = root / "loads"
        self.erasures = root / "erasures"
        for folder in (self.root, self.loads, self.erasures, root / "scratch"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def find(self, digest: str) -> Load | None:
        """The load of that digest as it was last written, if it is here."""
        return max(self._revisions(f"{digest}*"), key=lambda load: load.revision, default=None)

    def all(self) -> tuple[Load, ...]:
        """Every load as it was last written, oldest first."""
        newest = {load.digest: load for load in sorted(self._revisions("*"), key=lambda load: load.revision)}
        return tuple(sorted(newest.values(), key=lambda load: load.sequence))

    def _revisions(self, names: str) -> Iterator[Load]:
        for path in self.loads.glob(f"{names}/load.json"):
            held = json.loads(path.read_text(encoding="utf-8"))
            yield Load(**{**held, "alarms": tuple(held["alarms"])})

    def current(self) -> tuple[Load, ...]:
        """The latest load of each source, in the order of organisation and format."""
        latest = {load.key: load for load in self.all()}
        return tuple(latest[key] for key in sorted(latest))

    def cut_date(self) -> date:
        """The day of the newest data cut among the current loads: the day at which ages are counted."""
        return max(date.fromisoformat(load.extract_date) for load in need_loads(self))

    def files(self, table: str, loads: tuple[Load, ...]) -> list[str]:
        """Paths of one table in those of the loads that have it, ready for the engine (see `readable`).

        Good until `held` ends, or the vault is closed. Raises Invalid for a load whose key is gone.
        """
        return [self._readable(table, load) for load in loads if table in load.files]

    def _readable(self, table: str, load: Load) -> str:
        path = self.path_of(table, load)
        return self._open.path_of(path, self.key_of(load)) if load.sealed else str(path)

    @property
    def readable(self) -> tuple[Path, ...]:
        """The folders that an engine must be allowed to read what `files` names."""
        return (self.loads, opened())

    def close(self) -> None:
        """Give back the memory of sealed files that were read."""
        self._open.close()

    def path_of(self, table: str, load: Load) -> Path:
        """The file of a table as it lies there."""
        return self.folder_of(load) / f"{table}{SEALED if load.sealed else '.parquet'}"

    def key_of(self, load: Load) -> bytes:
        """The key of a sealed load. Raises Invalid when it is not here: the load was shredded, or never ours."""
        name = self.folder_of(load).name
        if self.keys is None or name not in self.keys.loads():
            raise Invalid(
                "intake:key_missing",
                f"The key of the load from {load.source['organisation']} is not here.",
                "Restore the keys, or load that source again.",
            )
        return self.keys.load(name)

    def folder_of(self, load: Load) -> Path:
        """Where the files of a load lie."""
        return self.loads / (f"{load.digest}.{load.revision}" if load.revision else load.digest)

    def copy_open(self, load: Load, folder: Path) -> None:
        """Write the tables of a load into a folder, open."""
        if load.sealed:
            open_tables_of(self.folder_of(load), folder, self.key_of(load))
        else:
            for path in self.folder_of(load).glob("*.parquet"):
                shutil.copyfile(path, folder / path.name)

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
            return self.put_in_place(folder, load)

    def put_in_place(self, folder: Path, load: Load) -> Load:
        """Seal a filled folder where the vault has keys, and move it to where this load lies."""
        if self.keys is not None:
            seal_tables(folder, self.keys.load(self.folder_of(load).name))
        files = {path.stem: fingerprint(path) for path in sorted(folder.iterdir())}
        load = replace(load, files=files, sealed=self.keys is not None)
        for path in folder.iterdir():
            path.chmod(0o400)
        write_durably(folder / "load.json", json.dumps(asdict(load), sort_keys=True, indent=1).encode())
        os.rename(folder, self.folder_of(load))
        return load

    def destroy_replaced(self) -> None:
        """Remove every load that was written anew, its key first; the caller holds the vault alone."""
        kept = {self.folder_of(load) for load in self.all()}
        if self.keys is not None:
            for name in sorted(self.keys.loads() - {folder.name for folder in kept}):
                self.keys.shred_load(name)
        for folder in self.loads.iterdir():
            if folder not in kept:
                shutil.rmtree(folder)

    @contextmanager
    def held(self) -> Iterator[None]:
        """While somebody reads several loads, or adds one, none is written anew."""
        with _flock(self.root / "readers", fcntl.LOCK_SH):
            try:
                yield
            finally:
                self.close()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else reads or adds loads."""
        with _flock(self.root / "readers", fcntl.LOCK_EX):
            yield

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with _flock(self.root / "lock", fcntl.LOCK_EX):
            yield


def need_loads(vault: Vault) -> tuple[Load, ...]:
    """The current loads, or `Invalid` when nothing was loaded yet."""
    loads = vault.current()
    if not loads:
        raise Invalid("intake:vault_empty", "The vault holds no load yet.", "Load the sources first.")
    return loads


@contextmanager
def _flock(path: Path, how: int) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, how)
        yield


def write_durably(path: Path, content: bytes) -> None:
    """Put a read-only file in place whole."""
    draft = path.with_name(f"{path.name}.draft")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.chmod(0o400)
    os.replace(draft, path)
