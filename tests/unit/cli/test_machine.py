"""Commands of the gateway's machine beside loading: refused in one line, recorded, nothing left half-done."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.models import AuditEvent, OptOutList
from tests.factories.deliveries import data_folder, number, row
from tests.factories.faults_house import until
from tests.unit.cli.test_intake_load import OPERATOR, Machine, machine

__all__ = ["machine"]
ODD_IDS = ["nothing", "../../etc/passwd", "", "a b", "\udc80", "x" * 400]


def refused(ran: object, code: str) -> None:
    assert (ran.exit_code, ran.stdout) == (1, "")  # type: ignore[attr-defined]
    assert ran.stderr.startswith(f"{code}")  # type: ignore[attr-defined]


def last_code(machine: Machine) -> tuple[str, str]:
    last = max(machine.rows(AuditEvent), key=lambda event: event.seq)
    return last.command, last.code.partition(":")[0]


def test_an_exchange_about_nobody_is_refused(machine: Machine) -> None:
    refused(machine.tre("opt-outs", "request", "--as", OPERATOR), "intake:vault_empty")
    assert last_code(machine) == ("REQUEST_OPT_OUTS", "intake")


@pytest.mark.parametrize("local_id", ODD_IDS)
def test_an_answer_that_nobody_asked_for_is_refused(machine: Machine, local_id: str) -> None:
    ran = machine.tre("opt-outs", "import", local_id, "--as", OPERATOR)
    assert ran.exit_code in (1, 2)
    assert not ran.stderr.startswith("defect")
    assert machine.rows(OptOutList) == []


def test_an_exchange_without_an_answer_says_how_to_go_on(machine: Machine, tmp_path: Path) -> None:
    data = data_folder(tmp_path / "data", row(1, number(1)))
    assert machine.load(str(data)).exit_code == 0
    ran = machine.tre("opt-outs", "exchange", "--wait", "0", "--as", OPERATOR)
    refused(ran, "opt_outs:no_answer_yet")
    assert "tre opt-outs import " in ran.stderr


@pytest.mark.parametrize("snapshot", [*ODD_IDS, "snp-0123456789abcdef"])
def test_looking_into_a_snapshot_that_is_not_there(machine: Machine, tmp_path: Path, snapshot: str) -> None:
    numbers = tmp_path / "numbers.txt"
    numbers.write_text(number(1) + "\n", encoding="ascii")
    ran = machine.tre("snapshots", "contains", snapshot, "--numbers", str(numbers), "--as", OPERATOR)
    refused(ran, "subject:unknown")
    assert last_code(machine) == ("LOOK_FOR_PEOPLE", "subject")
    assert number(1) not in ran.output


def test_numbers_that_are_no_text_are_refused(machine: Machine, tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.bin"
    numbers.write_bytes(b"\xff\xfe")
    ran = machine.tre("snapshots", "contains", "snp-1", "--numbers", str(numbers), "--as", OPERATOR)
    refused(ran, "snapshot:numbers_unreadable")


def test_a_seat_needs_somebody_who_signed_in_and_is_one_of_the_seats(machine: Machine) -> None:
    refused(machine.tre("people", "appoint", "nobody@example.org", "AUDITOR"), "person:unknown")
    assert machine.tre("people", "appoint", OPERATOR, "KING").exit_code == 2


def test_a_database_that_cannot_be_opened(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    for address in ("nonsense", "sqlite:////nowhere/at/all.db", "weird://x", "oracle://x"):
        machine.environment["TRE_DATABASE_URL"] = address
        for words in (["migrate"], ["people", "appoint", OPERATOR, "AUDITOR"], ["work", "--once"]):
            ran = machine.tre(*words)
            assert ran.exit_code == 1, (address, words, ran.stderr)
            assert ran.stderr.startswith("database:"), ran.stderr


@pytest.mark.parametrize(("said", "niceness"), [((), 10), (("--nice", "0"), 0)])
def test_a_queue_worker_yields_to_whoever_answers_people(
    machine: Machine, said: tuple[str, ...], niceness: int
) -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    worker = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli.main", "work", *said],
        env={"PATH": os.environ["PATH"], **machine.environment},
        stderr=subprocess.DEVNULL,
    )
    try:
        assert until(lambda: signal.SIGTERM in caught(worker.pid), 60)
        assert os.getpriority(os.PRIO_PROCESS, worker.pid) == min(19, before + niceness)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
    finally:
        worker.kill()
        worker.wait()


def caught(process: int) -> set[int]:
    """Signals that a process handles itself."""
    line = next(line for line in Path(f"/proc/{process}/status").read_text().splitlines() if line.startswith("SigCgt"))
    mask = int(line.split()[1], 16)
    return {number for number in range(1, 65) if mask >> (number - 1) & 1}
