"""Fixtures of the contracts: rooms by every driver."""

import os
import shutil
import tempfile
import venv
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.factories.rooms import SECRET, House, Outside, start_supervisor
from workspaces.rooms.limits import Groups
from workspaces.rooms.local import LocalRooms
from workspaces.rooms.supervised import SupervisedRooms


@pytest.fixture(scope="module")
def base() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="rooms-"))
    (folder / "snapshot").mkdir()
    (folder / "snapshot" / "person.parquet").write_bytes(b"rows")
    (folder / "snapshot" / "person.parquet").chmod(0o666)  # so that the walls alone keep it from being written
    (folder / "snapshot").chmod(0o777)
    (folder / "workspaces").mkdir()
    venv.create(folder / "environment", with_pip=False, symlinks=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module", params=["local", "without control groups", "supervised"])
def house(request: pytest.FixtureRequest, base: Path) -> Iterator[House]:
    if request.param != "supervised":
        yield House(base, LocalRooms(groups=Groups("none") if request.param != "local" else None))
        return
    address = base / "supervisor.sock"
    process = start_supervisor(address, base)
    try:
        yield House(base, SupervisedRooms(address), process.pid)
    finally:
        process.terminate()
        assert process.wait(20) == 0
        assert not address.exists()


@pytest.fixture(scope="module")
def outside(base: Path) -> Iterator[Outside]:
    with closing(Outside(base)) as there:
        os.environ["GATEWAY_SECRET"] = SECRET
        yield there
        del os.environ["GATEWAY_SECRET"]
