"""The signing key is replaced: what it signed stays valid, it signs nothing more, and no kill makes two successors."""

import json
import os

import pytest

from gateway.backup.restoring import restore
from gateway.backup.taking import take
from gateway.evidence.checkpoints import Checkpoint, verify_checkpoints
from gateway.evidence.handovers import Handover
from gateway.jobs import rotate_key as rotating
from gateway.jobs.doctor import Stand, examine
from gateway.jobs.rotate_key import believed_keys, recorded_handovers, rotate_key, sealed_handovers
from gateway.jobs.sign_checkpoint import sealed_checkpoints, sign_checkpoint
from gateway.models import Snapshot
from gateway.store import standing
from gateway.store.queries.facts import current_snapshot
from tests.factories.backups import Kept, kept, project_with_snapshot
from tests.factories.gateways import Town, approved_project
from tests.factories.stores import REACHED, killed
from workspaces.catalogue.errors import Invalid
from workspaces.snapshots.objects import ObjectStore
from workspaces.snapshots.storage import read_manifest


@pytest.fixture
def ours(town: Town, monkeypatch: pytest.MonkeyPatch, objects: ObjectStore) -> Kept:
    made = kept(town, monkeypatch, objects)
    sign_checkpoint(made.house)
    return made


def rotated(ours: Kept) -> Handover:
    return rotate_key(ours.house, patience=1)


def held_to(ours: Kept, key: str) -> str | None:
    """Why the log does not hold under that key; None when it does."""
    found = verify_checkpoints(ours.rows(), sealed_checkpoints(ours.house), key)
    return found.why if found else None


def test_any_key_of_ours_proves_the_whole_log(ours: Kept) -> None:
    keys = [ours.house.keys.public().hex()]
    for number in (1, 2):
        approved_project(ours.town, title=f"Study {number}")
        keys.append(rotated(ours).new)
    assert [each.new for each in sealed_handovers(ours.house)] == keys[1:]
    assert recorded_handovers(ours.house) == sealed_handovers(ours.house)
    assert len({each.public_key for each in sealed_checkpoints(ours.house)}) == 3
    assert ours.house.keys.public().hex() == keys[-1]
    assert [held_to(ours, key) for key in keys] == [None, None, None]
    assert "no valid signature" in str(held_to(ours, "ab" * 32))
    assert standing.standing(ours.house.folder) is None
    assert {each.stand for each in examine(ours.house) if each.part in {"audit log", "history", "keys"}} == {Stand.GOOD}


def test_the_old_key_is_gone_and_what_it_would_sign_is_not_believed(ours: Kept) -> None:
    path = ours.house.keys.folder / "signing.key"
    before, thief = path.read_bytes(), ours.house.keys.elsewhere(ours.house.folder / "stolen")
    thief.folder.mkdir()
    (thief.folder / "signing.key").write_bytes(before)
    handover = rotated(ours)
    assert before not in ours.everything().replace((thief.folder / "signing.key").read_bytes(), b"", 1)
    assert [path.name for path in ours.house.keys.folder.glob("next*")] == []
    approved_project(ours.town)
    sign_checkpoint(ours.house)
    newest = max(sealed_checkpoints(ours.house), key=lambda each: each.size)
    bare = Checkpoint(newest.size, newest.root, newest.at, handover.old, "")
    forged = Checkpoint(bare.size, bare.root, bare.at, bare.public_key, thief.sign(bare.body()).hex())
    found = verify_checkpoints(ours.rows(), [*sealed_checkpoints(ours.house), forged], handover.new)
    assert found is not None
    assert "ended before" in found.why


def test_living_snapshots_bear_the_new_key_and_changed_ones_do_not(ours: Kept) -> None:
    project = project_with_snapshot(ours.town, ours.house)
    snapshot: Snapshot = ours.town.read(lambda work: current_snapshot(work, project))
    rotated(ours)
    read_manifest(ours.house.objects, snapshot.id, ours.house.keys.public())
    ours.house.objects.put_bytes(f"snapshots/{snapshot.id}/manifest.json", b'{"another": 1}')
    rotated(ours)
    with pytest.raises(Invalid) as why:
        read_manifest(ours.house.objects, snapshot.id, ours.house.keys.public())
    assert why.value.code == "snapshot:signature_wrong"


STEPS = ("_sealed", "_sign_again", "record_missing", "sign_checkpoint")


@pytest.mark.parametrize("objects", REACHED, indirect=True)
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("where", STEPS)
def test_a_killed_rotation_goes_on_where_it_stopped(
    ours: Kept, monkeypatch: pytest.MonkeyPatch, where: str, after: bool
) -> None:
    old, step = ours.house.keys.public().hex(), getattr(rotating, where)

    def die(*given: object) -> None:
        if after:
            step(*given)
        os._exit(9)

    with monkeypatch.context() as patch:
        patch.setattr(rotating, where, die)
        ours.town.gateway.unit.dispose()
        assert killed(ours.house.objects, lambda: rotated(ours)) == 9
    with pytest.raises(standing.Closed):
        standing.need_open(ours.house.folder)
    done = rotated(ours)
    assert [(each.old, each.new) for each in sealed_handovers(ours.house)] == [(old, done.new)]
    assert recorded_handovers(ours.house) == [done]
    assert held_to(ours, old) is None
    ours.verified()


def test_a_restore_to_before_knows_both_keys_and_says_so_in_the_log(ours: Kept) -> None:
    made = take(ours.house, ours.to)
    old = ours.house.keys.public().hex()
    approved_project(ours.town)
    sign_checkpoint(ours.house)
    done = rotated(ours)
    restore(ours.house, made, patience=1)
    assert recorded_handovers(ours.house) == [done]
    assert believed_keys(ours.house) == {old, done.new}
    assert [held_to(ours, key) for key in (old, done.new)] == [None, None]
    ours.verified()


def test_on_a_new_machine_a_backup_without_the_new_key_is_refused(ours: Kept) -> None:
    before = take(ours.house, ours.to)
    rotated(ours)
    after = take(ours.house, ours.to)
    for key in ours.house.keys.folder.glob("*.key"):
        key.unlink()
    with pytest.raises(Invalid) as why:
        restore(ours.house, before, patience=1)
    assert why.value.code == "key:replaced"
    for key in ours.house.keys.folder.glob("*.key"):
        key.unlink()
    restore(ours.house, after, patience=1)
    ours.verified()


def test_the_row_tells_people_and_machines(ours: Kept) -> None:
    done = rotated(ours)
    row = next(row for row in ours.rows() if row["event"] == "key:rotated")
    told = json.loads(row["reason"])
    assert told.pop("said").startswith(f"Key {done.old[:16]}")
    assert told == done.shown()
