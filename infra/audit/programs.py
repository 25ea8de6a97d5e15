"""Chambers of the audit: the worst script there is, which tells in every number whether a block holds somebody ill."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from disclosure.engines.block_plan import Fill
from disclosure.engines.blocks import FILE

FOUND = [{"name": f"found_{number}", "lower": "0", "upper": "1", "default": "0"} for number in (1, 2)]
PROGRAM: dict[str, Any] = {"script": "print('is anybody ill?')", "blocks": 20, "outputs": FOUND}


def chambers(*, blocks: int, fill: Fill, **_limits: object) -> Sequence[bytes]:
    """What that script says of each block, in this process."""
    with TemporaryDirectory() as place:
        folders = [Path(place) / str(number) for number in range(blocks)]
        for folder in folders:
            folder.mkdir()
        fill(folders)
        return [_said(folder) for folder in folders]


def _said(folder: Path) -> bytes:
    with (folder / FILE).open(newline="") as file:
        ill = any(row["ill"] == "true" for row in csv.DictReader(file))
    return json.dumps({each["name"]: int(ill) for each in FOUND}).encode()
