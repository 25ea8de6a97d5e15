"""What is asked of blocks of people: the plan, where scripts run, and how what they printed becomes numbers."""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from disclosure.person_view.schema import ViewColumn
from disclosure.program_requests import Output, Program
from workspaces.catalogue.columns import Domain

PARTS = 10_000  # of the range between an output's bounds, that answers are rounded to
FAR = 10**300  # farther than any bound, and still a float
Fill = Callable[[Sequence[Path]], None]


@dataclass(frozen=True)
class BlockPlan:
    """What is asked of the chambers: one row of whole numbers, 0 to PARTS, for each block."""

    name: str
    program: Program
    by: tuple[ViewColumn, ...] = ()
    domains: tuple[Domain, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """One cell, and a column for each output."""
        return 1, len(self.program.outputs)

    def cells(self) -> Iterator[tuple[str | int | bool, ...]]:
        """The one cell, which has no key."""
        yield ()


class Chambers(Protocol):
    """Runs a script once for each block, each alone; see `workspaces.blocks`."""

    def __call__(
        self, *, script: str, blocks: int, seconds: int, memory_mib: int, fill: Fill
    ) -> Sequence[bytes | None]:
        """The last line that each block printed, None of one that failed. `fill` writes into a folder for each.

        Raises anything but an answer where the machine, and not a script, is at fault: the draw fails as a whole.
        """
        ...


def parts_of(said: bytes | None, outputs: Sequence[Output]) -> list[int]:
    """The numbers of one block as parts of their ranges: brought within the bounds, the default where there is none."""
    found = _object(said)
    return [_part(found.get(output.name), output) for output in outputs]


def _object(said: bytes | None) -> Mapping[str, Any]:
    try:
        found = json.loads(said or b"{}")
    except (ValueError, RecursionError):  # hostile ground: whatever stands there is no reason to fail
        return {}
    return found if isinstance(found, dict) else {}


def _part(value: object, output: Output) -> int:
    lower, upper = float(output.lower), float(output.upper)
    within = min(max(_number(value, float(output.default)), lower), upper)
    return round((within - lower) / (upper - lower) * PARTS)


def _number(value: object, default: float) -> float:
    """A number of whatever size; the default for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(min(value, FAR)):
        return default
    return float(min(max(value, -FAR), FAR))
