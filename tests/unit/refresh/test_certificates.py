"""What is destroyed has a certificate that anybody can check, and none is given while a file is left."""

import json
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.jobs.burials import shred_key
from gateway.jobs.certificates import certificate_of, certify_snapshot
from gateway.rules.refusals import Refusal
from tests.factories.gateways import Town
from tests.factories.refreshing import PEOPLE, Street, settle_street
from workspaces.snapshots import canonical
from workspaces.snapshots.objects import StoreUnavailable


@pytest.fixture
def street(town: Town, tmp_path: Path) -> Street:
    return settle_street(town, tmp_path)


def checked(street: Street, subject_id: str) -> dict:
    """The certificate, its signature checked with the gateway's key; any change to it would show."""
    found = certificate_of(street.house.objects, subject_id)
    assert found["signed_by"] == street.house.keys.public().hex()
    key, signature = Ed25519PublicKey.from_public_bytes(bytes.fromhex(found["signed_by"])), found["signature"]
    key.verify(bytes.fromhex(signature), canonical(found["certificate"]))
    with pytest.raises(InvalidSignature):
        key.verify(bytes.fromhex(signature), canonical(found["certificate"] | {"destroyed_at": "2020-01-01"}))
    return found["certificate"]


def test_what_a_refresh_destroys_has_a_certificate(street: Street) -> None:
    project_id = street.project()
    street.opt_out(PEOPLE[0])
    street.refresh()
    old, new = street.snapshots()
    told = checked(street, old.id)
    assert (told["snapshot"], told["project"], told["commitment"]) == (old.id, project_id, old.commitment)
    assert told["destroyed"] == [
        "draw/sampling.parquet",
        "room/person.parquet",
        "room/social_care_event.parquet",
    ]
    assert told["backups"] == {"hold_its_files": False, "hold_keys_until": "2026-08-05"}
    with pytest.raises(Refusal, match="no certificate"):
        certificate_of(street.house.objects, new.id)
    assert str(len(PEOPLE)) not in json.dumps(told["destroyed"])


def test_no_certificate_while_a_file_is_left(street: Street) -> None:
    street.project()
    (snapshot,) = street.snapshots()
    with pytest.raises(StoreUnavailable):
        certify_snapshot(street.house, snapshot)
    with pytest.raises(Refusal):
        certificate_of(street.house.objects, snapshot.id)


def test_a_certificate_stays_as_it_was_first_given(street: Street) -> None:
    street.project()
    street.refresh()
    old, _ = street.snapshots()
    first = certificate_of(street.house.objects, old.id)
    street.town.clock.pass_(days=3)
    certify_snapshot(street.house, old)
    assert certificate_of(street.house.objects, old.id) == first


def test_a_key_that_was_shredded_has_one_as_well(street: Street) -> None:
    project_id = street.project()
    shred_key(street.house, project_id)
    told = checked(street, project_id)
    assert (told["project"], told["destroyed"]) == (project_id, ["pseudonym key"])
