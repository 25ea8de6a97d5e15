"""Compare council rows without a number with numbered people by a frozen model, in an environment with Splink.

Usage: python splink_process.py MODEL UNTRACED PEOPLE OUT. Nothing is estimated from the rows: every probability stands
in the model. It imports nothing of ours and prints nothing.
"""

import json
import sys
from pathlib import Path


def main(model: str, untraced: str, people: str, out: str) -> None:
    """Write every pair that the model compares as Parquet: both rows' numbers, the weight, and what agrees."""
    import duckdb
    from splink import Linker
    from splink.backends.duckdb import DuckDBAPI

    connection = duckdb.connect()
    connection.execute("SET memory_limit = '2GiB'")
    database = DuckDBAPI(connection)
    tables = [
        database.register(connection.read_parquet(path), dataset_display_name=name)
        for name, path in (("untraced", untraced), ("vault", people))
    ]
    linker = Linker(tables, json.loads(Path(model).read_text(encoding="utf-8")), log_level=40)
    pairs = linker.inference.predict(threshold_match_weight=0, warning_mode="never")
    levels = ", ".join(f"gamma_{name}" for name in ("birth_date", "sex", "ethnic_group", "borough", "practice"))
    query = f"SELECT row_l, row_r, source_dataset_l, match_weight, {levels} FROM {pairs.physical_name}"  # noqa: S608
    connection.execute(f"COPY ({query}) TO '{out}' (FORMAT parquet)")


if __name__ == "__main__":
    main(*sys.argv[1:])
