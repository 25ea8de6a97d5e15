"""The same exact, bounded aggregate on each engine; what it returns never leaves `release.draw`."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from disclosure.collector import loaded
from disclosure.engines.event_plan import Plan
from disclosure.engines.plan import SnapshotFiles
from disclosure.person_view.schema import ProvenView

Integers = NDArray[np.int64]
MODULES = {"duckdb": "disclosure.engines.embedded", "spark": "disclosure.engines.spark"}


class AggregateFailed(Exception):
    """The aggregate did not end. It carries neither cause nor text of the engine: those could hold records."""


class Aggregate(Protocol):
    """For each plan an int64 array (cells, columns) in the order of `plan.cells()`. Raises AggregateFailed, bare."""

    def __call__(
        self,
        view: ProvenView,
        plans: Sequence[Plan],
        files: SnapshotFiles,
        *,
        threads: int = 2,
        memory_mib: int = 2048,
    ) -> list[Integers]:
        """The exact cells; `threads` and `memory_mib` bound what the engine may use here."""
        ...


def engine(name: str) -> Aggregate:
    """The aggregate of an engine, `duckdb` or `spark`, loaded when it is first asked for. Raises KeyError."""
    chosen: Aggregate = loaded(MODULES[name]).aggregate
    return chosen
