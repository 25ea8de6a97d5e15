"""The plain query in a process of its own, with nothing else loaded; prints seconds and peak memory as JSON."""

import json
import sys
from pathlib import Path
from time import perf_counter

import duckdb


def peak() -> float:
    """The most memory of this process since it began, in MiB; `getrusage` would count the one that started it."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def main(query: str) -> None:
    """Run the query."""
    start = perf_counter()
    connection = duckdb.connect(config={"threads": 2})
    connection.execute("SET enable_progress_bar = false")
    connection.execute(query).fetchall()
    taken = perf_counter() - start
    print(json.dumps({"seconds": taken, "mib": peak()}))


main(sys.argv[1])
