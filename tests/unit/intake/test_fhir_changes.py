"""A whole export and later ones beside it: of each resource what was said last counts, what was deleted is gone."""

import json

import pytest

from tests.factories.records import House, condition, number, patient, source
from workspaces.catalogue.errors import Invalid
from workspaces.intake import Format

ANNA, BOB, CAT = number(1), number(2), number(3)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "delivery").mkdir()
    return tmp_path / "delivery"


def export(folder, name, resources, *, taken, since=None, deleted=()):
    """One export: its manifest, and files named after it."""
    kinds = {}
    for resource in resources:
        kinds.setdefault(resource["resourceType"], []).append(resource)
    if deleted:
        kinds["Bundle"] = [{"resourceType": "Bundle", "entry": [delete(address) for address in deleted]}]
    for kind, each in kinds.items():
        text = "".join(f"{json.dumps(one)}\n" for one in each)
        (folder / f"{name}.{kind}.ndjson").write_text(text, encoding="utf-8")
    listed = [{"type": kind, "url": f"{name}.{kind}.ndjson"} for kind in kinds]
    manifest = {
        "transactionTime": taken,
        "request": "https://trust.example/$export" + (f"?_since={since}" if since else ""),
        "output": [each for each in listed if each["type"] != "Bundle"],
        "deleted": [each for each in listed if each["type"] == "Bundle"],
    }
    (folder / f"{name}.json").write_text(json.dumps(manifest), encoding="utf-8")


def delete(address):
    return {"request": {"method": "DELETE", "url": address}}


def loaded(tmp_path, folder):
    house = House(tmp_path)
    return house, house.load(source(Format.FHIR, "RRV"), folder)


MAY, JUNE, JULY = ("2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z", "2026-06-30T00:00:00Z")


def test_a_later_export_corrects_and_deletes(tmp_path, folder):
    first = [patient("a", ANNA), patient("b", BOB), condition("a", id="1"), condition("a", id="2", when="2024-04-01")]
    export(folder, "manifest", first, taken=MAY)
    export(
        folder,
        "manifest-2",
        [condition("a", id="1", when="2024-05-01"), patient("c", CAT)],
        taken=JUNE,
        since=MAY,
        deleted=["Condition/2", "Patient/b"],
    )
    house, report = loaded(tmp_path, folder)
    assert (report.rows["person"], report.rows["condition_occurrence"]) == (2, 1)
    assert report.quarantined == {"corrected_or_deleted": 3}
    (load,) = house.vault.current()
    assert load.extract_date == "2026-06-01"
    house.ask()
    assert house.asked() == sorted([ANNA, CAT])


def test_what_is_said_again_after_a_deletion_counts(tmp_path, folder):
    export(folder, "manifest", [patient("a", ANNA), condition("a", id="1")], taken=MAY, deleted=["Condition/1"])
    export(folder, "manifest-2", [condition("a", id="1", when="2024-05-01")], taken=JUNE, since=MAY)
    _, report = loaded(tmp_path, folder)
    assert (report.rows["condition_occurrence"], report.quarantined) == (1, {"corrected_or_deleted": 1})


def test_a_person_deleted_takes_their_rows_along(tmp_path, folder):
    export(folder, "manifest", [patient("a", ANNA), patient("b", BOB), condition("a", id="1")], taken=MAY)
    export(folder, "manifest-2", [], taken=JUNE, since=MAY, deleted=["https://trust.example/fhir/Patient/a"])
    _, report = loaded(tmp_path, folder)
    assert (report.rows["person"], report.rows["condition_occurrence"]) == (1, 0)
    assert report.quarantined == {"corrected_or_deleted": 1, "unknown_person": 1}


def test_exports_count_from_the_newest_whole_one(tmp_path, folder):
    export(folder, "manifest", [patient("a", ANNA)], taken=JULY)
    export(folder, "manifest-1", [patient("b", BOB)], taken=MAY)
    export(folder, "manifest-2", [patient("c", CAT)], taken=JUNE, since=MAY)
    _, report = loaded(tmp_path, folder)
    assert (report.rows["person"], report.quarantined) == (1, {})


@pytest.mark.parametrize(
    ("since", "code"),
    [((MAY, JUNE), "intake:part_of_an_export"), ((None, "2026-05-02"), "intake:gap_between_exports")],
)
def test_half_of_the_story_is_refused(tmp_path, folder, since, code):
    export(folder, "manifest", [patient("a", ANNA)], taken=MAY, since=since[0])
    export(folder, "manifest-2", [patient("b", BOB)], taken=JUNE, since=since[1])
    with pytest.raises(Invalid) as why:
        loaded(tmp_path, folder)
    assert why.value.code == code


def test_a_file_of_two_exports_is_refused(tmp_path, folder):
    export(folder, "manifest", [patient("a", ANNA)], taken=MAY)
    export(folder, "manifest-2", [], taken=JUNE, since=MAY)
    told = json.loads((folder / "manifest-2.json").read_text())
    told["output"] = [{"type": "Patient", "url": "manifest.Patient.ndjson"}]
    (folder / "manifest-2.json").write_text(json.dumps(told))
    with pytest.raises(Invalid, match="manifest_malformed"):
        loaded(tmp_path, folder)
