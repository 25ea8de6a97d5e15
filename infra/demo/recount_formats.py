"""How the recount reads the three formats: OMOP and Client Level Data as CSV, FHIR as NDJSON."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from infra.demo.recount_fhir import read_fhir
from infra.demo.recount_rows import (
    Row,
    Source,
    note_death,
    note_event,
    note_person,
    settle_people,
    usable_dates,
)
from workspaces.catalogue.tables import EVENT_TYPES

# OMOP tables with their concept, source value, begin, end and amount.
_OMOP = {
    "visit_occurrence": ("visit_concept_id", "visit_source_value", "visit_start_date", "visit_end_date", ""),
    "condition_occurrence": ("condition_concept_id", "condition_source_value", "condition_start_date", "", ""),
    "drug_exposure": ("drug_concept_id", "drug_source_value", "drug_exposure_start_date", "", "days_supply"),
    "measurement": ("measurement_concept_id", "measurement_source_value", "measurement_date", "", "value_as_number"),
    "procedure_occurrence": ("procedure_concept_id", "procedure_source_value", "procedure_date", "", ""),
    "observation": ("observation_concept_id", "observation_source_value", "observation_date", "", ""),
}

Json = dict[str, Any]


def read_source(folder: Path, entry: Json, *, synthetic: bool) -> Source:
    """Read everything that the organisation of this entry of sources.toml sent."""
    place = folder / entry["format"] / entry["organisation"]
    source = Source(entry["format"], entry["organisation"], entry.get("extract_date", date.min), synthetic)
    if source.format == "fhir":
        read_fhir(source, place)
    elif source.format == "omop":
        _read_omop(source, place, entry.get("nhs_number_status", ""))
    else:
        _read_council(source, place, entry.get("nhs_number_status", ""))
    return source


def _csv(source: Source, path: Path) -> Iterator[defaultdict[str, str]]:
    """Rows by column name; missing columns read as empty, lines of another width are left out."""
    if not path.exists():
        return
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        lines = (cells for line in file for cells in csv.reader([line]))  # a quote does not reach the next line
        header = [name.strip().lower() for name in next(lines)]
        for cells in lines:
            if len(cells) == len(header):
                yield defaultdict(str, zip(header, map(str.strip, cells), strict=True))
            elif cells:
                source.left_out["broken_line"] += 1


def _read_omop(source: Source, place: Path, status: str) -> None:
    counties = {row["location_id"]: row["county"] for row in _csv(source, place / "location.csv")}
    for row in _csv(source, place / "person.csv"):
        note_person(
            source,
            local=row["person_id"],
            number=row["person_source_value"],
            status=status,
            birth=row["birth_datetime"] or _birth(row),
            sex=row["gender_concept_id"],
            ethnic=row["race_source_value"],
            place=counties.get(row["location_id"], ""),
        )
    settle_people(source)
    for table, (concept, code, start, end, amount) in _OMOP.items():
        for row in _csv(source, place / f"{table}.csv"):
            note_event(
                source,
                table=table,
                local=row["person_id"],
                codings=[("OMOP", row[concept]), ("SOURCE", row[code])],
                start=row[start],
                end=row[end],
                value=row[amount],
                unit=row["unit_source_value"] if table == "measurement" else "",
            )
    for row in _csv(source, place / "death.csv"):
        note_death(source, row["person_id"], row["death_date"])


def _birth(row: defaultdict[str, str]) -> str:
    year, month, of_month = row["year_of_birth"], row["month_of_birth"], row["day_of_birth"]
    return "-".join([year, *(part.zfill(2) for part in (month, of_month) if month and part)])


def _read_council(source: Source, place: Path, status: str) -> None:
    rows = [row for path in sorted(place.glob("*.csv")) for row in _csv(source, path)]
    names = ("la_person_id", "nhs_number", "date_of_birth", "gender", "ethnicity", "la_code")
    for person_id, number, birth, sex, ethnic, borough in sorted({tuple(row[name] for name in names) for row in rows}):
        local = f"{person_id}|{number}"
        note_person(
            source, local=local, number=number, status=status, birth=birth, sex=sex, ethnic=ethnic, place=borough
        )
    settle_people(source)
    for row in rows:
        _read_service(source, row)


def _read_service(source: Source, row: defaultdict[str, str]) -> None:
    number = source.numbers.get(f"{row['la_person_id']}|{row['nhs_number']}")
    kind = row["event_type"].lower()
    dates = usable_dates(source, row["event_start_date"], row["event_end_date"])
    if number is None:
        source.left_out["person_quarantined"] += 1
    elif kind not in EVENT_TYPES.values:
        source.left_out["unknown_code"] += 1
    elif isinstance(dates, str):
        source.left_out[dates] += 1
    else:
        source.events.add(Row("social_care_event", number, kind, *dates, None))
