"""`tre intake load`, from an empty machine on: a whole folder or one delivery, and what its exit code says."""

import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.intake import deliveries, watched
from gateway.commands.perform import perform
from gateway.jobs.house import open_house
from gateway.models import AuditEvent, Load
from gateway.rules.facts import SYSTEM
from gateway.settings import Settings
from gateway.vocabulary import Command
from tests.factories.command_lines import tre
from tests.factories.deliveries import COUNCIL, SOURCES, data_folder, number, row
from workspaces.intake import Vault, load
from workspaces.intake.loading import STEPS

SECRET = "a secret that is long enough for tests"
OPERATOR = "operator@example.org"
LOADED, WITH_QUARANTINE, REFUSED = 0, 3, 4


class Machine:
    """A gateway's machine: its settings, and `tre` as an operator types it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"TRE_FOLDER": str(folder), "TRE_SECRET_KEY": SECRET, "TRE_DEMO": "true"}

    def tre(self, *arguments: str) -> Any:
        return tre(*arguments, environment=self.environment)

    def load(self, *arguments: str) -> Any:
        return self.tre("intake", "load", *arguments, "--as", OPERATOR)

    def rows(self, table: Any) -> list[Any]:
        at = open_house(Settings(folder=self.folder, secret_key=SECRET))
        with at.gateway.unit.reading() as work:
            found = list(work.all(table))
        at.gateway.unit.dispose()
        return found


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path / "state")
    assert machine.tre("migrate").exit_code == 0
    assert machine.tre("pools", "open", "--name", "London", "--population", "20000").exit_code == 0
    at = open_house(Settings(folder=machine.folder, secret_key=SECRET))
    who = {"issuer": "test", "subject": "operator", "name": "Operator", "email": OPERATOR}
    perform(at.gateway, actor=SYSTEM, command=Command.WELCOME_PERSON, subject_id=at.pool_id(), given=who)
    at.gateway.unit.dispose()
    assert machine.tre("people", "appoint", OPERATOR, "OPERATOR").exit_code == 0
    return machine


CLEAN = (row(1, number(1)), row(2, number(50)))


def test_a_clean_folder_loads_and_the_same_bytes_twice_change_nothing(machine: Machine, tmp_path: Path) -> None:
    data = data_folder(tmp_path / "data", *CLEAN)
    first = machine.load(str(data))
    assert (first.exit_code, first.stderr) == (LOADED, f"1 of 1: {COUNCIL}\n")
    assert first.stdout.startswith(f"{COUNCIL} (cld): ")
    again = machine.load(str(data))
    assert (again.exit_code, again.stdout) == (LOADED, f"{COUNCIL} (cld): loaded before, nothing changed\n")
    assert [(load.organisation, load.organisation_name) for load in machine.rows(Load)] == [(COUNCIL, "Camden")]


@pytest.mark.parametrize("declared", ["beside", "above", "named"])
def test_one_delivery_finds_its_declaration(machine: Machine, tmp_path: Path, declared: str) -> None:
    data = data_folder(tmp_path / "data", *CLEAN)
    files, arguments = data / "cld" / COUNCIL, []
    if declared == "beside":
        (data / "sources.toml").rename(files / "sources.toml")
    if declared == "named":
        (data / "sources.toml").rename(tmp_path / "declared.toml")
        arguments = ["--sources", str(tmp_path / "declared.toml")]
    ran = machine.load("cld", COUNCIL, str(files), "--json", *arguments)
    assert ran.exit_code == LOADED
    assert json.loads(ran.stdout)["organisation"] == COUNCIL


def test_a_row_in_quarantine_ends_with_3_and_its_reason_without_its_value(machine: Machine, tmp_path: Path) -> None:
    wrong = number(7)[:-1] + str((int(number(7)[-1]) + 1) % 10)
    ran = machine.load(str(data_folder(tmp_path / "data", *CLEAN, row(3, wrong))))
    assert ran.exit_code == WITH_QUARANTINE
    assert "invalid_nhs_number" in ran.stdout
    assert wrong not in ran.output


REFUSALS = {
    "no standing": ("intake:standing_missing", SOURCES.replace('standing = "SHARED_CARE_PROCESSOR"\n', "")),
    "not TOML": ("intake:sources_malformed", "[[source"),
    "no files": ("intake:", SOURCES.replace('"E09000007"', '"E09000008"')),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refused_source_ends_with_4(machine: Machine, tmp_path: Path, name: str) -> None:
    code, sources = REFUSALS[name]
    ran = machine.load(str(data_folder(tmp_path / "data", *CLEAN, sources=sources)))
    assert (ran.exit_code, ran.stdout) == (REFUSED, "")
    assert any(line.startswith(code) for line in ran.stderr.splitlines())
    assert machine.rows(Load) == []


def test_a_refused_source_is_in_the_log(machine: Machine, tmp_path: Path) -> None:
    data = data_folder(tmp_path / "data", *CLEAN)
    (data / "cld" / COUNCIL / "events.csv").write_text("la_code\n", encoding="utf-8")
    assert machine.load(str(data)).exit_code == REFUSED
    last = max(machine.rows(AuditEvent), key=lambda event: event.seq)
    assert (last.command, last.event) == ("LOAD_RECORDS", "command:refused")
    assert last.code.startswith("intake:")


@pytest.mark.parametrize(
    ("arguments", "code", "ends"),
    [
        (["cld", "E09000008", "FILES"], "intake:source_undeclared", REFUSED),
        (["omop", COUNCIL, "FILES"], "intake:source_undeclared", REFUSED),
        (["csv", COUNCIL, "FILES"], "intake:format_unknown", REFUSED),
        (["cld", COUNCIL, "nowhere"], "intake:folder_missing", REFUSED),
        (["DATA", "--source", "E09000008"], "intake:source_undeclared", REFUSED),
        (["cld", COUNCIL], "arguments:wrong", 2),
    ],
)
def test_what_is_not_there_is_refused(
    machine: Machine, tmp_path: Path, arguments: list[str], code: str, ends: int
) -> None:
    data = data_folder(tmp_path / "data", *CLEAN)
    places = {"FILES": str(data / "cld" / COUNCIL), "DATA": str(data)}
    ran = machine.load(*(places.get(each, each) for each in arguments))
    assert (ran.exit_code, ran.stderr.split(": ")[0]) == (ends, code)


def test_somebody_whom_nobody_knows_loads_nothing(machine: Machine, tmp_path: Path) -> None:
    data = data_folder(tmp_path / "data", *CLEAN)
    ran = machine.tre("intake", "load", str(data), "--as", "nobody@example.org")
    assert (ran.exit_code, ran.stderr.split(": ")[0]) == (REFUSED, "person:unknown")


@pytest.mark.parametrize("prepared", [False, True])
def test_a_machine_that_is_not_ready_says_what_to_run(tmp_path: Path, prepared: bool) -> None:
    machine = Machine(tmp_path)
    if prepared:
        assert machine.tre("migrate").exit_code == 0
    ran = machine.tre("people", "appoint", OPERATOR, "OPERATOR")
    assert ran.exit_code == 1
    assert ("tre pools open" if prepared else "tre migrate") in ran.stderr


def test_a_terminal_is_shown_each_step_of_a_load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = data_folder(tmp_path / "data", *CLEAN)
    shown = io.StringIO()
    monkeypatch.setattr(shown, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", shown)
    for (source, folder), progress in watched([*deliveries((str(data),), None, ())]):
        vault = Vault(tmp_path / "vault")
        load(source=source, folder=folder, vault=vault, clock=lambda: datetime.now(UTC), progress=progress)
    assert all(f"{COUNCIL}: {step}" in shown.getvalue() for step in STEPS)
