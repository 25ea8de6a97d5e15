"""Trusts write FHIR R4 bulk data: one NDJSON file per resource type and a manifest that lists them."""

import json

import numpy as np

from infra.seeds import fhir_findings, fhir_patients
from infra.seeds import trust_care as care
from infra.seeds.draws import Draws, Ints
from infra.seeds.files import Files
from infra.seeds.identity import local
from infra.seeds.illnesses import CONDITION_CONCEPTS, DRUG_CONCEPTS, Health
from infra.seeds.measuring import MEASUREMENT_CONCEPTS
from infra.seeds.omop import TENTHS
from infra.seeds.organisations import SCREENED_TRUST, Organisation, Organisations
from infra.seeds.people import EXTRACT, TODAY, People
from infra.seeds.practice_care import PROCEDURE_CONCEPTS
from infra.seeds.rows import Rows
from infra.seeds.text import Texts, dates, digits, lines, optional, table
from workspaces.catalogue.concepts import concept

# Each file with its resource type; a bulk export may split a type over several files.
FILES = {
    "Patient.ndjson": "Patient",
    "Encounter.ndjson": "Encounter",
    "Condition.ndjson": "Condition",
    "Observation.1.ndjson": "Observation",
    "Observation.2.ndjson": "Observation",
    "Observation.3.ndjson": "Observation",
    "MedicationRequest.ndjson": "MedicationRequest",
    "Procedure.ndjson": "Procedure",
    "AllergyIntolerance.ndjson": "AllergyIntolerance",
    "Immunization.ndjson": "Immunization",
    "DiagnosticReport.ndjson": "DiagnosticReport",
    "Organization.ndjson": "Organization",
    "Appointment.ndjson": "Appointment",
}
TYPES = tuple(dict.fromkeys(FILES.values()))
_SYSTEMS = {"SNOMED": "http://snomed.info/sct", "LOINC": "http://loinc.org"}
RESTRICTED_CODE = '{"coding":[{"system":"http://snomed.info/sct","code":"52637005"}]}'
UNKNOWN_CODE = '{"coding":[{"system":"http://snomed.info/sct","code":"999000000000000"}]}'
_CLASS = table("IMP", "AMB", "EMER", "XX")
_UNITS = table("mm[Hg]", "mm[Hg]", "kg/m2", "mmol/mol", "mL/min/{1.73_m2}", "mmol/L", "1")
_ENTERED_IN_ERROR = 0.004


def begin(files: Files, senders: Organisations) -> None:
    """An empty file of each type for every trust."""
    for trust in senders.trusts:
        for name in FILES:
            files.begin(f"fhir/{trust.code}/{name}", "")
        files.append(f"fhir/{trust.code}/Organization.ndjson", fhir_findings.organisation(trust.code), 1)


def finish(files: Files, senders: Organisations) -> None:
    """The manifest of every trust, with the number of resources in each file."""
    for trust in senders.trusts:
        files.begin(f"fhir/{trust.code}/manifest.json", json.dumps(_manifest(files, trust), indent=2) + "\n")


def _manifest(files: Files, trust: Organisation) -> dict[str, object]:
    counts = [(name, files.counts[f"fhir/{trust.code}/{name}"]) for name in FILES]
    return {
        "transactionTime": f"{EXTRACT.isoformat()}T23:00:00Z",
        "request": f"https://{trust.code.lower()}.example/fhir/$export?_type={','.join(TYPES)}",
        "requiresAccessToken": False,
        "output": [{"type": FILES[name], "url": name, "count": count} for name, count in counts if count],
        "deleted": [],
        "error": [],
    }


def write(files: Files, senders: Organisations, draws: Draws, people: People, health: Health) -> None:
    """Everything that trusts send about one chunk of people."""
    to = _Trusts(files, senders.trusts, people, draws)
    stay = care.make_stays(draws, people, health)
    fhir_patients.write(files, senders, draws, people)
    to.encounters(care.trust_encounters(draws, people, stay))
    to.conditions(care.trust_conditions(draws, people, health))
    to.pressures(*care.trust_pressures(draws, people, health, stay))
    to.measurements(care.trust_measurements(draws, people, health, stay))
    to.drugs(care.trust_drugs(draws, people, health))
    to.procedures(care.trust_procedures(draws, people, health, stay))
    to.opt_outs()
    fhir_findings.write(to.write, draws, people)


def codings(concepts: tuple[int, ...], vocabulary: str, *, last: bool = False) -> Texts:
    """CodeableConcepts as JSON text, one per concept, then a restricted and an unknown one.

    Of several codes of a concept the first is taken, or the `last`.
    """
    return table(*(_coding(number, vocabulary, last) for number in concepts), RESTRICTED_CODE, UNKNOWN_CODE)


def _coding(number: int, vocabulary: str, last: bool) -> str:
    found = concept(number)
    assert found is not None, number  # noqa: S101 - the generator names concepts of the catalogue only
    codes = [code for name, code in found.codes if name == vocabulary]
    coding = {"system": _SYSTEMS[vocabulary], "code": codes[-1 if last else 0], "display": found.name}
    return json.dumps({"coding": [coding]}, separators=(",", ":"))


class _Trusts:
    """The files of all trusts for one chunk."""

    def __init__(self, files: Files, trusts: tuple[Organisation, ...], people: People, draws: Draws) -> None:
        self.files = files
        self.trusts = trusts
        self.people = people
        self.draws = draws

    def write(
        self, name: str, letter: str, rows: Rows, *parts: str | Texts, part: str = "", subject: str = "subject"
    ) -> None:
        """One resource a row: its type, the first letter of its ids, and the text after its person."""
        made = lines(
            len(rows),
            f'{{"resourceType":"{name}","id":"{letter}',
            digits(rows.id),
            f'","{subject}":{{"reference":"Patient/p',
            local(self.people, rows.person, rows.sender),
            '"}',
            *parts,
            "}",
        )
        self.files.deal(self.trusts, rows.sender, f"{name}{part}.ndjson", made)

    def encounters(self, rows: Rows) -> None:
        """Encounters with class and period."""
        self.write(
            "Encounter",
            "e",
            rows,
            ',"status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"',
            _CLASS[rows.concept],
            '"},"period":{"start":"',
            dates(rows.day),
            '"',
            *optional(',"end":"', dates(rows.end), '"'),
            "}",
        )

    def conditions(self, rows: Rows) -> None:
        """Conditions; a few were entered in error; the date is that of recording, at odd trusts that of onset."""
        wrong = self.draws.uniform("condition error", 2)[rows.person, rows.id % 2] < _ENTERED_IN_ERROR
        status = np.where(wrong, b"entered-in-error", b"confirmed")
        first, other = codings(CONDITION_CONCEPTS, "SNOMED"), codings(CONDITION_CONCEPTS, "SNOMED", last=True)
        self.write(
            "Condition",
            "c",
            rows,
            ',"verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status"'
            ',"code":"',
            status,
            '"}]},"code":',
            np.where(rows.id % 3 == 0, other[rows.concept], first[rows.concept]),
            np.where(rows.sender % 2 == 0, b',"recordedDate":"', b',"onsetDateTime":"'),
            dates(rows.day),
            '"',
        )

    def pressures(self, rows: Rows, diastolic: Ints) -> None:
        """Blood pressure panels with two components."""
        component = '{{"code":{code},"valueQuantity":{{"value":'
        unit = ',"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}'
        upper, lower = (_coding(number, "LOINC", False) for number in MEASUREMENT_CONCEPTS[:2])
        self.write(
            "Observation",
            "b",
            rows,
            ',"status":"final","code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},"effectiveDateTime":"',
            dates(rows.day),
            '","component":[' + component.format(code=upper),
            TENTHS[rows.value],
            unit + "," + component.format(code=lower),
            TENTHS[diastolic],
            unit + "]",
            part=".1",
        )

    def measurements(self, rows: Rows) -> None:
        """Single observations: LOINC codes at even trusts, SNOMED CT at odd ones; a few entered in error."""
        wrong = self.draws.uniform("observation error", 8)[rows.person, rows.id % 8] < _ENTERED_IN_ERROR
        loinc, snomed = (codings(MEASUREMENT_CONCEPTS, name) for name in ("LOINC", "SNOMED"))
        self.write(
            "Observation",
            "o",
            rows,
            ',"status":"',
            np.where(wrong, b"entered-in-error", b"final"),
            '","code":',
            np.where(rows.sender % 2 == 0, loinc[rows.concept], snomed[rows.concept]),
            ',"effectiveDateTime":"',
            dates(rows.day),
            np.where(rows.sender % 2 == 0, b'T10:00:00Z"', b'"'),
            ',"valueQuantity":{"value":',
            TENTHS[rows.value],
            ',"system":"http://unitsofmeasure.org","code":"',
            _UNITS[rows.concept],
            '"}',
            part=".2",
        )

    def drugs(self, rows: Rows) -> None:
        """Prescriptions with the expected duration of supply."""
        self.write(
            "MedicationRequest",
            "m",
            rows,
            ',"status":"active","intent":"order","medicationCodeableConcept":',
            codings(DRUG_CONCEPTS, "SNOMED")[rows.concept],
            ',"authoredOn":"',
            dates(rows.day),
            '","dispenseRequest":{"expectedSupplyDuration":{"value":28,"unit":"days",'
            '"system":"http://unitsofmeasure.org","code":"d"}}',
        )

    def procedures(self, rows: Rows) -> None:
        """Procedures, done on a day or in a period."""
        single = rows.sender % 2 == 0
        self.write(
            "Procedure",
            "r",
            rows,
            ',"status":"completed","code":',
            codings(PROCEDURE_CONCEPTS, "SNOMED")[rows.concept],
            np.where(single, b',"performedDateTime":"', b',"performedPeriod":{"start":"'),
            dates(rows.day),
            np.where(single, b'"', b'"}'),
        )

    def opt_outs(self) -> None:
        """A few GP opt-out codes reach a trust with a referral, ten days after the practice wrote them."""
        opted, trust = self.people.type_1.opted, self.people.trusts[:, 0]
        screened = [n for n, sender in enumerate(self.trusts) if sender.code == SCREENED_TRUST]
        told = (self.draws.one("opt-out told") < 0.05) & (opted + 10 <= TODAY) & ~np.isin(trust, [-1, *screened])
        person = np.flatnonzero(told)
        person = person[np.argsort(trust[person], kind="stable")]
        zero = np.zeros(len(person), dtype=np.int64)
        rows = Rows(person, trust[person], self.people.index[person] + 1, zero, opted[person] + 10, zero, zero)
        self.write(
            "Observation",
            "t",
            rows,
            ',"status":"final","code":{"coding":[{"system":"http://snomed.info/sct","code":"827241000000103"}]}'
            ',"effectiveDateTime":"',
            dates(rows.day),
            '"',
            part=".3",
        )
