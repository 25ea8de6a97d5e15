"""`bench releases`: what privacy costs beside the plain query, for the shapes that planners and researchers ask for.

Reference of a shape: the same aggregate in plain DuckDB on the same files, plus one bare OpenDP call that adds the same
noise to as many numbers. Ours and the reference alternate, in fresh processes where a process is what is measured.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

import duckdb
import numpy as np
from opendp.domains import atom_domain, vector_domain
from opendp.measurements import make_gaussian, make_laplace
from opendp.metrics import l1_distance, l2_distance

from disclosure.engines.plan import SnapshotFiles
from disclosure.pricing import PriceLine
from disclosure.release import draw, price
from disclosure.requests import parse_request
from disclosure.terms import Terms
from infra.bench.report import Measure, measure
from infra.bench.shapes import FIVE, SIXTH, Shape
from workspaces.catalogue.tables import TABLES

BAR, SIXTH_BAR, COLD_BAR, COLD_MIB, SIXTH_MIB = 1.6, 1.5, 2.5, 160, 3072
MEDIAN_BAR, PLAIN_BAR, FEW_CELLS = 1.25, 1.25, 1000
PLAIN, BOTH = "plain DuckDB", "plain DuckDB + bare OpenDP"


def terms(people: int) -> Terms:
    """Everything granted, defaults otherwise."""
    tables = {name: tuple(column.name for column in table.columns) for name, table in TABLES.items()}
    return Terms(tables=tables, delta_e15=10**15 // (100 * people), public_population=people)


def measures(files: SnapshotFiles, people: int, rounds: int) -> Iterator[Measure]:
    """Every measure of the benchmark, in order."""
    ratios = []
    for shape in FIVE:
        for each in _shape(shape, files, people, rounds):
            ratios += [each.ratio] if each.reference == BOTH else []
            yield each
    yield measure("bar", "median of the five shapes", median(ratios), BOTH, 1.0, MEDIAN_BAR)
    yield from _processes(files, people, rounds)


def _shape(shape: Shape, files: SnapshotFiles, people: int, rounds: int) -> Iterator[Measure]:
    request, granted = parse_request(shape.request()), terms(people)
    line = price(request, granted).lines[0]
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("SET enable_progress_bar = false")
        query = plain_query(shape, files)
        ours, plain, noise = alternating(
            rounds,
            lambda: draw(request, granted, files).cells,
            lambda: connection.execute(query).fetchall(),
            lambda: bare_noise(line),
        )
    few = PLAIN_BAR if line.cells < FEW_CELLS else None
    what = f"{shape.name}, {line.cells:,} numbers"
    yield measure("bar", what, ours, BOTH, plain + noise, BAR)
    yield measure("bar" if few else "info", what, ours, PLAIN, plain, few)


def alternating(rounds: int, *works: Callable[[], object]) -> list[float]:
    """The median seconds of each, run in turn; a first turn warms up and does not count."""
    times: list[list[float]] = [[] for _ in works]
    for turn in range(rounds + 1):
        for each, work in zip(times, works, strict=True):
            start = perf_counter()
            work()
            if turn:
                each.append(perf_counter() - start)
    return [median(each) for each in times]


def plain_query(shape: Shape, files: SnapshotFiles) -> str:
    """The plain query over the files."""
    return shape.plain.format(**{name: f"read_parquet('{files.room / name}.parquet')" for name in TABLES})


def bare_noise(line: PriceLine) -> object:
    """One call of the library over as many numbers, at the same scale."""
    domain, scale = vector_domain(atom_domain(T="i64")), float(line.scale)
    laplace = "Laplace" in line.mechanism
    made = (
        make_laplace(domain, l1_distance(T="i64"), scale)
        if laplace
        else make_gaussian(domain, l2_distance(T="f64"), scale)
    )
    return made(np.zeros(line.cells, dtype=np.int64))


def _processes(files: SnapshotFiles, people: int, rounds: int) -> Iterator[Measure]:
    """What only a process of its own can show: the sixth shape's memory, and how long a cold start takes."""
    sixth = [alone(kind, "sixth", files, people) for _ in range(3) for kind in ("ours", "plain")]
    yield _compared(SIXTH.name, sixth, "seconds", "the same without the bound", SIXTH_BAR)
    most = max(float(str(each["mib"])) for each in sixth if each["kind"] == "ours")
    yield measure("bar", f"{SIXTH.name}: peak MiB", most, "3 GiB", SIXTH_MIB, 1.0)
    cold = [alone(kind, "cold", files, people) for _ in range(rounds) for kind in ("ours", "plain")]
    yield _compared("cold process of a three-way count", cold, "process_s", "plain DuckDB's", COLD_BAR)
    most = median(float(str(each["mib"])) for each in cold if each["kind"] == "ours")
    yield measure("bar", "cold process: peak MiB", most, "160 MiB", COLD_MIB, 1.0)


def _compared(what: str, found: list[dict[str, object]], unit: str, reference: str, goal: float) -> Measure:
    ours, plain = (
        median(float(str(each[unit])) for each in found if each["kind"] == kind) for kind in ("ours", "plain")
    )
    return measure("bar", what, ours, reference, plain, goal)


def alone(kind: str, shape: str, files: SnapshotFiles, people: int) -> dict[str, object]:
    """One run in a fresh process: seconds of the work, of the whole process, and its peak memory in MiB."""
    start = perf_counter()
    query = plain_query(SIXTH if shape == "sixth" else FIVE[0], files)
    given = [shape, str(files.room), str(files.sampling), str(people)] if kind == "ours" else [query]
    command = [sys.executable, str(Path(__file__).parent / f"{kind}_alone.py"), *given]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 this interpreter
    return {"kind": kind, "process_s": perf_counter() - start, **json.loads(done.stdout)}


def folder() -> Path:
    """Where tables are kept between runs."""
    return Path("/tmp/tre-bench")  # noqa: S108 made-up data only
