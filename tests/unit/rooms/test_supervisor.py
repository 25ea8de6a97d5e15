import json
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from workspaces.catalogue.errors import Invalid
from workspaces.rooms.base import Ended, Promise, RoomPlan, RoomResult, plan_to_wire
from workspaces.rooms.supervised import SupervisedRooms, _exchange
from workspaces.rooms.supervisor import Supervisor, listen


class Rooms:
    """Instead of rooms: remembers what it was asked, and waits like a run does when told to."""

    def __init__(self) -> None:
        self.asked: list[RoomPlan] = []
        self.left_alone = threading.Event()

    def run(self, plan: RoomPlan, *, until: int | None = None) -> RoomResult:
        self.asked.append(plan)
        if plan.command == ("wait",) and until is not None:
            with socket.socket(fileno=os.dup(until)) as connection:
                connection.recv(1)
            self.left_alone.set()
        return RoomResult(exit_code=0, ended=Ended.FINISHED, seconds=0.5)

    def stop(self, room_key: str) -> bool:
        return room_key == "k1"

    def at_work(self) -> tuple[str, ...]:
        return ()

    def stop_all(self) -> None:
        pass

    def promises(self) -> tuple[Promise, ...]:
        return (Promise("no network", True, "walls"),)


@contextmanager
def serving(rooms: Rooms, base: Path, uid: int = os.geteuid()) -> Iterator[Path]:
    address = base / "s"
    supervisor = Supervisor(rooms=rooms, roots=(base,), uid=uid)  # type: ignore[arg-type]
    with listen(address, uid=os.geteuid(), gid=os.getegid()) as listener:
        thread = threading.Thread(target=supervisor.serve, args=(listener,))
        thread.start()
        try:
            yield address
        finally:
            supervisor.close(listener)
            thread.join(5)
            assert not thread.is_alive()


@pytest.fixture
def base() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="rooms-") as name:  # short: a socket's path is bounded
        for each in ("snapshot", "workspace", "environment"):
            (Path(name) / each).mkdir()
        yield Path(name).resolve()


def plan(base: Path, **changes: Any) -> RoomPlan:
    folders = {name: base / name for name in ("snapshot", "workspace", "environment")}
    return RoomPlan(**({"room_key": "k1", "command": ("true",)} | folders | changes))


def raw(address: Path, request: bytes) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(address))
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return dict(json.loads(connection.makefile("rb").read()))


def test_questions_reach_the_rooms(base: Path) -> None:
    rooms = Rooms()
    with serving(rooms, base) as address:
        driver = SupervisedRooms(address)
        assert driver.run(plan(base)) == RoomResult(exit_code=0, ended=Ended.FINISHED, seconds=0.5)
        assert driver.promises() == rooms.promises()
        assert driver.stop("k1")
        assert not driver.stop("k2")
    assert rooms.asked == [plan(base)]


@pytest.mark.parametrize("folder", ["snapshot", "workspace", "environment"])
def test_a_folder_outside_the_roots_is_refused(base: Path, folder: str) -> None:
    rooms = Rooms()
    (base / "out").symlink_to("/etc")
    with serving(rooms, base) as address:
        for path in (Path("/etc"), base, base / "out", base / "out" / "ssl", base / "missing" / ".." / "workspace"):
            with pytest.raises(Invalid):
                SupervisedRooms(address).run(plan(base, **{folder: path}))
    assert rooms.asked == []


def test_environments_may_have_a_place_of_their_own(base: Path) -> None:
    rooms, elsewhere = Rooms(), base / "environments"
    (elsewhere / "one").mkdir(parents=True)
    supervisor = Supervisor(rooms=rooms, roots=(base,), uid=0, environments=(elsewhere, base / "named"))  # type: ignore[arg-type]
    (base / "named").mkdir()
    for path in (elsewhere / "one", base / "named"):
        supervisor._check_places(plan(base, environment=path))
    for wrong in ({}, {"environment": base / "snapshot"}, {"environment": Path("/etc")}):
        with pytest.raises(Invalid):
            supervisor._check_places(plan(base, **wrong))
    only_environments = Supervisor(rooms=rooms, roots=(base / "r",), uid=0, environments=(base,))  # type: ignore[arg-type]
    with pytest.raises(Invalid):  # what may be an environment may not be a workspace
        only_environments._check_places(plan(base))


def test_one_folder_for_two_purposes_is_refused(base: Path) -> None:
    with serving(Rooms(), base) as address, pytest.raises(Invalid) as refusal:
        SupervisedRooms(address).run(plan(base, workspace=base / "snapshot"))
    assert refusal.value.code == "room:same"


def test_a_stranger_is_refused(base: Path) -> None:
    rooms = Rooms()
    with serving(rooms, base, uid=os.geteuid() + 1) as address, pytest.raises(Invalid) as refusal:
        SupervisedRooms(address).run(plan(base))
    assert refusal.value.code == "room:stranger"
    assert rooms.asked == []


def test_a_refusal_that_came_before_the_request_is_read() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours:
        theirs.sendall(b'{"invalid": {}}')
        theirs.close()
        assert _exchange(ours, b"too late") == b'{"invalid": {}}'


@pytest.mark.parametrize(
    "request_", [b"", b"{", b"[]\n", b"\xff\n", b'{"do":"run"}\n', b'{"do":"quit"}\n', b'{"do":"run","plan":{}}\n']
)
def test_a_request_that_is_none_is_refused(base: Path, request_: bytes) -> None:
    with serving(Rooms(), base) as address:
        assert raw(address, request_)["invalid"]["code"].startswith("room:")


def test_an_endless_request_is_refused(base: Path) -> None:
    with serving(Rooms(), base) as address, socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(address))
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            connection.sendall(b"x" * (1 << 24))


def test_a_run_ends_when_its_owner_leaves(base: Path) -> None:
    rooms = Rooms()
    with serving(rooms, base) as address, socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(address))
        request = {"do": "run", "plan": plan_to_wire(plan(base, command=("wait",)))}
        connection.sendall(json.dumps(request).encode() + b"\n")
        time.sleep(0.1)
        assert not rooms.left_alone.is_set()
        connection.close()
        assert rooms.left_alone.wait(5)


def test_the_socket_is_for_its_user_only(base: Path) -> None:
    with serving(Rooms(), base) as address:
        assert address.stat().st_mode & 0o777 == 0o600


def test_a_dead_socket_is_replaced_and_a_living_one_is_not(base: Path) -> None:
    listen(base / "s", uid=os.geteuid(), gid=os.getegid()).close()
    with serving(Rooms(), base) as address, pytest.raises(OSError, match="in use"):
        listen(address, uid=os.geteuid(), gid=os.getegid())


def test_no_supervisor_is_an_answer(base: Path) -> None:
    with pytest.raises(Invalid) as refusal:
        SupervisedRooms(base / "nothing").promises()
    assert refusal.value.code == "room:unavailable"
