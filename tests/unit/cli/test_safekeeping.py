"""`tre backup`, `tre restore` and `tre upgrade` at the command line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli.main import main
from gateway.evidence.exports import lines
from gateway.jobs.house import House
from gateway.jobs.sign_checkpoint import sign_checkpoint
from gateway.store import audit_chain, standing
from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
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


def test_a_key_is_replaced_and_outsiders_follow_from_either(folder: Path, town: Town, tmp_path: Path) -> None:
    old = json.loads(run("keys", "list", "--json").stdout)["public_key"]
    assert run("work", "--once").exit_code == 0
    house = House(town.gateway, LocalObjects(folder / "objects"), Keys(folder / "keys", SECRET))
    sign_checkpoint(house)
    with town.gateway.unit.reading() as work:
        proven = lines(audit_chain.export(work), map(audit_chain.published, audit_chain.checkpoints(work)))
    (tmp_path / "before.jsonl").write_text(proven, encoding="utf-8")
    (tmp_path / "proof.json").write_text(run("audit", "prove", str(tmp_path / "before.jsonl"), "2").stdout)
    done = run("keys", "rotate", "--patience", "0")
    assert done.exit_code == 0, done.stderr
    told = json.loads(run("keys", "list", "--json").stdout)
    assert told["public_key"] != old
    assert [each["old"] for each in told["handovers"]] == [old]
    assert run("keys", "list").stdout.splitlines()[-1] == f"{told['public_key']}  signs"
    with town.gateway.unit.reading() as work:
        signed = [audit_chain.published(row) for row in audit_chain.checkpoints(work)]
        (tmp_path / "log.jsonl").write_text(lines(audit_chain.export(work), signed), encoding="utf-8")
    for key in (old, told["public_key"]):
        assert run("audit", "verify", str(tmp_path / "log.jsonl"), "--key", key).exit_code == 0
    assert run("audit", "verify", str(tmp_path / "log.jsonl"), "--key", "ab" * 32).exit_code == 1
    proof = ("audit", "verify-proof", str(tmp_path / "proof.json"))
    assert [run(*proof, "--key", key).exit_code for key in (old, told["public_key"])] == [0, 1]
    (tmp_path / "checkpoints.json").write_text(json.dumps({**told, "checkpoints": signed}), encoding="utf-8")
    assert run(*proof, "--checkpoints", str(tmp_path / "checkpoints.json")).exit_code == 0


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
