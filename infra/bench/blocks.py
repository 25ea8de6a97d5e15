"""`bench blocks`: a researcher's program run on disjoint blocks of people, each in a room of its own.

Every block is 10,000 rows in a folder that only its room sees, and a logistic regression by Newton's method in NumPy;
two are at work at a time. The reference is the same scripts on the same files as bare processes, two at a time. Both
take turns in parts, so that what else the machine does meets both.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copyfile
from time import perf_counter

import numpy as np

from infra.bench.report import Measure, measure
from infra.bench.rooms import Place, bare
from workspaces.rooms.base import Limits, RoomPlan

BAR, AT_ONCE, ROWS, COLUMNS, PARTS = 1.2, 2, 10_000, 20, 4
LIMITS = Limits(seconds=120, cpu_seconds=120)
SCRIPT = """
import sys
from time import perf_counter
import numpy as np
begun, work = perf_counter(), float(sys.argv[2])
rows = np.load(sys.argv[1])
x, y = np.column_stack([np.ones(len(rows)), rows[:, 1:]]), rows[:, 0]
while True:
    beta = np.zeros(x.shape[1])
    for _ in range(8):
        p = 1 / (1 + np.exp(-(x @ beta)))
        beta += np.linalg.solve(x.T @ (x * (p * (1 - p))[:, None]), x.T @ (y - p))
    if perf_counter() - begun >= work:
        break
print(*beta.round(6))
"""


def measures(here: Place, *, blocks: int, work: float) -> Iterator[Measure]:
    """All blocks in rooms, beside all of them bare; `work`: seconds that each is busy, at least."""
    data, script = _made(here)
    plans = [_plan(here, number, data, script, work) for number in range(blocks)]
    python = os.fspath(here.environment / "bin" / "python3")

    def outside(plan: RoomPlan) -> None:
        bare(python, "-I", str(plan.workspace / "code" / "script.py"), str(plan.snapshot / "block.npy"), str(work))

    outside(plans[0])  # what is read for the first time comes from the disk
    here.run(plans[0])
    ours, other = 0.0, 0.0
    for part in range(min(PARTS, blocks)):
        ours += _seconds(here.run, plans[part :: min(PARTS, blocks)])
        other += _seconds(outside, plans[part :: min(PARTS, blocks)])
    yield measure("bar", f"{blocks} blocks of {ROWS:,} rows, {AT_ONCE} at a time", ours, "bare processes", other, BAR)
    yield measure("info", "a block", ours / blocks, "a bare process", other / blocks)


def _seconds(run: Callable[[RoomPlan], None], plans: list[RoomPlan]) -> float:
    begun = perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as workers:
        list(workers.map(run, plans))
    return perf_counter() - begun


def _made(here: Place) -> tuple[Path, Path]:
    """One block's rows (an outcome, then what it depends on) and the script."""
    random = np.random.default_rng(20_261_124)
    x = random.normal(size=(ROWS, COLUMNS))
    y = random.random(ROWS) < 1 / (1 + np.exp(-x @ np.linspace(-1, 1, COLUMNS)))
    data, script = here.base / "block.npy", here.base / "block.py"
    np.save(data, np.column_stack([y, x]))
    script.write_text(SCRIPT, encoding="utf-8")
    return data, script


def _plan(here: Place, number: int, data: Path, script: Path, work: float) -> RoomPlan:
    words = ("python3", "-I", "/workspace/code/script.py", "/data/block.npy", str(work))
    plan = here.plan(f"block-{number}", *words, limits=LIMITS)
    copyfile(data, plan.snapshot / "block.npy")
    copyfile(script, plan.workspace / "code" / "script.py")
    return plan
