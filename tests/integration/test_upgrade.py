"""An upgrade backs up, migrates and checks; whatever goes wrong, everything is as it was before."""

import os
import shutil
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from gateway.backup import upgrading
from gateway.backup.restoring import rehearse, restore
from gateway.backup.upgrading import upgrade
from gateway.jobs.sign_checkpoint import sign_checkpoint
from gateway.store import migrate, standing
from gateway.store.dumps import dump, facts_of
from gateway.vocabulary import Command
from tests.factories.backups import Kept, kept, project_with_snapshot
from tests.factories.gateways import Town, application
from tests.factories.stores import REACHED, killed
from workspaces.catalogue.errors import Invalid
from workspaces.snapshots.objects import ObjectStore

STEP = '''"""A step of a test."""

import sqlalchemy as sa
from alembic import op

from gateway.store.migrations.append_only import allow_changes, refuse_changes

revision = "9999"
down_revision = "{head}"


def upgrade() -> None:
    op.create_table("planted", sa.Column("id", sa.Integer(), primary_key=True))
    {then}


def downgrade() -> None:
    op.drop_table("planted")
'''
LOSES_ROWS = (
    'allow_changes("audit_event"); '
    'op.execute("DELETE FROM audit_event WHERE seq = (SELECT max(seq) FROM audit_event)"); '
    'refuse_changes("audit_event")'
)
BAD = {
    "raises": 'raise RuntimeError("planted")',
    "fails in the database": 'op.execute("UPDATE nothing_of_ours SET id = 1")',
    "loses a row of the log": LOSES_ROWS,
    "gives budget back": 'op.execute("UPDATE budget SET spent_micro_rho = 0")',
    "ends at other tables": "op.execute(\"INSERT INTO alembic_version VALUES ('8888')\")",
}


@pytest.fixture
def ours(town: Town, monkeypatch: pytest.MonkeyPatch, objects: ObjectStore) -> Kept:
    return kept(town, monkeypatch, objects)


def plant(monkeypatch: pytest.MonkeyPatch, folder: Path, then: str) -> None:
    """One more migration behind the newest."""
    (head,) = ScriptDirectory(migrate.SCRIPTS).get_heads()
    scripts = Path(shutil.copytree(migrate.SCRIPTS, folder / "scripts", ignore=shutil.ignore_patterns("__pycache__")))
    (scripts / "versions" / "9999_planted.py").write_text(STEP.format(head=head, then=then), encoding="utf-8")
    monkeypatch.setattr(migrate, "SCRIPTS", str(scripts))


def works(town: Town) -> None:
    town.do("lead", Command.DRAFT_PROJECT, town.pool_id, application(title="Afterwards"))


def test_it_leads_to_the_newest_tables_and_says_so(ours: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = facts_of(ours.town.gateway.settings.database)
    plant(monkeypatch, tmp_path, "pass")
    done = upgrade(ours.house, ours.to, patience=1)
    assert (done.before, done.after) == (before.revision, "9999")
    assert ours.rows()[-1]["event"] == "gateway:backed_up"
    assert standing.standing(ours.house.folder) is None
    works(ours.town)
    assert rehearse(ours.house, done.backup).proof.rows == before.rows, "a backup of older tables is moved as well"


@pytest.mark.parametrize("bad", BAD)
def test_what_goes_wrong_is_undone(ours: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: str) -> None:
    ours.draw(project_with_snapshot(ours.town, ours.house))
    sign_checkpoint(ours.house)
    address = ours.town.gateway.settings.database
    before, spent = facts_of(address), ours.spent()
    assert spent[0] > 0
    plant(monkeypatch, tmp_path, BAD[bad])
    with pytest.raises(Invalid) as why:
        upgrade(ours.house, ours.to, patience=1)
    assert why.value.code == "upgrade:rolled_back"
    assert "planted" not in why.value.sentence, "what an error says may hold values"
    assert facts_of(address) == before
    assert ours.spent() == spent
    assert standing.standing(ours.house.folder) is None
    works(ours.town)
    ours.verified()


@pytest.mark.parametrize("objects", REACHED, indirect=True)
def test_a_killed_upgrade_is_undone_by_the_next(ours: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = facts_of(ours.town.gateway.settings.database)
    with monkeypatch.context() as patch:
        plant(patch, tmp_path, LOSES_ROWS)
        patch.setattr(upgrading, "_check", lambda *_: os._exit(9))
        ours.town.gateway.unit.dispose()
        assert killed(ours.house.objects, lambda: upgrade(ours.house, ours.to, patience=1)) == 9
    was = standing.standing(ours.house.folder)
    assert was is not None
    assert was.why == standing.UPGRADING
    assert facts_of(ours.town.gateway.settings.database).rows == before.rows - 1, "it died with the harm done"
    done = upgrade(ours.house, ours.to, patience=1)
    assert (done.before, done.after) == (before.revision, before.revision)
    assert ours.rows()[before.rows - 1]["hash"] == before.head
    assert standing.standing(ours.house.folder) is None


def test_what_a_restore_left_is_the_restores_to_finish(ours: Kept, tmp_path: Path) -> None:
    made = upgrade(ours.house, ours.to, patience=1).backup
    standing.note(ours.house.folder, standing.Standing(standing.RESTORING, "now", str(made)))
    with pytest.raises(Invalid) as why:
        upgrade(ours.house, ours.to, patience=1)
    assert why.value.code == "standing:restoring"
    restore(ours.house, made, patience=1)
    assert standing.standing(ours.house.folder) is None
    dump(ours.town.gateway.settings.database, tmp_path / "again")


def test_a_backup_that_cannot_be_made_leaves_everything(ours: Kept, tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"a file, not a folder")
    with pytest.raises(FileExistsError):
        upgrade(ours.house, tmp_path / "taken", patience=1)
    assert standing.standing(ours.house.folder) is None
    works(ours.town)
