"""`tre backup`, `tre restore` and `tre upgrade` at the command line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli.main import main
from gateway.store import standing
from tests.factories.gateways import SECRET, Town


@pytest.fixture
def folder(town: Town, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = town.gateway.settings.folder
    told = {"FOLDER": str(folder), "SECRET_KEY": SECRET, "DATABASE_URL": town.gateway.settings.database_url}
    for name, value in told.items():
        monkeypatch.setenv(f"TRE_{name}", value)
    return folder


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words, standalone_mode=True)


def test_a_backup_is_rehearsed_restored_and_upgraded(folder: Path) -> None:
    taken = run("backup")
    assert taken.exit_code == 0, taken.stderr
    made = taken.stdout.strip()
    assert Path(made).parent == folder / "backups"
    rehearsed = run("restore", made, "--rehearse")
    assert rehearsed.stdout.startswith("It can be restored.")
    done = run("restore", made, "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["draws_spent_again"], told["findings"]) == (0, [])
    assert told["opt_out_list"].startswith("none in force")
    upgraded = run("upgrade", "--to", str(folder / "elsewhere"))
    assert upgraded.exit_code == 0, upgraded.stderr
    assert len(list((folder / "elsewhere").glob("*/backup.json"))) == 1


def test_what_is_no_backup_is_said_in_one_line(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    refused = run("restore", str(tmp_path / "empty"))
    assert refused.exit_code == 1
    assert refused.stderr.startswith("backup:none: ")
    assert standing.standing(folder) is None


@pytest.mark.usefixtures("folder")
def test_a_command_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it commits would be lost with the rollback of an upgrade."""
    seen = []
    monkeypatch.setattr("gateway.backup.taking.take", lambda *_: seen.append(run("upgrade", "--patience", "0").stderr))
    run("backup")
    assert [said.split(":")[:2] for said in seen] == [["standing", "busy"]]
    assert run("upgrade", "--patience", "0").exit_code == 0, "nothing is held any more"


def test_a_closed_gateway_does_nothing_else(folder: Path) -> None:
    standing.note(folder, standing.Standing(standing.RESTORING, "now"))
    for words in (("backup",), ("work", "--once"), ("people", "appoint", "a@example.org", "AUDITOR")):
        refused = run(*words)
        assert (refused.exit_code, refused.stderr.split(":")[:2]) == (1, ["gateway", "closed"]), words
