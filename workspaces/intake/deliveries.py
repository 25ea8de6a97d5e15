"""What all formats have in common: a delivery of files, and the shape that a format turns it into."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import file_digest
from pathlib import Path
from typing import Protocol

from workspaces.catalogue.errors import Invalid
from workspaces.engine import Engine
from workspaces.intake.sources import Source


@dataclass(frozen=True)
class Limits:
    """What one delivery may hold; sizes in bytes."""

    file_bytes: int = 64 * 2**30
    line_bytes: int = 16 * 2**20
    memory_mib: int = 2048


@dataclass(frozen=True)
class Delivery:
    """The files of one source by what they hold (a FHIR type, an OMOP table), and its data cut.

    Where a delivery is a whole export and later ones, `exports` says of each file to which it belongs (0 is the
    whole one), `deletions` the same of the files that list what was deleted.
    """

    source: Source
    extract_date: date
    files: Mapping[str, tuple[Path, ...]]
    others: tuple[Path, ...] = ()
    alarms: tuple[str, ...] = ()
    exports: Mapping[Path, int] = field(default_factory=dict)
    deletions: Mapping[Path, int] = field(default_factory=dict)

    def paths(self) -> Iterator[Path]:
        """Every file that counts towards the digest of the load."""
        yield from self.others
        given = (path for kind in sorted(self.files) for path in self.files[kind])
        yield from dict.fromkeys(given)  # a database holds several tables


@dataclass
class Staged:
    """What a format could not stage: rows of kinds that no table takes, by kind, and rows left out, by reason."""

    unsupported: dict[str, int] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    alarms: list[str] = field(default_factory=list)


class RecordFormat(Protocol):
    """One format. `rank` orders sources when they differ about a person (0 is believed first)."""

    @property
    def rank(self) -> int:
        """Place of this format's sources when attributes of a person differ."""

    def receive(self, folder: Path, source: Source, limits: Limits) -> Delivery:
        """Find the files; raises `Invalid` when something is missing or malformed."""

    def stage(self, engine: Engine, delivery: Delivery, limits: Limits, *, scratch: Path) -> Staged:
        """Fill `staged_person` and `staged_event`, one row per row of the source, all values as text."""


STAGING = """
CREATE TEMP TABLE staged_person (
    local_id VARCHAR, number VARCHAR, status VARCHAR, withheld BOOLEAN, birth VARCHAR, gender VARCHAR,
    ethnic_category VARCHAR, place VARCHAR, death VARCHAR, fault VARCHAR);
CREATE TEMP TABLE staged_claim (local_id VARCHAR, number VARCHAR, withheld BOOLEAN);
CREATE TEMP TABLE staged_reference (local_id VARCHAR, reference VARCHAR, practice VARCHAR);
CREATE TEMP TABLE staged_event (
    target VARCHAR, local_id VARCHAR, codings VARCHAR[], started VARCHAR, ended VARCHAR, quantity VARCHAR,
    unit VARCHAR, fault VARCHAR);
"""
"""`staged_claim` are the numbers of a row that names several: nobody's rows, but an opt-out counts for each of them.
`staged_reference` says what a sender calls a person, and the practice named: who has no number may be traced by it.
`fault` is the reason why a row cannot be read at all; `codings` are `VOCABULARY|code`, best first;
`quantity` is a measured value or the days a prescription lasts."""


def existing(path: Path, limits: Limits) -> Path:
    """The file itself, or `Invalid` when it is missing, not a plain file, or too large."""
    if not path.is_file() or path.is_symlink():
        raise Invalid(
            "intake:file_missing",
            f"The file {path.name} is named but is not there.",
            "Send the whole delivery again.",
        )
    if path.stat().st_size > limits.file_bytes:
        raise Invalid(
            "intake:file_too_large",
            f"The file {path.name} is larger than {limits.file_bytes} bytes.",
            "Split the delivery, or raise the limit for one file.",
        )
    return path


def lines_of(path: Path, limits: Limits) -> Path:
    """The file of lines itself, or `Invalid` when it is missing, too large, or a line of it has no end in sight."""
    existing(path, limits)
    length = 0
    with path.open("rb") as file:
        while chunk := file.read(2**20):
            first = chunk.find(b"\n")
            longest = length + (len(chunk) if first < 0 else first)
            length = longest if first < 0 else len(chunk) - chunk.rfind(b"\n") - 1
            if longest > limits.line_bytes:
                raise Invalid(
                    "intake:line_too_long",
                    f"A line of {path.name} is longer than {limits.line_bytes} bytes.",
                    "Send one record a line.",
                )
    return path


def fingerprint(path: Path) -> str:
    """SHA-256 of a file's bytes, as hexadecimal text."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def need_folder(folder: Path, source: Source) -> Path:
    """The folder itself, or `Invalid` when a declared source sent nothing."""
    if not folder.is_dir():
        raise Invalid(
            "intake:folder_missing",
            f"There is no folder {source.format}/{source.organisation} for {source.name}.",
            "Put the delivery there, or take the source out of sources.toml.",
        )
    return folder


def need_extract_date(source: Source) -> date:
    """The declared data cut of a source whose format carries none."""
    if source.extract_date is None:
        raise Invalid(
            "intake:extract_date_missing",
            f"The source {source.organisation} has no extract date.",
            "Set `extract_date` in sources.toml.",
        )
    return source.extract_date
