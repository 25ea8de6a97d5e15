"""Any bytes as a file: they are read or refused, nothing else, and no message shows what they hold."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.factories.records import House, gp_person, number, patient, source, write_csv, write_fhir, write_manifest
from workspaces.catalogue.errors import Invalid
from workspaces.intake import Format

MARK = "Zyxwvut"
WORDS = [
    *(b"\n", b"\r\n", b",", b'"', b"\\", b"{", b"}", b"[", b"]", b":", b"\x00", b"\xff", b"\xef\xbb\xbf", b"null"),
    *(MARK.encode(), number(1).encode(), b"2024-02-30", b"1e400", b"person_id", b"999999999999999999999"),
    *(b'{"resourceType":"Patient","id":"a","identifier":[{"value":', b'"resourceType":"Observation"', b'"code":'),
]
BYTES = st.lists(st.one_of(st.sampled_from(WORDS), st.binary(max_size=4)), max_size=25).map(b"".join)
PACE = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def load_or_refuse(form, write):
    """Load what `write` puts into a folder; the refusal, if any."""
    with tempfile.TemporaryDirectory() as root:
        house, folder = House(Path(root)), Path(root) / "in"
        folder.mkdir()
        write(folder)
        try:
            report = house.load(source(form, "RRV"), folder)
            told = repr((report.rows, report.quarantined, report.unsupported, report.alarms))
        except Invalid as why:
            told = str(why)
        assert MARK not in told
        assert number(1) not in told


@PACE
@given(BYTES)
@example(b"\xff\n")
def test_any_manifest(content):
    load_or_refuse(Format.FHIR, lambda folder: (folder / "manifest.json").write_bytes(content))


@PACE
@given(st.sampled_from(["Patient", "Observation", "Encounter", "Basic"]), BYTES)
@example("Patient", b"{" * 5000)
@example("Observation", b'{"resourceType":"Observation","component":[{"valueQuantity":{"value":1e999}}]}\n')
def test_any_ndjson(kind, content):
    def write(folder):
        (folder / "any.ndjson").write_bytes(content)
        write_fhir(folder, [patient("a", number(2))])
        output = [{"type": "Patient", "url": "Patient.ndjson"}, {"type": kind, "url": "any.ndjson"}]
        write_manifest(folder, output)

    load_or_refuse(Format.FHIR, write)


HEADS = {
    "person": b"person_id,person_source_value,gender_concept_id,year_of_birth,month_of_birth\n",
    "measurement": b"person_id,measurement_concept_id,measurement_date,value_as_number\n1,3004249,2024-01-01,",
    "drug_exposure": b"person_id,drug_concept_id,drug_exposure_start_date,days_supply\n1,1,2024-01-01,",
    "location": b"location_id,county\n",
    "anything": b"",
}


@PACE
@given(st.sampled_from(sorted(HEADS)), st.booleans(), BYTES)
@example("measurement", True, b"1e308\n1,3004249,2024-01-01,nan\n1,3004249,2024-01-01,-inf\n")
def test_any_csv(table, with_head, content):
    def write(folder):
        write_csv(folder / "person.csv", [gp_person("1", number(2))])
        (folder / f"{table}.csv").write_bytes((HEADS[table] if with_head else b"") + content)

    load_or_refuse(Format.OMOP, write)


@pytest.mark.parametrize("form", [Format.OMOP, Format.CLIENT_LEVEL_DATA])
def test_a_value_in_place_of_the_header_is_not_shown(form):
    load_or_refuse(form, lambda folder: (folder / "person.csv").write_text(f"{MARK},{number(1)}\n"))
