"""One draw in a process of its own; prints its seconds and the peak memory of the process as JSON."""

import json
import sys
from pathlib import Path
from time import perf_counter

from disclosure import SnapshotFiles, Terms, draw, parse_request
from infra.bench.shapes import FIVE, SIXTH
from workspaces.catalogue.tables import TABLES


def peak() -> float:
    """The most memory of this process since it began, in MiB; `getrusage` would count the one that started it."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def main(shape: str, room: str, sampling: str, people: str) -> None:
    """Draw the sixth shape, or the first."""
    tables = {name: tuple(column.name for column in table.columns) for name, table in TABLES.items()}
    terms = Terms(tables=tables, delta_e15=10**15 // (100 * int(people)), public_population=int(people))
    request = parse_request((SIXTH if shape == "sixth" else FIVE[0]).request())
    start = perf_counter()
    draw(request, terms, SnapshotFiles(Path(room), Path(sampling)))
    taken = perf_counter() - start
    print(json.dumps({"seconds": taken, "mib": peak()}))


main(*sys.argv[1:])
