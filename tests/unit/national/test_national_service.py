"""The stand-in national service: layout of the answer, refusal of a whole file, silence to what it would not take."""

import json
import subprocess
import sys
from pathlib import Path

import nhs_number
import pytest

from infra.national.service import MAILBOX, REFUSAL, WORKFLOW, answer_requests, valid

NUMBERS = ["9990000018", "9990000026", "9990000034"]
CONTROL = {"workflow_id": WORKFLOW, "local_id": "TRE_1", "subject": "TRE_1", "from": "X26TRE01", "to": MAILBOX}


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path, Path]:
    outbox, inbox, opted_out = tmp_path / "outbox", tmp_path / "inbox", tmp_path / "opted_out.csv"
    outbox.mkdir()
    opted_out.write_text(f"nhs_number\n{NUMBERS[1]}\n")
    return outbox, inbox, opted_out


def send(outbox: Path, text: str, name: str = "X26TRE01-300626-0001", **changes: object) -> None:
    (outbox / f"{name}.dat").write_bytes(text.encode())
    (outbox / f"{name}.ctl").write_text(json.dumps(CONTROL | changes))


def layout(numbers: list[str], end: str = "\n") -> str:
    return "".join(f"{number},{end}" for number in numbers)


def test_the_fixture_numbers_are_valid() -> None:
    assert all(nhs_number.is_valid(number) for number in NUMBERS)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_answer_holds_those_without_an_opt_out_in_the_same_layout(
    folders: tuple[Path, Path, Path], end: str
) -> None:
    outbox, inbox, _ = folders
    send(outbox, layout(NUMBERS, end))
    assert answer_requests(*folders) == ("TRE_1",)
    assert (inbox / "TRE_1.dat").read_bytes() == layout([NUMBERS[0], NUMBERS[2]]).encode()
    control = json.loads((inbox / "TRE_1.ctl").read_text())
    assert control == CONTROL | {"from": MAILBOX, "to": "X26TRE01"}
    assert sorted(path.name for path in inbox.iterdir()) == ["TRE_1.ctl", "TRE_1.dat"]


def test_a_request_is_answered_once(folders: tuple[Path, Path, Path]) -> None:
    send(folders[0], layout(NUMBERS))
    assert answer_requests(*folders) == ("TRE_1",)
    assert answer_requests(*folders) == ()


@pytest.mark.parametrize(
    "bad",
    ["9990000019,\n", "999000001,\n", "9990000018\n", "9990000018,x\n", "\n9990000018,\n", "９９９００００018,\n"],
)
def test_one_bad_line_refuses_the_whole_file_in_one_line(folders: tuple[Path, Path, Path], bad: str) -> None:
    outbox, inbox, _ = folders
    send(outbox, layout(NUMBERS) + bad + layout(NUMBERS))
    answer_requests(*folders)
    assert (inbox / "TRE_1.dat").read_text() == REFUSAL
    assert REFUSAL.count("\n") == 1


def test_a_blank_tail_is_let_through(folders: tuple[Path, Path, Path]) -> None:
    send(folders[0], layout(NUMBERS) + "\r\n\n")
    answer_requests(*folders)
    assert (folders[1] / "TRE_1.dat").read_text() == layout([NUMBERS[0], NUMBERS[2]])


def test_everybody_opted_out_gives_an_empty_answer(folders: tuple[Path, Path, Path]) -> None:
    send(folders[0], layout([NUMBERS[1]]))
    answer_requests(*folders)
    assert (folders[1] / "TRE_1.dat").read_bytes() == b""


@pytest.mark.parametrize(
    "changes",
    [
        {"local_id": "A:1"},
        {"local_id": "../up"},
        {"subject": "has space"},
        {"workflow_id": "OTHER"},
        {"to": "X26HC036"},
        {"local_id": 3},
    ],
)
def test_a_message_the_service_would_not_take_gets_no_answer(
    folders: tuple[Path, Path, Path], changes: dict[str, object]
) -> None:
    send(folders[0], layout(NUMBERS), **changes)
    assert answer_requests(*folders) == ()
    assert not folders[1].exists()


def test_a_request_whose_control_file_is_missing_or_broken_waits(folders: tuple[Path, Path, Path]) -> None:
    (folders[0] / "a.dat").write_text(layout(NUMBERS))
    (folders[0] / "b.dat").write_text(layout(NUMBERS))
    (folders[0] / "b.ctl").write_text('{"workflow_id": ')
    assert answer_requests(*folders) == ()


@pytest.mark.parametrize("number", ["9434765919", "9990000018"])
def test_check_digits_agree_with_the_published_rule(number: str) -> None:
    assert valid(number)
    wrong = [number[:9] + digit for digit in "0123456789" if digit != number[9]]
    assert not any(map(valid, wrong))
    assert all(valid(f"{n:010d}") == nhs_number.is_valid(f"{n:010d}") for n in range(9990000000, 9990000400))


def test_the_module_answers_once_and_stops(folders: tuple[Path, Path, Path]) -> None:
    send(folders[0], layout(NUMBERS))
    command = [sys.executable, "-m", "infra.national", "--once", *map(str, folders)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "answered TRE_1\n"
    assert (folders[1] / "TRE_1.dat").exists()
