"""An export of the audit log: one JSON row a line, and behind them the signed checkpoints, each a line of its own kind.

A line of the kind `{"checkpoint": {...}}` is a checkpoint, every other one a row; exports without any are older.
Pure, so that an outsider reads an export with it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.evidence.checkpoints import Checkpoint, read

KIND = "checkpoint"


@dataclass(frozen=True)
class Log:
    """The rows of a log, as they were hashed, and what was signed over them."""

    rows: list[dict[str, Any]]
    checkpoints: list[Checkpoint]


def lines(rows: Iterable[Mapping[str, Any]], checkpoints: Iterable[Mapping[str, Any]]) -> str:
    """The text of an export."""
    every = [*rows, *({KIND: each} for each in checkpoints)]
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in every)


def parted(read_lines: Iterable[Any]) -> Log:
    """Rows and checkpoints of an export's parsed lines. Raises ValueError when one is neither."""
    rows: list[dict[str, Any]] = []
    checkpoints: list[Checkpoint] = []
    for each in read_lines:
        if not isinstance(each, dict):
            raise ValueError("neither a row nor a checkpoint")
        if set(each) == {KIND}:
            checkpoints.append(read(each[KIND]))
        else:
            rows.append(each)
    return Log(rows, checkpoints)
