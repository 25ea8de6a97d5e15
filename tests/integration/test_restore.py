"""A restore goes back in time; what was spent stays spent, what ended stays ended, and the log says what it lost."""

import json
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from gateway.backup import restoring
from gateway.backup.restoring import rehearse, restore
from gateway.backup.taking import take
from gateway.jobs.doctor import Stand, examine
from gateway.jobs.sign_checkpoint import sign_checkpoint
from gateway.jobs.sweep import sweep
from gateway.models import ApiToken, Budget, LedgerEntry, OptOutList, Project, Session, Snapshot
from gateway.store import standing
from gateway.store.dumps import place
from gateway.store.keys import Keys
from gateway.store.queries.facts import current_snapshot
from gateway.store.sealed_notes import note_spend
from gateway.vocabulary import Command, EntryKind, OptOutListState, ProjectState, ReleaseState, SnapshotState
from tests.factories.backups import RECORDS, Kept, kept, project_with_snapshot
from tests.factories.gateways import SECRET, Town, active_list, approved_project
from tests.factories.stores import contents
from workspaces.catalogue.errors import Invalid
from workspaces.opt_outs.receipt import Receipt
from workspaces.snapshots.objects import ObjectStore

BECAUSE = {"reason": "it is over"}


@pytest.fixture
def ours(town: Town, monkeypatch: pytest.MonkeyPatch, objects: ObjectStore) -> Kept:
    return kept(town, monkeypatch, objects)


@pytest.fixture
def project(ours: Kept) -> str:
    return project_with_snapshot(ours.town, ours.house)


def back(ours: Kept, made: Path) -> restoring.Report:
    return restore(ours.house, made, patience=1)


def test_draws_after_the_backup_stay_spent_and_what_they_sealed_comes_back(ours: Kept, project: str) -> None:
    known = ours.ask(project)
    made = take(ours.house, ours.to)
    before = ours.spent()
    sealed = ours.draw(project)  # asked after the backup: its row is gone with the restore
    ours.begin(known)  # asked before, begun after
    spent, digest = ours.spent(), sha256(ours.house.objects.get_bytes(f"releases/{known}/artefact.json")).hexdigest()
    sign_checkpoint(ours.house)
    lost = len(ours.rows()) - 1  # the row that says that a checkpoint was signed is behind it
    report = back(ours, made)
    assert report.replayed.draws == 2
    assert ours.spent() == spent > before
    assert ours.spent(project) == spent
    assert ours.release(sealed) is None
    entries = ours.town.read(lambda work: work.all(LedgerEntry, LedgerEntry.kind == EntryKind.SPEND))
    assert {entry.release_id for entry in entries} == {sealed, known}
    ours.town.clock.pass_(hours=2)
    ours.work()
    handed = ours.release(known)
    assert handed is not None
    assert (handed.state, handed.artefact_digest) == (ReleaseState.SEALED, digest), "not drawn again: handed over"
    assert ours.spent() == spent
    row = next(row for row in ours.rows() if row["event"] == "gateway:restored")
    assert f"at least {lost - report.backup.rows} are lost" in json.loads(row["reason"])["said"]
    assert row["seq"] == report.backup.rows + 1
    ours.verified()
    assert standing.standing(ours.house.folder) is None


def test_a_second_restore_of_the_same_backup_is_the_same_again(ours: Kept, project: str) -> None:
    made = take(ours.house, ours.to)
    ours.draw(project)
    spent = ours.spent()
    sign_checkpoint(ours.house)
    for _ in range(2):
        back(ours, made)
        assert ours.spent() == spent
        active_list(ours.town, "L2")  # the new life goes on, and is lost as well
        sign_checkpoint(ours.house)
        ours.verified()


def test_a_draw_of_a_project_that_the_backup_does_not_know_is_spent_from_the_pool(ours: Kept, project: str) -> None:
    """Even where grants of that time hold the whole pool: what they did not spend is taken back."""
    whole = [project, *(approved_project(ours.town, epsilon=part, title=f"Part {part}") for part in ("3", "4"))]
    made = take(ours.house, ours.to)
    for each in whole[1:]:
        ours.town.do("lead", Command.CLOSE_PROJECT, each, BECAUSE)
    other = approved_project(ours.town, title="Another", epsilon="5")
    ours.town.do("lead", Command.CLOSE_PROJECT, project, BECAUSE)
    told = {"project": other, "pool": ours.town.pool_id, "request_digest": "d"}
    loss = ours.town.read(lambda work: work.need(Budget, other)).granted_micro_rho
    note_spend(ours.house.objects, release_id="rel-x", at=ours.town.clock(), micro_rho=loss, delta_e15=0, **told)
    back(ours, made)  # no tombstone was sealed yet: no worker looked between the closing and the disaster
    assert ours.spent()[0] == loss


def test_nothing_destroyed_comes_back(ours: Kept, project: str) -> None:
    snapshot = ours.town.read(lambda work: current_snapshot(work, project))
    key = ours.house.keys.project(project)
    wrapped = (ours.house.keys.folder / f"project-{project}.key").read_bytes()
    made = take(ours.house, ours.to)
    objects = {name: ours.house.objects.get_bytes(name) for name in ours.house.objects.list("snapshots/")}
    ours.town.do("ig", Command.RETIRE_SNAPSHOT, snapshot.id, BECAUSE)
    ours.town.do("lead", Command.CLOSE_PROJECT, project, BECAUSE)
    sweep(ours.house)
    sweep(ours.house)
    for name, content in objects.items():
        ours.house.objects.put_bytes(name, content)  # as a disk that was put back too would bring them
    back(ours, made)
    assert ours.house.objects.list("snapshots/") == []
    assert RECORDS not in ours.everything()
    assert wrapped not in ours.everything()
    assert not ours.house.keys.has_project(project)
    assert ours.house.keys.project(project) != key, "another one, made when it was asked for"
    states = {row.id: row.state for row in ours.town.read(lambda work: work.all(Snapshot))}
    assert states[snapshot.id] in {SnapshotState.RETIRED, SnapshotState.DESTROYED}
    assert ours.town.read(lambda work: work.need(Project, project)).state is ProjectState.CLOSED


def test_who_was_signed_in_is_not(ours: Kept) -> None:
    now = ours.town.clock()
    with ours.town.gateway.unit.writing() as work:
        soon = now + timedelta(days=1)
        work.add(Session(id_hash="h", created_at=now, last_seen_at=now, expires_at=soon))
        person = ours.town.people["lead"]
        work.add(ApiToken(person_id=person, token_hash="t", label="l", created_at=now, expires_at=soon))
    back(ours, take(ours.house, ours.to))
    assert ours.town.read(lambda work: work.need(Session, "h")).revoked_at is not None
    assert ours.town.read(lambda work: work.find(ApiToken)).revoked_at is not None


def listed(ours: Kept, local_id: str) -> None:
    """The files of a list, and their digest in its row."""
    receipt = Receipt(local_id, ours.town.clock().isoformat(), ours.town.clock().isoformat(), 9, 8, 1, "a" * 64)
    folder = ours.house.opt_outs / local_id
    folder.mkdir(parents=True)
    ours.house.keys.opt_outs(local_id)
    (folder / "list.json").write_text(json.dumps(receipt.describe()), encoding="utf-8")
    with ours.town.gateway.unit.writing() as work:
        row = work.find(OptOutList, OptOutList.local_id == local_id)
        assert row is not None
        row.digest = receipt.digest


def in_force(ours: Kept) -> list[str]:
    rows = ours.town.read(lambda work: work.all(OptOutList, OptOutList.state == OptOutListState.ACTIVE))
    return [row.local_id for row in rows]


def test_only_the_newest_opt_out_list_is_ever_in_force(ours: Kept) -> None:
    active_list(ours.town, "L1")
    listed(ours, "L1")
    made = take(ours.house, ours.to)
    back(ours, made)
    assert in_force(ours) == ["L1"], "it is the newest, and whole"
    ours.town.clock.pass_(days=1)
    active_list(ours.town, "L2")
    listed(ours, "L2")
    sweep(ours.house)
    assert back(ours, made).replayed.list_in_force == ""
    assert in_force(ours) == [], "the newest is not known any more: nothing is built or drawn before a new one"
    active_list(ours.town, "L3")
    listed(ours, "L3")
    second = take(ours.house, ours.to)
    back(ours, second)
    assert in_force(ours) == ["L3"]
    told = ours.house.opt_outs / "L3" / "list.json"
    told.write_text(told.read_text().replace('"allowed": 8', '"allowed": 9'))
    back(ours, second)
    assert in_force(ours) == [], "it is not the one that was received"
    told.unlink()
    back(ours, second)
    assert in_force(ours) == []


def test_a_rehearsal_changes_nothing(ours: Kept, project: str) -> None:
    made = take(ours.house, ours.to)
    ours.draw(project)
    sweep(ours.house)
    here = {path for path in ours.house.folder.rglob("*") if path.is_file()}
    before, stored = len(ours.rows()), contents(ours.house.objects)
    report = rehearse(ours.house, made)
    assert report.replayed.draws == 1
    assert len(ours.rows()) == before
    assert contents(ours.house.objects) == stored
    left = {path for path in ours.house.folder.rglob("*") if path.is_file()} - here
    assert {path.name for path in left} <= {".scratch.lock", "lock", "erasures.key"}
    assert standing.standing(ours.house.folder) is None


def refused(ours: Kept, made: Path, code: str) -> None:
    spent = ours.spent()
    with pytest.raises(Invalid) as why:
        back(ours, made)
    assert why.value.code == code
    assert ours.spent() == spent
    assert standing.standing(ours.house.folder) is None, "nothing was touched"


def test_a_sealed_artefact_that_changed_is_found(ours: Kept, project: str) -> None:
    release = ours.draw(project)
    made = take(ours.house, ours.to)
    name = f"releases/{release}/artefact.json"
    ours.house.objects.put_bytes(name, ours.house.objects.get_bytes(name) + b" ")
    refused(ours, made, "restore:digest")
    ours.house.objects.delete(name)
    refused(ours, made, "restore:digest")


def test_a_log_that_contradicts_a_sealed_checkpoint_is_found(ours: Kept) -> None:
    """A backup of a history that an earlier restore gave up: not a second truth."""
    first = take(ours.house, ours.to)
    approved_project(ours.town)
    sign_checkpoint(ours.house)
    given_up = take(ours.house, ours.to)
    back(ours, first)
    approved_project(ours.town, title="Another life")
    sign_checkpoint(ours.house)
    refused(ours, given_up, "restore:checkpoint")


def test_a_new_machine_has_only_the_backup_the_store_and_the_secret(ours: Kept, project: str) -> None:
    ours.draw(project)
    public, sample = ours.house.keys.public(), ours.house.keys.pool(ours.town.pool_id)
    made = take(ours.house, ours.to)
    for key in ours.house.keys.folder.glob("*.key"):
        key.unlink()
    back(ours, made)
    again = Keys(ours.house.keys.folder, SECRET)
    assert (again.public(), again.pool(ours.town.pool_id)) == (public, sample)
    ours.verified()


def test_a_database_put_back_by_hand_is_seen(ours: Kept) -> None:
    """Also where nobody asked us: the store has seen a longer log."""
    address, scratch = ours.town.gateway.settings.database, ours.house.folder / "scratch"
    scratch.mkdir()
    made = take(ours.house, ours.to)
    approved_project(ours.town)
    sign_checkpoint(ours.house)
    assert bad(ours) == set()
    place(address, made / "database", scratch)
    assert bad(ours) == {"history"}
    back(ours, made)
    assert bad(ours) == set()


def bad(ours: Kept) -> set[str]:
    return {each.part for each in examine(ours.house) if each.stand is Stand.BAD} - {"opt-outs", "work"}
