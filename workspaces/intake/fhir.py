"""Hospitals: FHIR R4 Bulk Data (NDJSON with a manifest), UK Core identifiers and extensions.

A line that is no JSON object, or another type than the manifest says, is a fault of that line alone: a
file cut short in transfer loses its last line, not the load.
"""

import json
import re
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from workspaces.catalogue.errors import Invalid
from workspaces.engine import Engine, one, quiet, run
from workspaces.intake.deliveries import Delivery, Limits, Staged, existing, need_folder
from workspaces.intake.sources import Source

rank = 1

_CONCEPT = {"coding": [{"system": "VARCHAR", "code": "VARCHAR"}]}
_EXTENSION = [{"url": "VARCHAR", "valueCodeableConcept": _CONCEPT}]
_PERIOD = {"start": "VARCHAR", "end": "VARCHAR"}
_QUANTITY = {"value": "VARCHAR", "unit": "VARCHAR", "code": "VARCHAR"}
_COMMON = {"resourceType": "VARCHAR", "subject": {"reference": "VARCHAR"}, "status": "VARCHAR"}

_PATIENT = {
    "resourceType": "VARCHAR",
    "id": "VARCHAR",
    "meta": {"security": [{"code": "VARCHAR"}]},
    "extension": _EXTENSION,
    "identifier": [{"system": "VARCHAR", "value": "VARCHAR", "extension": _EXTENSION}],
    "gender": "VARCHAR",
    "birthDate": "VARCHAR",
    "deceasedDateTime": "VARCHAR",
    "address": [{"district": "VARCHAR"}],
}

# Structure of each type, and its columns: codings, start, end, quantity, unit, what says it did not happen.
_EVENTS: dict[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "Encounter": (
        "visit_occurrence",
        {"class": {"code": "VARCHAR"}, "period": _PERIOD},
        {"codings": "['ActCode|' || r.class.code]", "started": "r.period.start", "ended": "r.period.end"},
    ),
    "Condition": (
        "condition_occurrence",
        {
            "code": _CONCEPT,
            "recordedDate": "VARCHAR",
            "onsetDateTime": "VARCHAR",
            "verificationStatus": {"coding": [{"code": "VARCHAR"}]},
        },
        {
            "codings": "keys_of(r.code.coding)",
            "started": "coalesce(r.recordedDate, r.onsetDateTime)",
            "status": "r.verificationStatus.coding[1].code",
        },
    ),
    "MedicationRequest": (
        "drug_exposure",
        {
            "medicationCodeableConcept": _CONCEPT,
            "authoredOn": "VARCHAR",
            "dispenseRequest": {"expectedSupplyDuration": _QUANTITY},
        },
        {
            "codings": "keys_of(r.medicationCodeableConcept.coding)",
            "started": "r.authoredOn",
            "quantity": "r.dispenseRequest.expectedSupplyDuration.value",
            "unit": "coalesce(r.dispenseRequest.expectedSupplyDuration.code,"
            " r.dispenseRequest.expectedSupplyDuration.unit)",
        },
    ),
    "Procedure": (
        "procedure_occurrence",
        {"code": _CONCEPT, "performedDateTime": "VARCHAR", "performedPeriod": _PERIOD},
        {"codings": "keys_of(r.code.coding)", "started": "coalesce(r.performedDateTime, r.performedPeriod.start)"},
    ),
    "Observation": (
        "measurement",
        {
            "code": _CONCEPT,
            "effectiveDateTime": "VARCHAR",
            "valueQuantity": _QUANTITY,
            "component": [{"code": _CONCEPT, "valueQuantity": _QUANTITY}],
        },
        {
            "codings": "keys_of(part.code.coding)",
            "started": "r.effectiveDateTime",
            "quantity": "part.valueQuantity.value",
            "unit": "coalesce(part.valueQuantity.code, part.valueQuantity.unit)",
        },
    ),
}

_MACROS = """
CREATE MACRO keys_of(codings) AS list_transform(list_filter(codings, lambda c: c.code IS NOT NULL), lambda c:
    CASE c.system WHEN 'http://snomed.info/sct' THEN 'SNOMED' WHEN 'http://loinc.org' THEN 'LOINC'
        ELSE 'SOURCE' END || '|' || trim(c.code));
CREATE MACRO code_of(extensions, wanted) AS
    list_filter(extensions, lambda e: e.url = wanted)[1].valueCodeableConcept.coding[1].code;
CREATE MACRO fault_of(r, wanted, status) AS CASE
    WHEN r.resourceType IS NULL THEN 'broken_line'
    WHEN r.resourceType <> wanted THEN 'wrong_resource_type'
    WHEN status = 'entered-in-error' THEN 'entered_in_error'
    WHEN status IN ('refuted', 'cancelled', 'not-done') THEN replace(status, '-', '_') END;
CREATE MACRO person_of(reference) AS nullif(regexp_extract(reference,
    '(?:^|/)Patient/([A-Za-z0-9.-]+)|^urn:uuid:(.+)$', ['a', 'b']).a
    || regexp_extract(reference, '(?:^|/)Patient/([A-Za-z0-9.-]+)|^urn:uuid:(.+)$', ['a', 'b']).b, '');
"""

# A file is read as it lies there: what a name like x.ndjson.gz would be unpacked to has no bound.
_READ = (
    "read_ndjson_objects($files, ignore_errors = true, maximum_object_size = $line_bytes, compression = 'uncompressed')"
)

# Both marks of a withheld identity are looked for in the text, so that a mark of an odd shape is still one. A number
# given twice counts as verified only if both say so.
_PEOPLE = f"""
CREATE OR REPLACE TEMP TABLE patient AS
SELECT r, list_distinct(list_transform(nhs, lambda i: bare(i.value))) AS numbers,
    list_max(list_transform(nhs, lambda i: code_of(i.extension,
        'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus'))) AS status,
    coalesce(regexp_matches(upper(json_extract(json, '$.meta.security')::VARCHAR), '"\\s*[RV]\\s*"'), false)
        OR coalesce(contains(json::VARCHAR, 'Extension-WithheldIdentityReason'), false) AS withheld
FROM (SELECT *, list_filter(r.identifier, lambda i: i.system = 'https://fhir.nhs.uk/Id/nhs-number') AS nhs
    FROM (SELECT json, json_transform(json, $structure) AS r
          FROM {_READ}));
INSERT INTO staged_person
SELECT r.id, numbers[1], status, withheld, r.birthDate, r.gender,
    code_of(r.extension, 'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory'),
    r.address[1].district, r.deceasedDateTime,
    coalesce(fault_of(r, 'Patient', NULL), CASE WHEN len(numbers) > 1 THEN 'several_nhs_numbers' END)
FROM patient;
INSERT INTO staged_claim SELECT r.id, unnest(numbers), withheld FROM patient WHERE len(numbers) > 1;
"""  # noqa: S608


def receive(folder: Path, source: Source, limits: Limits) -> Delivery:
    """Read the manifest and find each file it names, by the last part of its address."""
    manifest = existing(need_folder(folder, source) / "manifest.json", limits)
    try:
        declared = json.loads(manifest.read_bytes())
        taken = datetime.fromisoformat(declared["transactionTime"]).date()
        outputs = [_output(output) for output in declared["output"]]
        deleted, errors = len(declared.get("deleted") or []), len(declared.get("error") or [])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Invalid(
            "intake:manifest_malformed",
            f"The manifest of {source.organisation} is not a FHIR Bulk Data manifest.",
            "It needs transactionTime and output, each output a type and a url. Send it again.",
        ) from None
    files: dict[str, list[Path]] = {}
    for kind, name, count in outputs:
        files.setdefault(kind, []).append(existing(folder / name, limits))
        _need_count(folder / name, count, limits)
    alarms = [f"The manifest lists {errors} error files."] if errors else []
    alarms += [f"The manifest lists {deleted} files of deletions; they were not applied."] if deleted else []
    return Delivery(source, taken, {kind: tuple(paths) for kind, paths in files.items()}, (manifest,), tuple(alarms))


def _output(output: dict[str, Any]) -> tuple[str, str, int | None]:
    """Type, file name and promised count of one output; ValueError for names that could not be shown or told apart."""
    kind, name, count = output["type"], PurePosixPath(unquote(urlsplit(output["url"]).path)).name, output.get("count")
    if not re.fullmatch(r"[A-Za-z]{1,40}", kind) or not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", name):
        raise ValueError
    if count is not None and type(count) is not int:
        raise ValueError
    return kind, name, count


def _need_count(path: Path, count: int | None, limits: Limits) -> None:
    """`Invalid` when the file holds another number of lines than the manifest promised: it was cut, or is another."""
    if count is None:
        return
    with path.open("rb") as file:
        found = sum(1 for line in iter(lambda: file.readline(limits.line_bytes), b"") if line.strip())
    if found != count:
        raise Invalid(
            "intake:count_differs",
            f"The file {path.name} holds {found} lines, but the manifest promises {count}.",
            "Send the whole delivery again.",
        )


def stage(engine: Engine, delivery: Delivery, limits: Limits) -> Staged:
    """Fill the staged tables from every supported type; others are counted."""
    engine.execute(_MACROS)
    staged = Staged()
    for kind, paths in sorted(delivery.files.items()):
        with quiet(
            code="intake:unreadable",
            sentence=f"A file of type {kind} from {delivery.source.organisation} cannot be read as NDJSON.",
            next_step="Send the delivery again, one resource a line.",
        ):
            _stage_kind(engine, kind, {"files": [str(path) for path in paths], "line_bytes": limits.line_bytes}, staged)
    engine.execute(
        "INSERT INTO staged_event (target, local_id, started, fault)"
        " SELECT 'death', local_id, death, fault FROM staged_person WHERE death IS NOT NULL"
    )
    return staged


def _stage_kind(engine: Engine, kind: str, values: dict[str, object], staged: Staged) -> None:
    if kind == "Patient":
        run(engine, _PEOPLE, {**values, "structure": json.dumps(_PATIENT)})
    elif kind in _EVENTS:
        target, structure, columns = _EVENTS[kind]
        engine.execute(
            _event_query(kind, columns),
            {**values, "structure": json.dumps({**_COMMON, **structure}), "kind": kind, "target": target},
        )
    else:
        staged.unsupported[kind] = one(engine, f"SELECT count(*) FROM {_READ}", values)  # noqa: S608


def _event_query(kind: str, columns: dict[str, str]) -> str:
    """The query of one type; every piece of it is a constant of this module."""
    # A panel such as blood pressure holds its values in components; the panel itself is then no row.
    parts = "unnest(CASE WHEN len(r.component) > 0 AND r.valueQuantity IS NULL THEN r.component ELSE"
    parts += " [{'code': r.code, 'valueQuantity': r.valueQuantity}] END) AS part"
    extra = f", {parts}" if kind == "Observation" else ""
    status = f"coalesce({columns['status']}, r.status)" if "status" in columns else "r.status"
    return f"""
    INSERT INTO staged_event
    SELECT $target, person_of(r.subject.reference), {columns["codings"]}, {columns["started"]},
        {columns.get("ended", "NULL")}, {columns.get("quantity", "NULL")}, {columns.get("unit", "NULL")},
        fault_of(r, $kind, {status})
    FROM (SELECT r{extra} FROM (SELECT json_transform(json, $structure) AS r
          FROM {_READ}))
    """  # noqa: S608
