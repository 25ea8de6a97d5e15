"""Malformed files by name: what each is, and what becomes of the delivery that holds it.

Each stands in a delivery that is right but for it. `outcome` is the code of the refusal, or the reason under which
the row is counted while the rest is loaded.
"""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workspaces.intake.sources import Format

NUMBER, OTHER = "9990000018", "9990000026"
_FHIR, _OMOP, _CLD = Format.FHIR, Format.OMOP, Format.CLIENT_LEVEL_DATA
_DEEP = 10_000
_VERIFIED = {
    "url": "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus",
    "valueCodeableConcept": {"coding": [{"code": "01"}]},
}


def patient(number: str = NUMBER, **changes: object) -> bytes:
    """A line of a Patient that is right but for the changes."""
    identifier = {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": number, "extension": [_VERIFIED]}
    resource = {"resourceType": "Patient", "id": number, "identifier": [identifier], "birthDate": "1970-02-03"}
    return json.dumps(resource | changes).encode() + b"\n"


def _condition(**changes: object) -> bytes:
    code = {"coding": [{"system": "http://snomed.info/sct", "code": "38341003"}]}
    resource = {"resourceType": "Condition", "subject": {"reference": f"Patient/{NUMBER}"}, "code": code}
    return json.dumps(resource | {"recordedDate": "2024-03-06"} | changes).encode() + b"\n"


def manifest(output: object, **changes: object) -> bytes:
    """A manifest that is right but for the changes."""
    return json.dumps({"transactionTime": "2026-06-30T00:00:00Z", "request": "", "output": output} | changes).encode()


def _listed(*names: str, **fields: object) -> list[dict[str, object]]:
    return [{"type": name.partition(".")[0], "url": name} | fields for name in names]


_PERSON = b"person_id,person_source_value,gender_concept_id,year_of_birth\n"
_ROW = f"1,{NUMBER},8532,1970\n".encode()
_CONDITIONS = b"person_id,condition_concept_id,condition_start_date\n"
_EVENTS = b"la_person_id,nhs_number,gender,ethnicity,date_of_birth,la_code,event_type,event_start_date,event_end_date\n"
_EVENT = f"1,{NUMBER},1,A,1950-01-02,E09000007,service,2024-03-06,\n".encode()
_BOTH = manifest(_listed("Patient.ndjson", "Condition.ndjson"))


RIGHT: dict[Format, dict[str, bytes]] = {
    _FHIR: {"manifest.json": _BOTH, "Patient.ndjson": patient(), "Condition.ndjson": _condition()},
    _OMOP: {"person.csv": _PERSON + _ROW, "condition_occurrence.csv": _CONDITIONS + b"1,320128,2024-03-06\n"},
    _CLD: {"events.csv": _EVENTS + _EVENT},
}
"""A delivery of each format with which nothing is wrong."""


@dataclass(frozen=True)
class Malformed:
    """One malformed file; `files` are put beside those of a right delivery, or in their place."""

    name: str
    format: Format
    what: str
    files: Mapping[str, bytes]
    outcome: str

    @property
    def refused(self) -> bool:
        """True when the whole delivery is refused."""
        return ":" in self.outcome

    def write(self, folder: Path) -> None:
        """Write the delivery into a folder."""
        for name, content in {**RIGHT[self.format], **self.files}.items():
            (folder / name).write_bytes(content)


def _fhir(name: str, what: str, outcome: str, **files: bytes) -> Malformed:
    named = {f"{kind}.json" if kind == "manifest" else f"{kind}.ndjson": content for kind, content in files.items()}
    return Malformed(name, _FHIR, what, named, outcome)


def _omop(name: str, what: str, outcome: str, **files: bytes) -> Malformed:
    return Malformed(name, _OMOP, what, {f"{table}.csv": content for table, content in files.items()}, outcome)


def _cld(name: str, what: str, outcome: str, events: bytes) -> Malformed:
    return Malformed(name, _CLD, what, {"events.csv": events}, outcome)


_M, _L, _H, _C = "intake:manifest_malformed", "broken_line", "intake:header_malformed", "intake:column_missing"
MALFORMED: tuple[Malformed, ...] = (
    _fhir("manifest-empty", "A manifest of no bytes.", _M, manifest=b""),
    _fhir("manifest-list", "A manifest that is a list.", _M, manifest=b"[]"),
    _fhir("manifest-latin-1", "A manifest that is not UTF-8.", _M, manifest=b'{"transactionTime": "\xe9"}'),
    _fhir("manifest-deep", "A manifest nested 10,000 deep.", _M, manifest=b"[" * _DEEP + b"]" * _DEEP),
    _fhir("manifest-no-time", "No transactionTime.", _M, manifest=b'{"output": []}'),
    _fhir("manifest-url", "A url that is no address.", _M, manifest=manifest([{"type": "Patient", "url": "http://["}])),
    _fhir("manifest-type", "A type with blanks.", _M, manifest=manifest(_listed("Pat ient.ndjson"))),
    _fhir(
        "manifest-count",
        "Fewer lines than promised.",
        "intake:count_differs",
        manifest=manifest(_listed("Patient.ndjson", count=2)),
    ),
    _fhir(
        "manifest-file", "A file that is not there.", "intake:file_missing", manifest=manifest(_listed("Basic.ndjson"))
    ),
    _fhir(
        "manifest-outside",
        "A file outside the folder.",
        "intake:file_missing",
        manifest=manifest([{"type": "Patient", "url": "../../Patients.ndjson"}]),
    ),
    _fhir(
        "manifest-since",
        "Changes without what they change.",
        "intake:part_of_an_export",
        manifest=manifest([], request="?_since=2026-01-01"),
    ),
    _fhir("line-cut", "A line cut short.", _L, Condition=_condition() + _condition(id="2")[:-30]),
    _fhir("line-list", "A line that is a list.", _L, Condition=_condition() + b"[1, 2]\n"),
    _fhir("line-latin-1", "A line that is not UTF-8.", _L, Condition=_condition() + b'{"resourceType": "\xe9"}\n'),
    _fhir("line-null-bytes", "A line of null bytes.", _L, Condition=_condition() + b"\0" * 100 + b"\n"),
    _fhir(
        "line-packed",
        "A gzip archive under the name of a text.",
        _L,
        Condition=_condition() + gzip.compress(_condition() * 3, mtime=0).replace(b"\n", b"") + b"\n",
    ),
    _fhir(
        "line-type",
        "Another type than the manifest says.",
        "wrong_resource_type",
        Condition=_condition() + _condition(resourceType="Basic"),
    ),
    _fhir(
        "resource-no-subject",
        "A resource about nobody.",
        "unknown_person",
        Condition=_condition() + _condition(subject=None),
    ),
    _fhir(
        "resource-code-shape",
        "A code that is a text, not a concept.",
        "unknown_code",
        Condition=_condition() + _condition(code="38341003"),
    ),
    _fhir(
        "resource-date",
        "30 February.",
        "impossible_date",
        Condition=_condition() + _condition(recordedDate="2024-02-30"),
    ),
    _fhir(
        "resource-future",
        "A day after the export.",
        "future_date",
        Condition=_condition() + _condition(recordedDate="2026-07-01"),
    ),
    _fhir(
        "patient-check-digit",
        "An NHS number whose check digit is wrong.",
        "invalid_nhs_number",
        Patient=patient() + patient("9990000019"),
    ),
    _fhir(
        "patient-no-number", "A Patient without a number.", "no_nhs_number", Patient=patient() + patient(identifier=[])
    ),
    _fhir(
        "patient-two-numbers",
        "A Patient with two numbers.",
        "several_nhs_numbers",
        Patient=patient()
        + patient(
            identifier=[{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": each} for each in (NUMBER, OTHER)],
            id="2",
        ),
    ),
    _omop("header-none", "A file of no bytes.", _H, condition_occurrence=b""),
    _omop("header-twice", "A column twice.", _H, condition_occurrence=b"person_id,person_id\n"),
    _omop("header-utf-16", "UTF-16.", _H, condition_occurrence="person_id,x\n".encode("utf-16")),
    _omop(
        "header-many",
        "5,000 columns.",
        "intake:too_many_columns",
        condition_occurrence=",".join(f"c{n}" for n in range(5_000)).encode() + b"\n",
    ),
    _omop("column-missing", "No column of dates.", _C, condition_occurrence=b"person_id,condition_concept_id\n"),
    _omop("version-6", "OMOP CDM 6.0.", "intake:cdm_version", cdm_source=b"cdm_version\nv6.0\n"),
    _omop(
        "row-short",
        "A row with a cell too few.",
        _L,
        condition_occurrence=_CONDITIONS + b"1,320128,2024-03-06\n1,320128\n",
    ),
    _omop(
        "row-quote",
        "A quote that never closes.",
        _L,
        condition_occurrence=_CONDITIONS + b'1,320128,2024-03-06\n1,"320128,2024-03-07\n',
    ),
    _omop(
        "row-latin-1",
        "A row that is not UTF-8.",
        _L,
        condition_occurrence=_CONDITIONS + b"1,320128,2024-03-06\n1,caf\xe9,2024-03-07\n",
    ),
    _omop(
        "row-nobody",
        "A row about nobody.",
        "unknown_person",
        condition_occurrence=_CONDITIONS + b"1,320128,2024-03-06\n9,320128,2024-03-07\n",
    ),
    _omop(
        "row-value",
        "A value that no instrument shows.",
        "impossible_value",
        measurement=b"person_id,measurement_concept_id,measurement_date,value_as_number\n1,3038553,2024-03-06,1e400\n",
    ),
    _omop(
        "person-real",
        "A number of the real range among synthetic ones.",
        "wrong_number_range",
        person=_PERSON + _ROW + b"2,4000000004,8532,1970\n",
    ),
    Malformed("parquet-none", _OMOP, "A Parquet file that is none.", {"death.parquet": b"PAR1"}, "intake:unreadable"),
    Malformed("duckdb-none", _OMOP, "A database that is none.", {"practice.duckdb": b"DUCK"}, "intake:unreadable"),
    Malformed("names-alike", _OMOP, "Two files of one name but for case.", {"PERSON.csv": b""}, "intake:file_names"),
    Malformed("table-twice", _OMOP, "A table in two formats.", {"person.parquet": b"PAR1"}, "intake:table_twice"),
    _cld("council-header", "No header.", _H, _EVENT),
    _cld(
        "council-kind",
        "A kind of event that nobody knows.",
        "unknown_code",
        _EVENTS + _EVENT + _EVENT.replace(b"service", b"servize"),
    ),
    _cld(
        "council-order",
        "An end before the beginning.",
        "impossible_date",
        _EVENTS + _EVENT + _EVENT.replace(b",\n", b",2024-03-05\n"),
    ),
    _cld("council-lines", "A cell over two lines.", _L, _EVENTS + _EVENT + b'2,"999\n0",1,A,1950-01-02,E0,service,,\n'),
)
