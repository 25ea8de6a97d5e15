"""How the recount reads the three formats: OMOP and Client Level Data as CSV, FHIR as NDJSON."""

import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from infra.demo.recount_rows import (
    Coding,
    Row,
    Source,
    bare,
    claim,
    day,
    note_event,
    note_person,
    settle_people,
    usable_dates,
)
from workspaces.catalogue.tables import EVENT_TYPES

NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
_STATUS = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"
_ETHNIC = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory"
_WITHHELD = "Extension-WithheldIdentityReason"
_SYSTEMS = {"http://snomed.info/sct": "SNOMED", "http://loinc.org": "LOINC"}
_FAULTS = {"entered-in-error", "refuted", "cancelled", "not-done"}
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
        _read_fhir(source, place)
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
        _note_death(source, row["person_id"], row["death_date"])


def _birth(row: defaultdict[str, str]) -> str:
    year, month, of_month = row["year_of_birth"], row["month_of_birth"], row["day_of_birth"]
    return "-".join([year, *(part.zfill(2) for part in (month, of_month) if month and part)])


def _note_death(source: Source, local: str, when: str) -> None:
    found = usable_dates(source, when, "")
    if local not in source.numbers:
        source.left_out["person_quarantined" if local in source.local else "unknown_person"] += 1
    elif isinstance(found, str):
        source.left_out[found] += 1
    else:
        source.deaths.append((source.numbers[local], found[0]))


def _resources(source: Source, place: Path, output: list[Json], kind: str) -> Iterator[Json]:
    """Every whole resource of one type; broken lines and other types are left out."""
    for entry in output:
        if entry["type"] == kind:
            with (place / str(entry["url"]).rsplit("/", 1)[-1]).open(encoding="utf-8", errors="replace") as file:
                for line in filter(str.strip, file):
                    resource = _json(line)
                    if "resourceType" not in resource:
                        source.left_out["broken_line"] += 1
                    else:
                        yield resource


def _json(line: str) -> Json:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _read_fhir(source: Source, place: Path) -> None:
    manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    source.extract_date = day(manifest["transactionTime"]) or date.min
    patients = list(_resources(source, place, manifest["output"], "Patient"))
    for patient in patients:
        _read_patient(source, patient)
    settle_people(source)
    for patient in patients:
        if patient.get("deceasedDateTime"):
            _note_death(source, patient["id"], patient["deceasedDateTime"])
    for kind in ("Encounter", "Condition", "Observation", "MedicationRequest", "Procedure"):
        for resource in _resources(source, place, manifest["output"], kind):
            _READERS[kind](source, {**resource, "expected": kind})


def _extension(element: Json, url: str) -> str | None:
    """The code of the extension; "" for one without a code; None where there is no such extension."""
    for extension in element.get("extension", []):
        if extension["url"] == url:
            codings = extension.get("valueCodeableConcept", {}).get("coding") or [{}]
            return str(codings[0].get("code", ""))
    return None


def _read_patient(source: Source, patient: Json) -> None:
    identifiers = [i for i in patient.get("identifier", []) if i.get("system") == NHS_NUMBER]
    numbers = {bare(str(i.get("value", ""))) for i in identifiers}
    labels = json.dumps((patient.get("meta") or {}).get("security")).upper()
    withheld = bool(re.search(r'"\s*[RV]\s*"', labels)) or _WITHHELD in json.dumps(patient)
    fault = "" if patient["resourceType"] == "Patient" else "wrong_resource_type"
    if fault or len(numbers) > 1:
        source.left_out[fault or "several_nhs_numbers"] += 1
        for number in numbers:
            claim(source, patient.get("id", ""), number, withheld=withheld)
        return
    note_person(
        source,
        local=patient.get("id", ""),
        number="".join(numbers),
        status=max((_extension(i, _STATUS) or "" for i in identifiers), default=""),
        withheld=withheld,
        birth=patient.get("birthDate", ""),
        sex=patient.get("gender", ""),
        ethnic=_extension(patient, _ETHNIC) or "",
        place=(patient.get("address") or [{}])[0].get("district", ""),
    )


def _codings(concept: Json) -> list[Coding]:
    found = [(c.get("system", ""), c["code"]) for c in concept.get("coding", []) if "code" in c]
    return [(_SYSTEMS.get(system, "SOURCE"), code.strip()) for system, code in found]


def _note(
    source: Source,
    table: str,
    resource: Json,
    codings: list[Coding],
    start: str,
    end: str = "",
    amount: Json | None = None,
) -> None:
    verification = (resource.get("verificationStatus", {}).get("coding") or [{}])[0].get("code")
    status = str(verification or resource.get("status", ""))
    amount = amount or {}
    note_event(
        source,
        table=table,
        local=resource.get("subject", {}).get("reference", "").rsplit("Patient/", 1)[-1],
        codings=codings,
        start=start,
        end=end,
        value=str(amount.get("value", "")),
        unit=str(amount.get("code") or amount.get("unit", "")),
        fault=_fault(resource, status),
    )


def _fault(resource: Json, status: str) -> str:
    if resource["resourceType"] != resource["expected"]:
        return "wrong_resource_type"
    return status.replace("-", "_") if status in _FAULTS else ""


def _encounter(source: Source, resource: Json) -> None:
    period = resource.get("period", {})
    codings = [("ActCode", str(resource.get("class", {}).get("code", "")))]
    _note(source, "visit_occurrence", resource, codings, period.get("start", ""), period.get("end", ""))


def _condition(source: Source, resource: Json) -> None:
    when = resource.get("recordedDate") or resource.get("onsetDateTime", "")
    _note(source, "condition_occurrence", resource, _codings(resource.get("code", {})), when)


def _observation(source: Source, resource: Json) -> None:
    """Each component is a value of its own; the panel around them is none."""
    panel = resource.get("component") and "valueQuantity" not in resource
    for part in resource["component"] if panel else [resource]:
        when, amount = resource.get("effectiveDateTime", ""), part.get("valueQuantity")
        _note(source, "measurement", resource, _codings(part.get("code", {})), when, amount=amount)


def _medication(source: Source, resource: Json) -> None:
    codings = _codings(resource.get("medicationCodeableConcept", {}))
    supply = resource.get("dispenseRequest", {}).get("expectedSupplyDuration")
    _note(source, "drug_exposure", resource, codings, resource.get("authoredOn", ""), amount=supply)


def _procedure(source: Source, resource: Json) -> None:
    when = resource.get("performedDateTime") or resource.get("performedPeriod", {}).get("start", "")
    _note(source, "procedure_occurrence", resource, _codings(resource.get("code", {})), when)


_READERS = {
    "Encounter": _encounter,
    "Condition": _condition,
    "Observation": _observation,
    "MedicationRequest": _medication,
    "Procedure": _procedure,
}


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
