"""A restore and the vault: who was erased stays out, whatever disk came back; loads that changed are found."""

import shutil
from pathlib import Path

import pytest

from gateway.backup.restoring import rehearse, restore
from gateway.backup.taking import take
from gateway.jobs.erasures import TOKENS, propose_erasure
from gateway.models import ErasureOrder
from gateway.store import standing
from gateway.vocabulary import Command, ErasureGround, ErasureState
from tests.factories.gateways import Town
from tests.factories.refreshing import PEOPLE, Street, settle_street
from tests.factories.sealed import opened_loads
from tests.integration.test_canary import contents, files, spellings
from workspaces.catalogue.errors import Invalid
from workspaces.snapshots.objects import ObjectStore

ANNA = PEOPLE[0]


@pytest.fixture
def street(town: Town, objects: ObjectStore) -> Street:
    return settle_street(town, town.gateway.settings.folder, objects=objects)


def sightings(street: Street) -> list[Path]:
    """Files of the gateway that hold the number, but for what the council sent."""
    house = street.house
    with opened_loads(house.vault, house.keys, house.folder):
        ours = [path for path in files(house.folder) if "delivery-" not in str(path)]
        return [path for path in ours if any(s in content for _, content in contents(path) for s in spellings(ANNA))]


def erased(street: Street) -> Path:
    """A backup and the vault's disk of before the erasure; the erasure is done."""
    street.project()
    ig = street.town.actor("ig")
    order_id = propose_erasure(street.house, actor=ig, number=ANNA, ground=ErasureGround.OBJECTION)
    made = take(street.house, street.house.folder / "backups")
    shutil.copytree(street.house.vault, street.house.folder.parent / "vault of before", dirs_exist_ok=True)
    street.town.do("ig2", Command.APPROVE_ERASURE, order_id, {"reason": "her written request"})
    street.refresh()
    assert sightings(street) == []
    return made


def vault_of_before(street: Street) -> None:
    shutil.rmtree(street.house.vault)
    shutil.copytree(street.house.folder.parent / "vault of before", street.house.vault)


def test_who_was_erased_stays_out_of_a_vault_that_came_back(street: Street) -> None:
    made = erased(street)
    vault_of_before(street)
    assert sightings(street) == [], "the old disk alone tells nothing: its key is destroyed"
    restore(street.house, made, patience=1)  # which brings that key back
    assert sightings(street) == []
    assert [(load.revision, load.rows["person"]) for load in street.house.records().all()] == [(1, len(PEOPLE))]
    assert street.house.keys.loads() == {f"{load.digest}.1" for load in street.house.records().all()}
    order = street.town.read(lambda work: work.find(ErasureOrder))
    assert (order.state, order.token) == (ErasureState.DONE, "")
    street.load(*PEOPLE, when="2024-05-01")  # a source that did not hear of it
    assert sightings(street) == []


def test_where_nobody_knows_who_was_erased_nothing_is_served(street: Street) -> None:
    made = erased(street)
    vault_of_before(street)
    for name in street.house.objects.list(TOKENS):
        street.house.objects.delete(name)
    with pytest.raises(Invalid) as why:
        restore(street.house, made, patience=1)
    assert why.value.code == "restore:erasure_unknown"
    assert standing.standing(street.house.folder) is not None, "it stays closed"


def test_loads_are_held_against_the_backup(street: Street) -> None:
    made = take(street.house, street.house.folder / "backups")
    assert rehearse(street.house, made).findings == ()
    (load,) = street.house.records().all()
    path = next(street.house.records().folder_of(load).glob("*.sealed"))
    content = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(content[:-1])
    with pytest.raises(Invalid, match="not as it was kept"):
        rehearse(street.house, made)
    path.write_bytes(content)
    shutil.rmtree(street.house.vault)
    (finding,) = rehearse(street.house, made).findings
    assert finding == f"The load {load.digest[:16]} is not in the vault: load it again."
