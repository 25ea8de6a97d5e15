"""Looking for people: is any of these in the snapshot? For IG officers and verifiers, audited by the caller."""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from workspaces.catalogue.errors import Invalid
from workspaces.engine import open_engine
from workspaces.numbers import keyed
from workspaces.snapshots.storage import SnapshotFolder

_FILLING = re.compile(r"[\s\u00ad\u200b-\u200f\u2010-\u2015\ufeff-]")  # what people put between digits
_WEIGHTS = tuple(range(10, 0, -1))


@dataclass(frozen=True)
class Contained:
    """How many numbers were looked for, how many were no NHS numbers, and which are in the snapshot."""

    looked_for: int
    invalid: int
    found: tuple[str, ...] = field(repr=False)


def contains(*, numbers: Iterable[str], snapshot: SnapshotFolder, sample_key: bytes, scratch: Path) -> Contained:
    """Which of these people are in the snapshot. `sample_key` is the pool's key that the snapshot was built with."""
    given = {cleaned(number) for number in numbers} - {""}
    valid = sorted(number for number in given if is_number(number))
    keys = keyed(np.array([int(number) for number in valid], dtype=np.int64), sample_key)
    with open_engine(scratch=scratch, folders=(snapshot.sampling.parent,)) as engine:
        engine.register("wanted", {"place": np.arange(len(valid)), "sample_key": keys})
        rows = engine.execute(
            "SELECT place FROM wanted SEMI JOIN read_parquet($path) USING (sample_key) ORDER BY place",
            {"path": str(snapshot.sampling)},
        ).fetchall()
    return Contained(len(given), len(given) - len(valid), tuple(valid[place] for (place,) in rows))


def read_numbers(path: Path) -> tuple[str, ...]:
    """Numbers of a text file, one a line, first field of a CSV; a header that is no number is skipped."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        fields = [row[0].strip() for row in csv.reader(lines) if row]
    except (OSError, UnicodeDecodeError, csv.Error):
        raise Invalid(
            "snapshot:numbers_unreadable", "The file of numbers cannot be read as text.", "Give one number a line."
        ) from None
    return tuple(fields[1:] if fields and not any(sign.isdigit() for sign in fields[0]) else fields)


def cleaned(text: str) -> str:
    """Without what people put between digits."""
    return _FILLING.sub("", text)


def is_number(text: str) -> bool:
    """True for ten digits whose check digit holds (NHS Data Dictionary: modulus 11)."""
    if len(text) != 10 or not text.isascii() or not text.isdecimal():
        return False
    return sum(int(digit) * weight for digit, weight in zip(text, _WEIGHTS, strict=True)) % 11 == 0
