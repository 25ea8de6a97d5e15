"""The newest migration killed at moments spread over its run, over a house with data: whole or not begun, each time.

The crash loop does the same over steps that it makes up, in a house that is at work. `TRE_KILLS` says how often: 10 in
`./run check`, on both databases, 200 in `./run prove`.
"""

import json
import os
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from gateway.store import migrate
from gateway.store.dumps import facts_of
from tests.factories.backups import kept, project_with_snapshot
from tests.factories.databases import kind
from tests.factories.faults_migrating import picture, run
from tests.factories.gateways import SECRET, Town
from tests.factories.tried import Tried

ROUNDS = int(os.environ.get("TRE_KILLS", "10"))


def newest() -> tuple[str, str]:
    """The previous head and the head."""
    scripts = ScriptDirectory(migrate.SCRIPTS)
    head = scripts.get_revision("head")
    return str(head.down_revision), str(head.revision)


def seconds_of(town: Town, folder: Path) -> float:
    """How long a whole run takes, its start left out."""
    process = migrating(town, folder)
    begun = time.monotonic()
    process.communicate()
    assert process.returncode == 0
    return time.monotonic() - begun


def migrating(town: Town, folder: Path) -> "subprocess.Popen[bytes]":
    settings = {"PATH": os.environ["PATH"], "TRE_SECRET_KEY": SECRET, "TRE_DEMO": "true"}
    return run(town.gateway.settings.database, folder, migrate.SCRIPTS, "migrate", settings=settings)


def test_the_newest_migration_is_whole_or_not_begun(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tried: Tried
) -> None:
    ours = kept(town, monkeypatch)
    ours.draw(project_with_snapshot(town, ours.house))
    town.gateway.unit.dispose()
    address, (previous, head) = town.gateway.settings.database, newest()
    migrate.downgrade(address, previous)  # what the newest tables alone can hold is gone with this
    before, seconds = picture(address), seconds_of(town, tmp_path)
    after, fell = picture(address), Counter[str]()
    assert all(after[table] for table in ("audit_event", "ledger_entry", "release"))
    for number in range(ROUNDS):
        migrate.downgrade(address, previous)
        assert picture(address) == before
        process = migrating(town, tmp_path)
        time.sleep(seconds * (number / ROUNDS) ** 2)  # more of them early: most of a run is its end
        process.send_signal(signal.SIGKILL)
        process.communicate()
        ended = process.returncode == 0
        revision = facts_of(address).revision
        assert revision in ({head} if ended else {previous, head})
        assert picture(address) == {previous: before, head: after}[revision], "half migrated"
        fell["too late" if ended else {previous: "before it was whole", head: "behind"}[revision]] += 1
        migrate.upgrade(address)
        assert picture(address) == after
    with capsys.disabled():
        print("\n" + json.dumps({"newest migration killed": dict(fell), "database": kind()}))
    tried(ROUNDS - fell["too late"])
    assert fell["before it was whole"] >= ROUNDS / 5
