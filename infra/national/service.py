"""The service "Check for National Data Opt-outs" over a folder pair, in its real file layout.

A request is `NAME.dat` (one ten-digit NHS number and a comma on each line, no header, LF; CRLF is read as well)
with its control file `NAME.ctl`. The answer has the same layout, holds only the numbers without an opt-out, and is
named by the request's local id. One invalid number refuses the whole file with a single line of text.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

WORKFLOW = "SPINE_NTT_UPHOLDING"
MAILBOX = "X26HC065"
REFUSAL = "The file holds one or more invalid NHS numbers.\n"
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_LINE = re.compile(r"[0-9]{10},")
_REQUIRED = ("workflow_id", "local_id", "subject", "from", "to")


def answer_requests(outbox: Path, inbox: Path, opted_out: Path) -> tuple[str, ...]:
    """Answer every request in `outbox` that has no answer in `inbox` yet; gives the local ids answered.

    `opted_out` is a CSV with the header nhs_number. A message that does not name the service, or whose local id
    holds other signs than letters, digits, - and _, gets no answer at all, as in the real service.
    """
    waiting = [(path, control) for path, control in _requests(outbox) if not _answered(inbox, control["local_id"])]
    refused = _read_opted_out(opted_out) if waiting else frozenset()
    for path, control in waiting:
        _answer(path.with_suffix(".dat"), control, inbox, refused)
    return tuple(control["local_id"] for _, control in waiting)


def _requests(outbox: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    for path in sorted(outbox.glob("*.ctl")):
        control = _control(path)
        if control is not None and path.with_suffix(".dat").is_file():
            yield path, control


def _control(path: Path) -> dict[str, str] | None:
    """The control file, or None when the service would not take the message."""
    try:
        control = json.loads(path.read_bytes())
    except ValueError:
        return None
    if not isinstance(control, dict) or not all(isinstance(control.get(name), str) for name in _REQUIRED):
        return None
    addressed = control["workflow_id"] == WORKFLOW and control["to"] == MAILBOX
    plain = all(_NAME.fullmatch(control[name]) for name in ("local_id", "subject"))
    return control if addressed and plain else None


def _answered(inbox: Path, local_id: str) -> bool:
    return (inbox / f"{local_id}.ctl").exists()


def _read_opted_out(path: Path) -> frozenset[str]:
    with path.open(encoding="ascii") as file:
        if next(file, "").strip() != "nhs_number":
            raise ValueError("the list of opted-out people has no header nhs_number")
        return frozenset(line.strip() for line in file)


def _answer(request: Path, control: dict[str, str], inbox: Path, opted_out: frozenset[str]) -> None:
    """Write the answer, its control file last, each under a passing name first so that no reader sees half of it."""
    local_id = control["local_id"]
    inbox.mkdir(parents=True, exist_ok=True)
    half = inbox / f".{local_id}.dat.part"
    try:
        with half.open("w", encoding="ascii", newline="\n") as answer:
            answer.writelines(f"{number},\n" for number in _numbers(request) if number not in opted_out)
    except ValueError:
        half.write_text(REFUSAL, encoding="ascii", newline="\n")
    os.replace(half, inbox / f"{local_id}.dat")
    reply = {**{name: control[name] for name in _REQUIRED}, "from": control["to"], "to": control["from"]}
    half.write_text(json.dumps(reply) + "\n", encoding="utf-8")
    os.replace(half, inbox / f"{local_id}.ctl")


def _numbers(request: Path) -> Iterator[str]:
    """The numbers of a request one by one; ValueError at the first line that is not a valid number and a comma.

    Blank lines at the end are let through.
    """
    blank = False
    with request.open(encoding="ascii") as file:
        for line in file:
            text = line.rstrip("\r\n")
            if text and (blank or not _LINE.fullmatch(text) or not valid(text[:10])):
                raise ValueError("not a list of NHS numbers")
            blank = not text
            if text:
                yield text[:10]


def valid(number: str) -> bool:
    """True when the check digit is right (NHS Data Dictionary: modulus 11)."""
    total = sum(int(digit) * weight for digit, weight in zip(number[:9], range(10, 1, -1), strict=True))
    return (11 - total % 11) % 11 == int(number[9])
