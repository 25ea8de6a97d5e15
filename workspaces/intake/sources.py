"""Who sends records, in which format, and by what right they may be held (privacy model P16)."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from workspaces.catalogue.errors import Invalid

CODE = r"[A-Z0-9]{3,9}"  # of an organisation: ODS, or GSS for a council


class Standing(StrEnum):
    """Why a source's records may lie here; a source without one is refused."""

    SCREENED_AT_SOURCE = "SCREENED_AT_SOURCE"
    SHARED_CARE_PROCESSOR = "SHARED_CARE_PROCESSOR"


class Format(StrEnum):
    """The formats that organisations send; also the name of their folder."""

    FHIR = "fhir"
    OMOP = "omop"
    CLIENT_LEVEL_DATA = "cld"


@dataclass(frozen=True)
class Source:
    """One organisation's delivery in one format.

    `organisation` is an ODS code, or a council's GSS code. `nhs_number_status` is what the source vouches
    for where its format carries no verification status per row; "01" means present and verified.
    """

    organisation: str
    name: str
    format: Format
    standing: Standing
    synthetic: bool
    receipt: str | None = None
    nhs_number_status: str | None = None
    extract_date: date | None = None

    def describe(self) -> dict[str, Any]:
        """The fields that a load's digest covers, ready for canonical JSON."""
        return {
            "organisation": self.organisation,
            "format": self.format.value,
            "standing": self.standing.value,
            "receipt": self.receipt,
            "synthetic": self.synthetic,
            "nhs_number_status": self.nhs_number_status,
            "extract_date": self.extract_date.isoformat() if self.extract_date else None,
        }


@dataclass(frozen=True)
class RefusedSource:
    """An entry that cannot be used, or a delivery that no entry declares. `organisation` is empty if it names none."""

    organisation: str
    why: Invalid


@dataclass(frozen=True)
class Sources:
    """What a data folder declares. `population` is the pool's published size, never a count of records.

    `refused` says of every entry that cannot be used, and of every delivery that no entry declares, why it must not
    be loaded; the other sources can.
    """

    folder: Path
    population: int
    synthetic: bool
    sources: tuple[Source, ...]
    refused: tuple[RefusedSource, ...] = ()

    def folder_of(self, source: Source) -> Path:
        """Where the files of one of these sources lie."""
        return self.folder / source.format.value / source.organisation


def read_sources(path: Path) -> Sources:
    """Read `sources.toml`; raises `Invalid` when the file as a whole cannot be used.

    An entry without a standing, or with a field that is wrong, is refused alone (`Sources.refused`).
    """
    try:
        declared = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _wrong("There is no sources.toml in the folder.") from None
    except (ValueError, RecursionError):  # TOML, UTF-8, or nested without a bottom
        raise _wrong("The file sources.toml is not valid TOML.") from None
    population, synthetic, entries = (declared.get(key) for key in ("population", "synthetic", "source"))
    if not isinstance(population, int) or isinstance(population, bool) or population < 1:
        raise _wrong("`population` must be a whole number above 0.")
    if not isinstance(synthetic, bool):
        raise _wrong("`synthetic` must be true or false.")
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise _wrong("It must hold at least one [[source]].")
    sources, refused = _entries(entries, synthetic)
    return Sources(path.parent, population, synthetic, sources, (*refused, *_undeclared(path.parent, entries)))


def _entries(entries: list[dict[str, Any]], synthetic: bool) -> tuple[tuple[Source, ...], list[RefusedSource]]:
    sources: dict[tuple[str, Format], Source] = {}
    refused: list[RefusedSource] = []
    for number, entry in enumerate(entries, start=1):
        try:
            source = _source(entry, number, synthetic)
        except Invalid as why:
            refused.append(RefusedSource(str(entry.get("organisation", "")), why))
            continue
        if (source.organisation, source.format) in sources:
            raise _wrong("An organisation is named twice with the same format.")
        sources[source.organisation, source.format] = source
    return tuple(sources.values()), refused


def _undeclared(folder: Path, entries: list[dict[str, Any]]) -> Iterator[RefusedSource]:
    """A refusal for each delivery that no entry speaks of (privacy model P16)."""
    declared = [(entry.get("format"), entry.get("organisation")) for entry in entries]
    for form in Format:
        for place in sorted(each for each in folder.glob(f"{form}/*") if each.is_dir()):
            if (form.value, place.name) not in declared and re.fullmatch(CODE, place.name):
                why = Invalid(
                    "intake:undeclared",
                    f"{place.name} ({form}): sources.toml does not declare this delivery.",
                    "Add a [[source]] with its standing, or take the folder out.",
                )
                yield RefusedSource(place.name, why)


def _wrong(sentence: str) -> Invalid:
    return Invalid("intake:sources_malformed", sentence, "Correct sources.toml and load again.")


def _source(entry: dict[str, Any], number: int, synthetic: bool) -> Source:
    organisation = _text(entry, "organisation", f"Source {number}")
    where = f"{organisation} (source {number})"
    if not re.fullmatch(CODE, organisation):
        raise _wrong(f"Source {number}: `organisation` must be an ODS or GSS code of capital letters and digits.")
    if entry.get("format") not in list(Format):
        raise _wrong(f"{where}: `format` must be one of {', '.join(Format)}.")
    status, extracted = entry.get("nhs_number_status"), entry.get("extract_date")
    if status is not None and not (isinstance(status, str) and re.fullmatch(r"0[1-8]", status)):
        raise _wrong(f"{where}: `nhs_number_status` must be a text from 01 to 08.")
    if extracted is not None and type(extracted) is not date:
        raise _wrong(f"{where}: `extract_date` must be a date without quotes.")
    form, standing = Format(entry["format"]), _standing(entry, where)
    if extracted is None and form is not Format.FHIR:
        raise _wrong(f"{where}: `extract_date` is missing; the format {form} carries none of its own.")
    return Source(
        organisation=organisation,
        name=_text(entry, "name", where),
        format=form,
        standing=standing,
        synthetic=synthetic,
        receipt=_text(entry, "receipt", where) if standing is Standing.SCREENED_AT_SOURCE else None,
        nhs_number_status=status,
        extract_date=extracted,
    )


def _standing(entry: dict[str, Any], where: str) -> Standing:
    if entry.get("standing") not in list(Standing):
        raise Invalid(
            "intake:standing_missing",
            f"{where} does not declare by what standing its records may be held.",
            f"Set `standing` to one of {', '.join(Standing)}.",
        )
    return Standing(entry["standing"])


def _text(entry: dict[str, Any], key: str, where: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip() or len(value) > 1000 or not value.strip().isprintable():
        raise _wrong(f"{where}: `{key}` must be a text of one line that everybody can see.")
    return value.strip()
