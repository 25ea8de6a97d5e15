"""The plain query in a process of its own, with nothing else loaded; prints seconds and peak memory as JSON."""

import json
import resource
import sys
from time import perf_counter

import duckdb


def main(query: str) -> None:
    """Run the query."""
    start = perf_counter()
    connection = duckdb.connect(config={"threads": 2})
    connection.execute("SET enable_progress_bar = false")
    connection.execute(query).fetchall()
    taken = perf_counter() - start
    print(json.dumps({"seconds": taken, "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


main(sys.argv[1])
