"""Which program runs a script: by the ending of its name, and nothing else."""

from pathlib import PurePosixPath

INSIDE = PurePosixPath("/workspace/code")
# The tables of the snapshot by their names; what the last statement gives is printed and kept beside the logs.
_SQL = """
import csv, pathlib, sys
import duckdb
script = pathlib.Path(sys.argv[1])
connection = duckdb.connect()
for table in sorted(pathlib.Path("/data").glob("*.parquet")):
    connection.execute(f"CREATE VIEW \\"{table.stem}\\" AS SELECT * FROM read_parquet('{table}')")
answer = connection.execute(script.read_text(encoding="utf-8"))
if answer.description:
    heads, rows = [column[0] for column in answer.description], answer.fetchall()
    results = pathlib.Path("/workspace/results")
    results.mkdir(exist_ok=True)
    for out in (sys.stdout, open(results / f"{script.stem}.csv", "w", encoding="utf-8", newline="")):
        writer = csv.writer(out)
        writer.writerow(heads)
        writer.writerows(rows)
"""


def command(name: str) -> tuple[str, ...]:
    """How a script of the room's code folder is run: Python, or SQL by DuckDB. `name` ends in .py or .sql."""
    script = str(INSIDE / name)
    return ("python3", "-I", "-c", _SQL, script) if name.endswith(".sql") else ("python3", "-I", script)
