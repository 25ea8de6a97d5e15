"""The Python that rooms really have: made from the lock file, working behind the walls, without the gateway."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.rooms.environment import room_environment
from workspaces.rooms.base import Ended, Limits, RoomPlan
from workspaces.rooms.local import LocalRooms

SCRIPT = """
import importlib.util, json, os, sys
import duckdb, numpy, pandas, pyarrow
import pyarrow.parquet
count, total = duckdb.sql("SELECT count(*), sum(value) FROM '/data/*.parquet'").fetchall()[0]
print(json.dumps({
    "count": count,
    "total": total,
    "arrow": pyarrow.parquet.read_table("/data/measurement.parquet").num_rows,
    "numpy": float(numpy.ones(3).sum()),
    "pandas": int(pandas.read_parquet("/data/measurement.parquet").value.max()),
    "duckdb to pandas": len(duckdb.sql("SELECT * FROM '/data/*.parquet' LIMIT 5").df()),
    "writable": [path for path in sys.path if path.startswith("/") and os.access(path, os.W_OK)],
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

    environment = room_environment(base)
    assert environment is not None
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
    assert answer == {
        **{"count": 1000, "total": 499500, "arrow": 1000, "numpy": 3.0, "pandas": 999, "duckdb to pandas": 5},
        **{"writable": [], "gateway": []},
    }


CLOSED_TO_ROOMS = 0o700


def test_an_environment_is_never_changed(base: Path) -> None:
    """It may be the system's: a folder that rooms cannot read there stays so, and hinders nobody."""
    import venv

    venv.create(base / "environment", with_pip=False, symlinks=True)
    closed = base / "environment" / "closed"
    closed.mkdir()
    closed.chmod(CLOSED_TO_ROOMS if os.geteuid() == 0 else 0)
    before = [(path, path.lstat().st_mode, path.lstat().st_gid) for path in (base / "environment").rglob("*")]
    (base / "workspace/code/script.py").write_text("print('ran')")
    for environment in (base / "environment", Path("/usr")):
        plan = RoomPlan(
            room_key="reader",
            snapshot=base / "snapshot",
            workspace=base / "workspace",
            environment=environment,
            command=("python3", "-I", "/workspace/code/script.py"),
        )
        assert LocalRooms().run(plan).exit_code == 0
    after = [(path, path.lstat().st_mode, path.lstat().st_gid) for path in (base / "environment").rglob("*")]
    closed.chmod(CLOSED_TO_ROOMS)  # so that it can be removed
    assert after == before
