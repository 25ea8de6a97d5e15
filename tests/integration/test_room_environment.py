"""The Python that rooms really have: made from the lock file, working behind the walls, `tre check` included."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from disclosure.checks.offline import check_with, without_grant
from infra.rooms.environment import room_environment
from tests.factories.gateways import REQUEST
from workspaces.rooms import scripts
from workspaces.rooms.base import Ended, Limits, RoomPlan, RoomResult
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
    "gateway": [n for n in ("gateway", "workspaces.intake", "opendp", "infra", "pip") if importlib.util.find_spec(n)],
}))
"""


@pytest.fixture
def base() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="rooms-"))
    for name in ("snapshot", "workspace/code"):
        (folder / name).mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)


USUAL = Limits()


def run_script(base: Path, environment: Path, limits: Limits = USUAL, name: str = "script.py") -> RoomResult:
    """A script of the workspace's code, run in a room with that Python."""
    plan = RoomPlan(
        room_key="reader",
        snapshot=base / "snapshot",
        workspace=base / "workspace",
        environment=environment,
        command=scripts.command(name),
        limits=limits,
    )
    return LocalRooms().run(plan)


@pytest.mark.slow
def test_the_room_reads_its_snapshot_with_its_own_python(base: Path) -> None:
    import duckdb

    environment = room_environment(base)
    assert environment is not None
    duckdb.sql("SELECT range AS value FROM range(1000)").write_parquet(str(base / "snapshot/measurement.parquet"))
    (base / "workspace/code/script.py").write_text(SCRIPT)
    result = run_script(base, environment, Limits(memory_mib=1024, seconds=60))

    assert result.ended is Ended.FINISHED, (base / "workspace/logs/stderr.txt").read_text()
    answer = json.loads((base / "workspace/logs/stdout.txt").read_text())
    assert answer == {
        **{"count": 1000, "total": 499500, "arrow": 1000, "numpy": 3.0, "pandas": 999, "duckdb to pandas": 5},
        **{"writable": [], "gateway": []},
    }


SQL = """
CREATE TEMP TABLE big AS SELECT * FROM measurement WHERE value >= 997;
SELECT count(*) AS people, max(value) AS "the most, 'most'" FROM big;
"""


@pytest.mark.slow
def test_sql_sees_tables_by_name_and_its_answer_is_kept_inside(base: Path) -> None:
    import duckdb

    environment = room_environment(base)
    assert environment is not None
    duckdb.sql("SELECT range AS value FROM range(1000)").write_parquet(str(base / "snapshot/measurement.parquet"))
    (base / "workspace/code/count.sql").write_text(SQL)
    result = run_script(base, environment, name="count.sql")
    assert (result.ended, result.exit_code) == (Ended.FINISHED, 0), (base / "workspace/logs/stderr.txt").read_text()
    told = (base / "workspace/results/count.csv").read_text().splitlines()
    assert told == ["people,\"the most, 'most'\"", "3,999"]
    (base / "workspace/code/count.sql").write_text("SELECT nothing FROM nowhere")
    assert run_script(base, environment, name="count.sql").exit_code == 1


CHECKING = """
import subprocess
for more in ([], ["--rules", "uk-llc"]):
    line = ["tre", "check", "/workspace/code/request.json", "--json", *more]
    ran = subprocess.run(line, capture_output=True, text=True)
    print(ran.stdout or ran.stderr)
"""


@pytest.mark.slow
def test_a_request_is_checked_in_the_room_as_outside(base: Path) -> None:
    """With the project's own grant, put there when the run begins; refusals in words."""
    environment = room_environment(base)
    assert environment is not None
    code = base / "workspace/code"
    grant = without_grant() | {"preset": "acro"}
    (code / ".grant.json").write_text(json.dumps({"grant": grant}))
    (code / "script.py").write_text(CHECKING)
    (code / "request.json").write_text(json.dumps(REQUEST))
    assert run_script(base, environment).exit_code == 0
    told = (base / "workspace/logs/stdout.txt").read_text()
    decoder, found = json.JSONDecoder(), []
    while told.strip():
        verdicts, end = decoder.raw_decode(told.lstrip())
        found.append(verdicts)
        told = told.lstrip()[end:]
    assert found == [[check_with(REQUEST, grant, name).shown()] for name in (None, "uk-llc")]
    assert found[0][0]["preset"] == "acro"


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
        assert run_script(base, environment).exit_code == 0
    after = [(path, path.lstat().st_mode, path.lstat().st_gid) for path in (base / "environment").rglob("*")]
    closed.chmod(CLOSED_TO_ROOMS)  # so that it can be removed
    assert after == before
