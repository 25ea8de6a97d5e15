"""One build, refresh or sorted copy in a process of its own: seconds, seconds of each step, peak MiB, bytes kept.

`python snapshot_alone.py build|refresh|copy BASE PEOPLE EVENTS`, over a vault that is there already.
"""

import json
import shutil
import sys
from datetime import date, datetime
from pathlib import Path
from time import perf_counter

from gateway.store.objects import LocalObjects
from infra.bench.report import peak_mib
from infra.bench.vaults import ASKED_AT, Made, vault_of
from workspaces.catalogue.tables import TABLES
from workspaces.engine import open_engine, write_parquet
from workspaces.snapshots import PseudonymKey, SnapshotPlan, build, destroy
from workspaces.snapshots.minimise import ROW_GROUP

APPROVED = ("person", "condition_occurrence", "measurement")
_ATTRIBUTES = ("birth_date", "sex", "ethnic_group", "borough")


def columns_of(table: str) -> tuple[str, ...]:
    """Columns that the project was granted."""
    return tuple(column.name for column in TABLES[table].columns)


def build_one(made: Made, folder: Path, snapshot_id: str) -> dict[str, float]:
    """A whole build; seconds of each step."""
    times: list[tuple[str, float]] = []
    plan = SnapshotPlan(
        snapshot_id=snapshot_id,
        project_id="bench",
        tables={name: columns_of(name) for name in APPROVED},
        period=(None, None),
        cut_date=date(2026, 6, 30),
        max_list_age_days=7,
        sample_key=bytes(32),
        code_version="bench",
    )
    build(
        plan=plan,
        vault=made.vault,
        opt_outs=made.opt_outs,
        pseudonyms=PseudonymKey(bytes(32)).of_build(snapshot_id),
        store=LocalObjects(folder / "store"),
        now=datetime.fromisoformat(ASKED_AT),
        sign=lambda _: b"",
        progress=lambda step: times.append((step, perf_counter())),
    )
    ends = [*(begun for _, begun in times[1:]), perf_counter()]
    return {step: end - begun for (step, begun), end in zip(times, ends, strict=True)}


def refresh_one(made: Made, folder: Path) -> dict[str, float]:
    """A build of a new version under new pseudonyms, then the end of the old one, which is there already."""
    steps, begun = build_one(made, folder, "new"), perf_counter()
    destroy(LocalObjects(folder / "store"), "old")
    return {**steps, "destroy": perf_counter() - begun}


def sorted_copy(made: Made, folder: Path) -> dict[str, float]:
    """DuckDB's own copy of the same columns, sorted by person."""
    begun = perf_counter()
    with open_engine(scratch=folder, folders=(made.vault.loads,)) as engine:
        for table in APPROVED:
            columns = _ATTRIBUTES if table == "person" else columns_of(table)[1:]
            engine.read_parquet(made.vault.files(table, made.vault.all())).create_view(f"source_{table}")
            query = f"SELECT nhs_number, {', '.join(columns)} FROM source_{table} ORDER BY nhs_number"  # noqa: S608
            write_parquet(engine, query, folder / f"{table}.parquet", row_group=ROW_GROUP)
    return {"copy": perf_counter() - begun}


def main(what: str, base: Path, people: int, events: int) -> None:
    """Do it, tell it."""
    made, folder = vault_of(base, people, events), base / "alone"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    if what == "refresh":
        build_one(made, folder, "old")
    begun = perf_counter()
    kind = {"build": lambda: build_one(made, folder, "new"), "refresh": lambda: refresh_one(made, folder)}
    steps = kind.get(what, lambda: sorted_copy(made, folder))()
    seconds = perf_counter() - begun
    kept = sum(path.stat().st_size for path in folder.rglob("*.parquet"))
    sys.stdout.write(json.dumps({"seconds": seconds, "steps": steps, "mib": peak_mib(), "bytes": kept}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
