"""How the recount reads one organisation's files: FHIR, OMOP and Client Level Data into the same plain rows."""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

from workspaces.catalogue.columns import Grid
from workspaces.catalogue.concepts import concepts
from workspaces.catalogue.places import BOROUGHS, UNKNOWN
from workspaces.catalogue.tables import EVENT_TYPES

NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
OPTED_CODES = {"827241000000103", "9Nu0", "XaZ89"}
WITHDRAWN_CODES = {"827261000000102", "9Nu1", "XaZ8A"}
_SYSTEMS = {"http://snomed.info/sct": "SNOMED", "http://loinc.org": "LOINC"}
_DID_NOT_HAPPEN = {"entered-in-error", "refuted", "cancelled", "not-done"}
_OMOP_SEX = {"8532": "female", "8507": "male", "8521": "other"}
_WORDS_SEX = {"female": "female", "male": "male", "other": "other", "2": "female", "1": "male", "9": "other"}

_BY_CODE = {key: concept for concept in concepts() for key in concept.codes}
_BY_NUMBER = {str(concept.concept_id): concept for concept in concepts()}
_BOROUGHS = {b.code: b.code for b in BOROUGHS} | {b.name.lower(): b.code for b in BOROUGHS}


class Statement(NamedTuple):
    """What one row of one source says about one person; UNKNOWN, "" or None where it says nothing."""

    number: str
    birth: date | None
    sex: str
    ethnic_category: str
    borough: str
    death: date | None


class Row(NamedTuple):
    """One event: the snapshot table, a concept number or an event type, exact dates, a value or days of supply."""

    table: str
    number: str
    what: int | str
    start: date
    end: date | None
    value: float | None


@dataclass
class Source:
    """What one source said, as far as its rows belong to people with a usable NHS number."""

    format: str
    organisation: str
    extract_date: date
    persons: list[Statement] = field(default_factory=list)
    numbers: dict[str, str] = field(default_factory=dict)
    withheld: set[str] = field(default_factory=set)
    type_1_opted: list[tuple[str, date]] = field(default_factory=list)
    type_1_withdrawn: list[tuple[str, date]] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def read_source(folder: Path, entry: dict[str, Any], *, synthetic: bool) -> Source:
    """Read everything that the organisation of this entry of sources.toml sent."""
    place = folder / entry["format"] / entry["organisation"]
    status = entry.get("nhs_number_status", "")
    source = Source(entry["format"], entry["organisation"], entry.get("extract_date", date.min))
    if source.format == "fhir":
        _read_fhir(source, place, synthetic)
    elif source.format == "omop":
        _read_omop(source, place, synthetic, status)
    else:
        _read_cld(source, place, synthetic, status)
    return source


# What every format has in common


def usable(text: str, *, synthetic: bool) -> bool:
    """True for ten digits with the right check digit; 9xx numbers only if synthetic, and then only they."""
    if not re.fullmatch(r"[0-9]{10}", text):
        return False
    total = sum(int(text[place]) * (10 - place) for place in range(9))
    return (11 - total % 11) % 11 == int(text[9]) and text.startswith("9") == synthetic


def _number(source: Source, text: str, status: str, synthetic: bool) -> str:
    """The NHS number if the row may be used, else "" after counting why not."""
    number = text.replace(" ", "")
    if not number:
        source.left_out["no_nhs_number"] += 1
    elif not usable(number, synthetic=synthetic):
        source.left_out["invalid_nhs_number"] += 1
    elif status != "01":
        source.left_out["unverified_nhs_number"] += 1
    else:
        return number
    return ""


def _day(text: str | None) -> date | None:
    """The day of a date or a date with a time; None for what is no full date."""
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


def _date(source: Source, text: str | None) -> date | None:
    """The day of an event, or None after counting why it cannot be used."""
    when = _day(text)
    if when is None:
        source.left_out["impossible_date"] += 1
    elif when > source.extract_date:
        source.left_out["future_date"] += 1
        return None
    return when


def _on_grid(text: object, grid: Grid) -> float | None:
    """The value rounded to the grid of its concept, or None when it is no number or lies outside."""
    try:
        value = Decimal(str(text))
    except InvalidOperation:
        return None
    low, high, step = (Decimal(n.numerator) / Decimal(n.denominator) for n in (grid.low, grid.high, grid.step))
    if not value.is_finite() or not low <= value <= high:
        return None
    return float(low + ((value - low) / step).quantize(Decimal(1), ROUND_HALF_UP) * step)


def _days(value: object) -> float | None:
    """Days of supply, or None where they are not given."""
    try:
        return float(int(str(value)))
    except ValueError:
        return None


def _type_1(source: Source, number: str, code: str, when: date | None) -> bool:
    """Note an opt-out code or its withdrawal; True when the code was one of them."""
    if code in OPTED_CODES:
        source.type_1_opted.append((number, when or source.extract_date))
    elif code in WITHDRAWN_CODES:
        source.type_1_withdrawn.append((number, when or date.min))
    return code in OPTED_CODES or code in WITHDRAWN_CODES


def _event(
    source: Source,
    table: str,
    local: str,
    what: object,
    start: str | None,
    end: str | None = None,
    value: object = None,
) -> None:
    """Add one event if its person, code, dates and value can be used, else count why not."""
    number = source.numbers.get(local)
    if number is None:
        source.left_out["unknown_person"] += 1
    elif number:
        _event_of(source, table, number, what, start, end, value)


def _event_of(
    source: Source, table: str, number: str, what: object, start: str | None, end: str | None, value: object
) -> None:
    concept = _BY_NUMBER.get(str(what))
    if concept is None or concept.domain != table.split("_")[0]:
        source.left_out["unknown_code"] += 1
        return
    first, last = _date(source, start), None
    if first is None:
        return
    if end:
        last = _date(source, end)
        if last is None:
            return
    measured = _on_grid(value, concept.grid) if concept.grid else _days(value)
    if concept.grid and measured is None:
        source.left_out["impossible_value"] += 1
        return
    source.events.append(Row(table, number, concept.concept_id, first, last, measured))


# General practices: OMOP CSV


def _table(place: Path, name: str) -> Iterator[dict[str, str]]:
    path = place / f"{name}.csv"
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


def _read_omop(source: Source, place: Path, synthetic: bool, status: str) -> None:
    counties = {row["location_id"]: row["county"] for row in _table(place, "location")}
    deaths = {row["person_id"]: _day(row["death_date"]) for row in _table(place, "death")}
    for row in _table(place, "person"):
        number = source.numbers[row["person_id"]] = _number(source, row["person_source_value"], status, synthetic)
        if number:
            sex, county = _OMOP_SEX.get(row["gender_concept_id"], UNKNOWN), counties.get(row["location_id"], "")
            borough = _BOROUGHS.get(county) or _BOROUGHS.get(county.lower(), UNKNOWN)
            death = deaths.get(row["person_id"])
            source.persons.append(Statement(number, _omop_birth(row), sex, row["race_source_value"], borough, death))
    for row in _table(place, "observation"):
        number = source.numbers.get(row["person_id"], "")
        if number:
            _type_1(source, number, row["observation_source_value"], _day(row["observation_date"]))
    _read_omop_events(source, place)


def _omop_birth(row: dict[str, str]) -> date | None:
    year, month, day = row["year_of_birth"], row["month_of_birth"], row["day_of_birth"]
    return _day(row["birth_datetime"]) or _day(f"{year:0>4}-{month:0>2}-{day:0>2}")


def _read_omop_events(source: Source, place: Path) -> None:
    for row in _table(place, "visit_occurrence"):
        start, end = row["visit_start_date"], row["visit_end_date"]
        _event(source, "visit_occurrence", row["person_id"], row["visit_concept_id"], start, end)
    for row in _table(place, "condition_occurrence"):
        start = row["condition_start_date"]
        _event(source, "condition_occurrence", row["person_id"], row["condition_concept_id"], start)
    for row in _table(place, "drug_exposure"):
        start, supply = row["drug_exposure_start_date"], row["days_supply"]
        _event(source, "drug_exposure", row["person_id"], row["drug_concept_id"], start, value=supply)
    for row in _table(place, "measurement"):
        start, value = row["measurement_date"], row["value_as_number"]
        _event(source, "measurement", row["person_id"], row["measurement_concept_id"], start, value=value)
    for row in _table(place, "procedure_occurrence"):
        start = row["procedure_date"]
        _event(source, "procedure_occurrence", row["person_id"], row["procedure_concept_id"], start)


# Hospitals: FHIR NDJSON


def _resources(place: Path, output: list[dict[str, str]], kind: str) -> Iterator[dict[str, Any]]:
    for entry in output:
        if entry["type"] == kind:
            with (place / entry["url"].rsplit("/", 1)[-1]).open(encoding="utf-8") as file:
                yield from map(json.loads, file)


def _read_fhir(source: Source, place: Path, synthetic: bool) -> None:
    manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    source.extract_date = date.fromisoformat(manifest["transactionTime"][:10])
    output = manifest["output"]
    for patient in _resources(place, output, "Patient"):
        _read_patient(source, patient, synthetic)
    for kind, read in _FHIR_READERS.items():
        for resource in _resources(place, output, kind):
            if _status(resource) in _DID_NOT_HAPPEN:
                source.left_out[_status(resource)] += 1
            else:
                read(source, resource, resource["subject"]["reference"].removeprefix("Patient/"))


def _status(resource: dict[str, Any]) -> str:
    verification = resource.get("verificationStatus", {}).get("coding", [{}])
    return str(verification[0].get("code") or resource.get("status", ""))


def _extension(element: dict[str, Any], ending: str) -> str | None:
    """The code of the extension whose url ends so; "" for one without a code; None without such an extension."""
    for extension in element.get("extension", []):
        if extension["url"].endswith(ending):
            codings = extension.get("valueCodeableConcept", {}).get("coding", [{}])
            return str(codings[0].get("code", ""))
    return None


def _read_patient(source: Source, patient: dict[str, Any], synthetic: bool) -> None:
    identifiers = [i for i in patient.get("identifier", []) if i.get("system") == NHS_NUMBER]
    text = identifiers[0].get("value", "") if identifiers else ""
    status = _extension(identifiers[0], "NHSNumberVerificationStatus") if identifiers else ""
    if _withheld(patient) and usable(text.replace(" ", ""), synthetic=synthetic):
        # A wish to be withheld counts even where the number is not yet verified.
        source.withheld.add(text.replace(" ", ""))
    number = source.numbers[patient["id"]] = _number(source, text, status or "", synthetic)
    if number:
        district = (patient.get("address") or [{}])[0].get("district", "")
        source.persons.append(
            Statement(
                number,
                _day(patient.get("birthDate")),
                _WORDS_SEX.get(patient.get("gender", ""), UNKNOWN),
                _extension(patient, "EthnicCategory") or "",
                _BOROUGHS.get(district) or _BOROUGHS.get(district.lower(), UNKNOWN),
                _day(patient.get("deceasedDateTime")),
            )
        )


def _withheld(patient: dict[str, Any]) -> bool:
    labels = {label.get("code") for label in patient.get("meta", {}).get("security", [])}
    return bool(labels & {"R", "V"}) or _extension(patient, "WithheldIdentityReason") is not None


def _concept(source: Source, local: str, code: dict[str, Any], when: str | None) -> str:
    """The standard concept of the first known coding, or "0"; opt-out codes are noted on the way."""
    for coding in code.get("coding", []):
        number = source.numbers.get(local)
        if number:
            _type_1(source, number, coding["code"], _day(when))
        found = _BY_CODE.get((_SYSTEMS.get(coding.get("system", ""), ""), coding["code"]))
        if found:
            return str(found.concept_id)
    return "0"


def _read_encounter(source: Source, resource: dict[str, Any], local: str) -> None:
    found = _BY_CODE.get(("ActCode", resource["class"]["code"]))
    period = resource.get("period", {})
    what = found.concept_id if found else 0
    _event(source, "visit_occurrence", local, what, period.get("start"), period.get("end"))


def _read_condition(source: Source, resource: dict[str, Any], local: str) -> None:
    when = resource.get("recordedDate") or resource.get("onsetDateTime")
    _event(source, "condition_occurrence", local, _concept(source, local, resource["code"], when), when)


def _read_observation(source: Source, resource: dict[str, Any], local: str) -> None:
    """Each component is a value of its own; the panel around them is none."""
    when = resource.get("effectiveDateTime")
    panel = resource.get("component") and "valueQuantity" not in resource
    for part in resource["component"] if panel else [resource]:
        value = part.get("valueQuantity", {}).get("value")
        _event(source, "measurement", local, _concept(source, local, part["code"], when), when, value=value)


def _read_medication(source: Source, resource: dict[str, Any], local: str) -> None:
    when = resource.get("authoredOn")
    what = _concept(source, local, resource["medicationCodeableConcept"], when)
    supply = resource.get("dispenseRequest", {}).get("expectedSupplyDuration", {}).get("value")
    _event(source, "drug_exposure", local, what, when, value=supply)


def _read_procedure(source: Source, resource: dict[str, Any], local: str) -> None:
    when = resource.get("performedDateTime") or resource.get("performedPeriod", {}).get("start")
    _event(source, "procedure_occurrence", local, _concept(source, local, resource["code"], when), when)


_FHIR_READERS = {
    "Encounter": _read_encounter,
    "Condition": _read_condition,
    "Observation": _read_observation,
    "MedicationRequest": _read_medication,
    "Procedure": _read_procedure,
}


# Councils: Client Level Data


def _read_cld(source: Source, place: Path, synthetic: bool, status: str) -> None:
    for path in sorted(place.glob("*.csv")):
        for row in _table(place, path.stem):
            number = _number(source, row["nhs_number"], status, synthetic)
            if number:
                source.persons.append(_client(row, number))
                _read_event(source, row, number)


def _client(row: dict[str, str], number: str) -> Statement:
    sex = _WORDS_SEX.get(row["gender"].strip().lower(), UNKNOWN)
    borough = _BOROUGHS.get(row["la_code"]) or _BOROUGHS.get(row["la_code"].lower(), UNKNOWN)
    return Statement(number, _day(row["date_of_birth"]), sex, row["ethnicity"], borough, None)


def _read_event(source: Source, row: dict[str, str], number: str) -> None:
    kind = row["event_type"].strip().lower()
    if kind not in EVENT_TYPES.values:
        source.left_out["unknown_code"] += 1
        return
    start = _date(source, row["event_start_date"])
    end = _date(source, row["event_end_date"]) if row["event_end_date"] else None
    if start and (end or not row["event_end_date"]):
        source.events.append(Row("social_care_event", number, kind, start, end, None))
