"""How many rows each granted table has. The snapshot is in /data; what is written to /workspace stays inside."""

from pathlib import Path

import duckdb

with Path("/workspace/rows.txt").open("w") as out:
    for table in sorted(Path("/data").glob("*.parquet")):
        rows, columns = duckdb.read_parquet(str(table)).shape
        print(table.stem, rows, "rows,", columns, "columns", file=out)
