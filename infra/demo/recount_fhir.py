"""How the recount reads FHIR: each type of resource by a plain loop over its lines."""

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from infra.demo.recount_rows import (
    Coding,
    Source,
    bare,
    claim,
    day,
    note_death,
    note_event,
    note_person,
    settle_people,
)
from workspaces.catalogue.concepts import concepts

NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
_STATUS = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"
_ETHNIC = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory"
_WITHHELD = "Extension-WithheldIdentityReason"
_SYSTEMS = {"http://snomed.info/sct": "SNOMED", "http://loinc.org": "LOINC", "http://hl7.org/fhir/sid/cvx": "CVX"}
_FAULTS = {"entered-in-error", "refuted", "cancelled", "not-done"}

Json = dict[str, Any]


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


def read_fhir(source: Source, place: Path) -> None:
    """Read everything that a trust sent: people first, then what happened to them."""
    manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    source.extract_date = day(manifest["transactionTime"]) or date.min
    patients = list(_resources(source, place, manifest["output"], "Patient"))
    for patient in patients:
        _read_patient(source, patient)
    settle_people(source)
    for patient in patients:
        if patient.get("deceasedDateTime"):
            note_death(source, patient["id"], patient["deceasedDateTime"])
    for kind in _READERS:
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
    """Each component is a value of its own; the panel around them is one only if it has a value itself."""
    components = resource.get("component") or []
    when = resource.get("effectiveDateTime") or resource.get("effectivePeriod", {}).get("start", "")
    of_panel = [("SOURCE", code) for _, code in _codings(resource.get("code", {}))] if components else []
    for part in [resource, *components] if "valueQuantity" in resource or not components else components:
        codings = _codings(part.get("code", {})) + of_panel
        _note(source, "measurement", resource, codings, when, amount=part.get("valueQuantity"))


def _medication(source: Source, resource: Json) -> None:
    codings = _codings(resource.get("medicationCodeableConcept", {}))
    supply = resource.get("dispenseRequest", {}).get("expectedSupplyDuration")
    _note(source, "drug_exposure", resource, codings, resource.get("authoredOn", ""), amount=supply)


def _procedure(source: Source, resource: Json) -> None:
    when = resource.get("performedDateTime") or resource.get("performedPeriod", {}).get("start", "")
    _note(source, "procedure_occurrence", resource, _codings(resource.get("code", {})), when)


def _vaccination(source: Source, resource: Json) -> None:
    codings, when = _codings(resource.get("vaccineCode", {})), resource.get("occurrenceDateTime", "")
    _note(source, "drug_exposure", _of_patient(resource), codings, when)


def _allergy(source: Source, resource: Json) -> None:
    when = resource.get("recordedDate") or resource.get("onsetDateTime", "")
    _note(source, "observation", _of_patient(resource), _codings(resource.get("code", {})), when)


def _of_patient(resource: Json) -> Json:
    return {**resource, "subject": resource.get("patient", {})}


def _report(source: Source, resource: Json) -> None:
    """A report of a procedure is one; others are the cover of Observations, and only law looks at their codes."""
    codings = _codings(resource.get("code", {}))
    found = [("SOURCE", code) for each in resource.get("conclusionCode", []) for _, code in _codings(each)]
    when = resource.get("effectiveDateTime") or resource.get("effectivePeriod", {}).get("start", "")
    table = "procedure_occurrence" if _PROCEDURES & set(codings) else "report"
    _note(source, table, resource, codings + found, when)


_PROCEDURES = {coding for each in concepts() if each.domain == "procedure" for coding in each.codes}
_READERS = {
    "Encounter": _encounter,
    "Condition": _condition,
    "Observation": _observation,
    "MedicationRequest": _medication,
    "Procedure": _procedure,
    "Immunization": _vaccination,
    "AllergyIntolerance": _allergy,
    "DiagnosticReport": _report,
}
