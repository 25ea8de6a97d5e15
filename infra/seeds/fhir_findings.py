"""What trusts send beside illness and care: allergies, vaccinations, reports, and resources that nobody takes in."""

import json
from typing import Protocol

import numpy as np

from infra.seeds.draws import Bools, Draws, Ints
from infra.seeds.people import TODAY, People
from infra.seeds.rows import Rows
from infra.seeds.text import Texts, dates, table
from workspaces.catalogue.concepts import concepts

_LAST_YEARS = 1_500  # days
_SYSTEMS = {"SNOMED": "http://snomed.info/sct", "CVX": "http://hl7.org/fhir/sid/cvx"}


class Write(Protocol):
    """Writes one resource a row."""

    def __call__(
        self, name: str, letter: str, rows: Rows, *parts: str | Texts, part: str = "", subject: str = ""
    ) -> None:
        """See `infra.seeds.fhir`."""


def organisation(code: str) -> bytes:
    """The trust about itself."""
    identifier = [{"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": code}]
    return json.dumps({"resourceType": "Organization", "id": "o1", "identifier": identifier}).encode() + b"\n"


def write(to: Write, draws: Draws, people: People) -> None:
    """Everything of this module about one chunk of people."""
    allergies, vaccines, reports = (_codings(domain) for domain in ("observation", "vaccine", "procedure"))
    found = _rows(draws, people, "allergy", 0.05, len(allergies))
    refuted = draws.one("allergy refuted")[found.person] < 0.03
    verification = ('"}]},"verificationStatus":{"coding":[{"code":"', np.where(refuted, b"refuted", b"confirmed"))
    clinical = ',"clinicalStatus":{"coding":[{"code":"active'
    to(
        *("AllergyIntolerance", "a", found, clinical, *verification, '"}]},"code":', allergies[found.concept]),
        *(',"recordedDate":"', dates(found.day), '"'),
        subject="patient",
    )
    given = _rows(draws, people, "vaccination", 0.08, len(vaccines))
    done = np.where(draws.one("vaccination done")[given.person] < 0.97, b"completed", b"not-done")
    to(
        *("Immunization", "i", given, ',"status":"', done, '","vaccineCode":', vaccines[given.concept]),
        *(',"occurrenceDateTime":"', dates(given.day), '"'),
        subject="patient",
    )
    told = _rows(draws, people, "report", 0.02, len(reports))
    to(
        *("DiagnosticReport", "d", told, ',"status":"final","code":', reports[told.concept]),
        *(',"effectiveDateTime":"', dates(told.day), '"'),
    )
    to("Appointment", "z", _rows(draws, people, "appointment", 0.01, 1), ',"status":"booked"')


def _codings(domain: str) -> Texts:
    """CodeableConcepts as JSON text; of reports one is a panel of the laboratory, which is no procedure."""
    vaccine = domain == "vaccine"
    found = [
        {"system": _SYSTEMS[vocabulary], "code": code, "display": each.name}
        for each in concepts()
        for vocabulary, code in each.codes
        if each.domain == ("drug" if vaccine else domain) and (not vaccine or ("CVX" in dict(each.codes)))
    ]
    panel = [{"system": "http://loinc.org", "code": "58410-2"}] if domain == "procedure" else []
    return table(*(json.dumps({"coding": [coding]}, separators=(",", ":")) for coding in (*panel, *found)))


def _rows(draws: Draws, people: People, name: str, share: float, choices: int) -> Rows:
    """At most one of these for each person, at the first trust that knows them, in the years before the extract."""
    uniform = draws.uniform(f"{name} told", 3)
    trust, day = people.trusts[:, 0], TODAY - (uniform[:, 1] * _LAST_YEARS).astype(np.int64)
    everybody: Ints = np.arange(len(trust))
    wanted: Bools = (uniform[:, 0] < share) & (trust >= 0) & people.alive(everybody, day)
    person = np.flatnonzero(wanted)
    person = person[np.argsort(trust[person], kind="stable")]
    zero = np.zeros(len(person), dtype=np.int64)
    concept = (uniform[person, 2] * choices).astype(np.int64)
    return Rows(person, trust[person], people.index[person] + 1, concept, day[person], zero, zero)
