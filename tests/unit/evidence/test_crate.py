"""The package as a research object: flat, whole, every file with its digest, the Five Safes profile; and signed."""

import io
import json
import zipfile
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.evidence.crate import METADATA, PROFILE
from gateway.evidence.package import canonical, make_package, to_sign
from gateway.evidence.verification import verify_package
from tests.unit.evidence.test_package import ABOUT, ARTEFACT

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = KEY.public_key().public_bytes_raw().hex()
CHECKS = {"name": "NHS England SDE", "preset": "nhs-england-sde/1", "source": "guide", "overall": "nothing found"}
WHOLE = {
    **ABOUT,
    "artefact_digest": sha256(canonical(ARTEFACT)).hexdigest(),
    "profile": PROFILE,
    "drawn_on": "2026-07-01",
    "project": "prj-1",
    "register_entry": "reg-1",
    "request_digest": "cd" * 32,
    "code": {"version": "1.0", "installed sha256": "ef" * 32, "room image": "none: a draw uses no room"},
    "commitments": {"snapshot": "aa" * 32, "opt-out list": "bb" * 32},
    "request_checks": CHECKS,
    "decisions": [{"by": "checker-1a2b", "stage": "PLAN", "verdict": "APPROVE", "on": "2026-07-01"}],
    "signed_by": PUBLIC,
}


def signed(about: dict[str, Any]) -> dict[str, Any]:
    return {**about, "signature": KEY.sign(to_sign(about)).hex()}


def unzipped(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return unzipped(make_package(ARTEFACT, signed(WHOLE)))


@pytest.fixture(scope="module")
def graph(files: dict[str, bytes]) -> dict[str, dict[str, Any]]:
    document = json.loads(files[METADATA])
    assert document["@context"][0] == "https://w3id.org/ro/crate/1.1/context"
    found = {each["@id"]: each for each in document["@graph"]}
    assert len(found) == len(document["@graph"]), "an id stands for two entities"
    return found


def test_it_is_flat_and_every_reference_leads_somewhere(graph: dict[str, dict[str, Any]]) -> None:
    for entity in graph.values():
        for name, value in entity.items():
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, dict):
                    assert set(each) == {"@id"}, (entity["@id"], name)
                    assert each["@id"] in graph or each["@id"].startswith(("https://w3id.org/", "shp:")), each
    assert graph[METADATA]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert graph[METADATA]["about"] == {"@id": "./"}


def test_the_root_says_what_a_release_is(graph: dict[str, dict[str, Any]]) -> None:
    root = graph["./"]
    for name in ("name", "description", "datePublished", "license", "sourceOrganization", "mainEntity", "hasPart"):
        assert root[name], name
    assert root["conformsTo"] == {"@id": PROFILE}
    told = {graph[each["@id"]]["name"]: graph[each["@id"]]["value"] for each in root["additionalProperty"]}
    assert told["rho in millionths"] == ARTEFACT["micro_rho"]
    assert (told["mark"], told["commitment: opt-out list"]) == ("BLIND", "bb" * 32)
    assert graph["#view"]["text"] == ARTEFACT["view_sql"]


def test_every_file_stands_in_it_with_its_digest(files: dict[str, bytes], graph: dict[str, dict[str, Any]]) -> None:
    parts = {each["@id"] for each in graph["./"]["hasPart"]}
    assert parts == set(files) - {METADATA}
    for name in parts:
        assert graph[name]["sha256"] == sha256(files[name]).hexdigest()


def test_who_decided_and_what_was_checked(graph: dict[str, dict[str, Any]]) -> None:
    actions = [graph[each["@id"]] for each in graph["./"]["mentions"]]
    kinds = {(each["@type"], each.get("additionalType", {}).get("@id", "")) for each in actions}
    assert kinds == {("CreateAction", ""), ("AssessAction", "shp:SignOff"), ("AssessAction", "shp:DisclosureCheck")}
    sign_off = next(each for each in actions if each.get("additionalType") == {"@id": "shp:SignOff"})
    assert graph[sign_off["agent"]["@id"]]["name"] == "an output checker"


def test_a_package_verifies_with_its_key_and_with_no_other() -> None:
    package = make_package(ARTEFACT, signed(WHOLE))
    found = verify_package(package, keys={PUBLIC})
    assert (found.broken, found.signed) == ("", True)
    assert verify_package(package).signed is None
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    assert "no valid signature" in verify_package(package, keys={other}).broken


@pytest.mark.parametrize(
    "change", [{"mark": "INFORMED"}, {"commitments": {}}, {"decisions": []}, {"signature": "00" * 64}, {"signed_by": 1}]
)
def test_what_was_changed_after_signing_is_found(change: dict[str, Any]) -> None:
    forged = make_package(ARTEFACT, {**signed(WHOLE), **change})
    assert verify_package(forged, keys={PUBLIC}).signed is False
    assert verify_package(forged).broken == ""  # whole in itself: only the key tells


def test_a_package_of_before_verifies_as_it_is() -> None:
    before = {**ABOUT, "artefact_digest": WHOLE["artefact_digest"]}
    package = make_package(ARTEFACT, before)
    assert METADATA not in unzipped(package)
    assert verify_package(package).broken == ""


def test_a_crate_that_says_something_else_is_found() -> None:
    files = unzipped(make_package(ARTEFACT, WHOLE))
    files[METADATA] = files[METADATA].replace(b"BLIND", b"BRAVE")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    assert verify_package(out.getvalue()).broken == f"{METADATA} does not follow from the artefact"
