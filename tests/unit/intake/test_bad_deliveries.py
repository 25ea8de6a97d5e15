"""Bad deliveries: a row is quarantined and counted, a delivery is refused with a next step; nothing half-written."""

import json
from datetime import date

import pytest

from tests.factories.records import (
    House,
    condition,
    council_row,
    gp_condition,
    gp_person,
    number,
    patient,
    source,
    write_csv,
    write_fhir,
    write_manifest,
)
from workspaces.catalogue.errors import Invalid
from workspaces.engine import open_engine
from workspaces.intake import Format, Limits, load
from workspaces.intake.delimited import MACROS, read_csv
from workspaces.intake.deliveries import lines_of

ANNA, BOB = number(1), number(2)


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "delivery").mkdir()
    return tmp_path / "delivery"


def refused(house, form, folder):
    """The code of the refusal; nothing is then in the vault."""
    with pytest.raises(Invalid) as why:
        house.load(source(form, "F83001" if form is Format.OMOP else "RRV"), folder)
    assert why.value.sentence
    assert why.value.next_step
    assert not list(house.vault.loads.iterdir())
    assert not [each for each in (house.vault.root / "scratch").iterdir() if each.is_dir()]
    return why.value.code


@pytest.mark.parametrize(
    ("text", "broken", "kept"),
    [
        (b"a,b\n1,2\n3,4\n", 0, 2),
        (b"a,b\r\n1,2\r\n\r\n3,4\r\n", 0, 2),
        (b"a,b\n1,2\r\n3,4\n", 0, 2),
        (b"\xef\xbb\xbfa,b\n1,2\n", 0, 1),
        (b'a,b\n"1, and ""more""",2\n', 0, 1),
        (b"a,b\n1,2\n3", 1, 1),  # cut short
        (b'a,b\n1,"2\n3,4\n5,6\n', 1, 2),  # a quote that never closes swallows nobody
        (b'a,b\n1,"two\nlines"\n5,6\n', 2, 1),
        (b"a,b\n1,2,3\n4,5\n", 1, 1),
        (b"a,b\n1,caf\xe9\n4,5\n", 1, 1),
        (b"a,b\n1,\x00\n4,5\n", 0, 2),
        (b"a,b\n1\x01,2\n4,5\n", 1, 1),
        (b"a,b\n" + b"x" * 70_000 + b",1\n4,5\n", 1, 1),
        (b"a,b\n", 0, 0),
        (b"a,b", 0, 0),
    ],
)
def test_a_line_of_csv_stands_or_falls_alone(folder, text, broken, kept):
    (folder / "file.csv").write_bytes(text)
    with open_engine(scratch=folder, folders=(folder,)) as engine:
        engine.execute(MACROS)
        limits = Limits(line_bytes=60_000)
        assert read_csv(engine, folder / "file.csv", {"a": "a", "b": "b"}, limits, into="found") == broken
        assert engine.execute("SELECT count(*) FROM found").fetchone() == (kept,)


@pytest.mark.parametrize("text", [b"", b"\n", b"a,a\n1,2\n", b"a,b\r1,2\r", b"\xff\xfea\x00", b'"a\n', b"\xe9,b\n"])
def test_a_file_without_a_line_of_names_is_refused(house, folder, text):
    write_csv(folder / "person.csv", [gp_person("1", ANNA)])
    (folder / "death.csv").write_bytes(text)
    assert refused(house, Format.OMOP, folder) == "intake:header_malformed"


def test_a_missing_column_is_named(house, folder):
    write_csv(folder / "person.csv", [{"person_id": "1"}])
    assert refused(house, Format.OMOP, folder) == "intake:column_missing"


def test_a_delivery_without_people_is_refused(house, folder):
    assert refused(house, Format.OMOP, folder) == "intake:file_missing"
    assert refused(house, Format.FHIR, folder) == "intake:file_missing"
    assert refused(house, Format.OMOP, folder / "nothing") == "intake:folder_missing"


def test_names_that_differ_by_case_are_refused(house, folder):
    write_csv(folder / "person.csv", [gp_person("1", ANNA)])
    write_csv(folder / "Person.csv", [gp_person("2", BOB)])
    assert refused(house, Format.OMOP, folder) == "intake:file_names"


def test_capitals_in_a_name_hide_no_file(house, folder):
    write_csv(folder / "PERSON.CSV", [gp_person("1", ANNA)])
    assert house.load(source(Format.OMOP, "F83001"), folder).rows["person"] == 1


@pytest.mark.parametrize(
    "manifest",
    [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"transactionTime": "2026-06-30", "output": [{"type": "Patient"}]}']
    + [
        json.dumps({"transactionTime": when, "output": output}).encode()
        for when, output in [
            ("soon", []),
            (None, []),
            ("2026-06-30", 3),
            ("2026-06-30", [{"type": "Patient", "url": ".."}]),
            ("2026-06-30", [{"type": "Patient", "url": "http://["}]),
            ("2026-06-30", [{"type": f"Patient {ANNA}", "url": "p"}]),
            ("2026-06-30", [{"type": "Patient", "url": f"{ANNA} Smith.ndjson"}]),
            ("2026-06-30", [{"type": "Patient", "url": "p", "count": "many"}]),
        ]
    ],
)
def test_a_manifest_that_is_none_is_refused(house, folder, manifest):
    (folder / "manifest.json").write_bytes(manifest)
    assert refused(house, Format.FHIR, folder) == "intake:manifest_malformed"


@pytest.mark.parametrize(
    "url", ["../outside.ndjson", "/etc/passwd", "file:///outside.ndjson", "%2e%2e%2foutside.ndjson", "link.ndjson"]
)
def test_a_manifest_reaches_nothing_outside_its_folder(house, folder, url):
    outside = folder.parent / "outside.ndjson"
    outside.write_text(json.dumps(patient("a", ANNA)) + "\n")
    (folder / "link.ndjson").symlink_to(outside)
    write_manifest(folder, [{"type": "Patient", "url": url}])
    assert refused(house, Format.FHIR, folder) == "intake:file_missing"


@pytest.mark.parametrize("cut", [1, 2])
def test_a_file_with_fewer_lines_than_promised_is_refused(house, folder, cut):
    write_fhir(folder, [patient("a", ANNA), patient("b", BOB)])
    path = folder / "Patient.ndjson"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-cut]))
    assert refused(house, Format.FHIR, folder) == "intake:count_differs"


def test_a_line_cut_short_is_counted_and_told(house, folder):
    write_fhir(folder, [patient("a", ANNA), patient("b", BOB)])
    path = folder / "Patient.ndjson"
    path.write_text(path.read_text()[:-30])
    report = house.load(source(Format.FHIR, "RRV"), folder)
    assert (report.rows["person"], report.quarantined) == (1, {"broken_line": 1})
    assert report.alarms[0].startswith("1 lines cannot be read")


def test_a_file_too_large_is_refused(house, folder):
    write_csv(folder / "person.csv", [gp_person("1", ANNA)])
    with pytest.raises(Invalid, match="larger"):
        load(
            source=source(Format.OMOP, "F83001"),
            folder=folder,
            vault=house.vault,
            clock=lambda: None,
            limits=Limits(file_bytes=10),
        )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"person_source_value": ""}, "no_nhs_number"),
        ({"person_source_value": f"{ANNA[:-1]}{(int(ANNA[-1]) + 1) % 10}"}, "invalid_nhs_number"),
        ({"person_source_value": ANNA[:-1]}, "invalid_nhs_number"),
        ({"person_source_value": number(1, "400")}, "wrong_number_range"),
        ({"year_of_birth": "MCMLX"}, "impossible_date"),
        ({"month_of_birth": "13"}, "impossible_date"),
        ({"year_of_birth": "1850"}, "impossible_date"),
        ({"year_of_birth": "2026", "month_of_birth": "7", "day_of_birth": "1"}, "future_date"),
    ],
)
def test_a_person_who_cannot_be_used_is_counted_by_reason(house, changes, reason):
    report = house.gp([gp_person("1", ANNA, **changes), gp_person("2", BOB)], conditions=[gp_condition("1")])
    assert report.rows["person"] == 1
    assert report.quarantined == {reason: 1, "person_quarantined": 1}


def test_real_numbers_are_refused_among_synthetic_ones_and_the_other_way_round(house):
    report = house.gp([gp_person("1", ANNA), gp_person("2", number(1, "400"))], synthetic=False)
    assert (report.rows["person"], report.quarantined) == (1, {"wrong_number_range": 1})


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (gp_condition("1", "2026-07-01"), "future_date"),
        (gp_condition("1", "2024-02-30"), "impossible_date"),
        (gp_condition("1", ""), "impossible_date"),
        (gp_condition("1", concept="1"), "unknown_code"),
        (gp_condition("1", concept="DROP TABLE person"), "unknown_code"),
        (gp_condition("9"), "unknown_person"),
    ],
)
def test_an_event_that_cannot_be_used_is_counted_by_reason(house, row, reason):
    report = house.gp([gp_person("1", ANNA)], conditions=[row, gp_condition("1")])
    assert (report.rows["condition_occurrence"], report.quarantined) == (1, {reason: 1})


def test_two_rows_of_one_person_give_one_whatever_their_order(tmp_path):
    rows = [gp_person("1", ANNA), gp_person("2", ANNA, year_of_birth="1961"), gp_person("1", ANNA)]
    found = []
    for place, order in enumerate((rows, rows[::-1])):
        house = House(tmp_path / str(place))
        report = house.gp(order)
        assert report.quarantined == {"duplicate_person": 1, "duplicate_row": 1}
        house.build(house.opt_outs())
        found.append(house.open().room.joinpath("person.parquet").read_bytes())
    assert found[0] == found[1]


def test_the_same_files_twice_change_nothing(house, folder):
    write_fhir(folder, [patient("a", ANNA), condition("a")])
    first = house.load(source(Format.FHIR, "RRV"), folder)
    before = {path: path.stat().st_mtime_ns for path in house.vault.loads.rglob("*")}
    again = house.load(source(Format.FHIR, "RRV"), folder)
    assert (first.already_loaded, again.already_loaded) == (False, True)
    assert (again.rows, again.digest) == (first.rows, first.digest)
    assert {path: path.stat().st_mtime_ns for path in house.vault.loads.rglob("*")} == before


def test_a_later_delivery_takes_the_place_of_the_earlier(house):
    house.council([council_row("1", ANNA)])
    house.council([council_row("2", BOB)], extract_date=date(2026, 7, 1))
    assert [load.rows["person"] for load in house.vault.current()] == [1]
    house.ask()
    assert house.asked() == [BOB]


@pytest.mark.parametrize("step", ["workspaces.intake.vault.write_durably", "workspaces.intake.vault.os.rename"])
def test_a_crash_in_the_middle_leaves_nothing_half_written(house, folder, monkeypatch, step):
    def crash(*_):
        raise OSError("no space left")

    write_fhir(folder, [patient("a", ANNA)])
    with monkeypatch.context() as broken:
        broken.setattr(step, crash)
        with pytest.raises(OSError, match="no space"):
            house.load(source(Format.FHIR, "RRV"), folder)
    assert house.vault.all() == ()
    assert not [each for each in (house.vault.root / "scratch").iterdir() if each.is_dir()]
    assert not house.load(source(Format.FHIR, "RRV"), folder).already_loaded


def test_a_load_half_there_counts_for_nothing(house, folder):
    (house.vault.loads / ("0" * 64)).mkdir(parents=True)
    assert house.vault.all() == ()
    write_fhir(folder, [patient("a", ANNA)])
    assert house.load(source(Format.FHIR, "RRV"), folder).rows["person"] == 1


@pytest.mark.parametrize("end", [b"", b"\nshort", b"\n" + b"y" * 3 * 2**20])
@pytest.mark.parametrize("before", [0, 1, 2**20 - 7])
def test_a_line_may_be_as_long_as_allowed(folder, before, end):
    limits = Limits(line_bytes=4 * 2**20)
    (folder / "file").write_bytes(b"x" * before + b"\n" + b"y" * limits.line_bytes + end)
    assert lines_of(folder / "file", limits) == folder / "file"
    (folder / "file").write_bytes(b"x" * before + b"\n" + b"y" * (limits.line_bytes + 1) + end)
    with pytest.raises(Invalid, match="line_too_long"):
        lines_of(folder / "file", limits)
