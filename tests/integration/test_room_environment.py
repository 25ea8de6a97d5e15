"""The Python that rooms really have: made from the lock file, working behind the walls, without the gateway."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from workspaces.rooms.base import Ended, Limits, RoomPlan
from workspaces.rooms.local import LocalRooms

CHECKOUT = Path(__file__).parents[2]
SCRIPT = """
import importlib.util, json
import duckdb, numpy, pyarrow
import pyarrow.parquet
count, total = duckdb.sql("SELECT count(*), sum(value) FROM '/data/*.parquet'").fetchall()[0]
print(json.dumps({
    "count": count,
    "total": total,
    "arrow": pyarrow.parquet.read_table("/data/measurement.parquet").num_rows,
    "numpy": float(numpy.ones(3).sum()),
    "gateway": [n for n in ("gateway", "workspaces", "disclosure", "pip") if importlib.util.find_spec(n)],
}))
"""


@pytest.fixture
def base() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="rooms-"))
    for name in ("snapshot", "workspace/code"):
        (folder / name).mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.slow
def test_the_room_reads_its_snapshot_with_its_own_python(base: Path) -> None:
    import duckdb

    environment = CHECKOUT / ".venv-room"
    make = ["sh", str(CHECKOUT / "infra/rooms/make_environment.sh"), str(environment)]
    subprocess.run(make, check=True)
    duckdb.sql("SELECT range AS value FROM range(1000)").write_parquet(str(base / "snapshot/measurement.parquet"))
    (base / "workspace/code/script.py").write_text(SCRIPT)
    plan = RoomPlan(
        room_key="reader",
        snapshot=base / "snapshot",
        workspace=base / "workspace",
        environment=environment,
        command=("python3", "-I", "/workspace/code/script.py"),
        limits=Limits(memory_mib=1024, seconds=60),
    )

    result = LocalRooms().run(plan)

    assert result.ended is Ended.FINISHED, (base / "workspace/logs/stderr.txt").read_text()
    answer = json.loads((base / "workspace/logs/stdout.txt").read_text())
    assert answer == {"count": 1000, "total": 499500, "arrow": 1000, "numpy": 3.0, "gateway": []}
