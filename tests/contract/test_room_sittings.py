"""Runs that go on without whoever asked for them, and the one socket by which a service in a room is reached."""

import os
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.factories.rooms import SMALL, House, start_supervisor
from workspaces.catalogue.errors import Invalid
from workspaces.rooms import doors
from workspaces.rooms.base import Ended, RoomPlan
from workspaces.rooms.supervised import SupervisedRooms

SERVICE = """
import socket
listener = socket.socket(socket.AF_UNIX); listener.bind("/run/room/s"); listener.listen()
while True:
    connection, _ = listener.accept()
    connection.sendall(b"from the room"); connection.close()
"""
# a link in place of the socket, first before it was seen and then after
FORGED = """
import os, time
os.symlink({other!r}, "/run/room/s")
time.sleep(20)
"""
REPLACED = """
import os, socket, time
listener = socket.socket(socket.AF_UNIX); listener.bind("/run/room/s"); listener.listen()
time.sleep(2); os.unlink("/run/room/s"); os.symlink({other!r}, "/run/room/s")
while True:
    connection, _ = listener.accept()
    connection.sendall(b"from the room"); connection.close()
"""


def until(met: Callable[[], object], seconds: float = 20) -> bool:
    """Whether it came to be."""
    ends = time.monotonic() + seconds
    while not met() and time.monotonic() < ends:
        time.sleep(0.05)
    return bool(met())


def with_door(house: House, key: str, program: str) -> RoomPlan:
    door = house.base / "doors" / key / "inside"
    door.mkdir(parents=True, exist_ok=True)
    return replace(house.plan(key, program), door=door)


def heard_at(address: Path) -> bytes:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(10)
        line.connect(str(address))
        return line.recv(100)


def begun(house: House, name: str, plan: RoomPlan) -> str:
    """A name of its own for each driver, as they are tried one after the other."""
    name = f"{name}-{type(house.driver).__name__.lower()}-{os.urandom(3).hex()}"
    house.driver.start(name, plan)
    return name


def test_what_was_started_goes_on_and_its_end_is_told_by_its_name(house: House) -> None:
    name = begun(house, "goer", house.plan("goer", "import time; time.sleep(1.5); print('went'); raise SystemExit(7)"))
    sitting = house.driver.status(name)
    assert sitting is not None
    assert sitting.at_work
    house.driver.start(name, house.plan("another", "print('never')"))  # the same name again changes nothing
    result = house.driver.wait(name)
    assert (result.ended, result.exit_code) == (Ended.FINISHED, 7)
    assert house.driver.wait(name) == result
    assert house.output("goer") == "went\n"
    assert not (house.base / "workspaces" / "another" / "logs").exists()


def test_a_started_run_is_stopped_by_its_rooms_key(house: House) -> None:
    name = begun(house, "stayer", house.plan("stayer", "import time; time.sleep(60)"))
    assert until(lambda: house.driver.stop("stayer"))
    assert house.driver.wait(name).ended is Ended.KILLED
    assert not house.driver.stop("stayer")


def test_what_is_refused_is_told_when_it_is_asked_for(house: House) -> None:
    busy = begun(house, "busy", house.plan("busy", "import time; time.sleep(60)"))
    assert until(lambda: (house.base / "workspaces" / "busy").stat().st_mode & 0o2000 or os.geteuid() != 0)
    refused = begun(house, "second", house.plan("busy", ""))
    with pytest.raises(Invalid, match=r"room:(busy|full)"):
        house.driver.wait(refused)
    house.driver.stop("busy")
    house.driver.wait(busy)


@pytest.mark.parametrize("name", ["", "A", "x/y", "x" * 81])
def test_odd_names_are_refused(house: House, name: str) -> None:
    with pytest.raises(Invalid, match="room:name"):
        house.driver.start(name, house.plan("odd", ""))


def test_nobody_knows_of_a_run_that_was_not_started(house: House) -> None:
    assert house.driver.status("never-started") is None
    with pytest.raises(Invalid, match="room:unknown"):
        house.driver.wait("never-started")


@pytest.mark.slow
def test_time_at_work_is_told(house: House) -> None:
    busy = "import time\nends = time.monotonic() + 1\nwhile time.monotonic() < ends: sum(range(1000))"
    assert 0.2 < house.run("spent", busy).cpu_seconds < 20
    stopped = house.run("spent", busy.replace("+ 1", "+ 30"), limits=replace(SMALL, seconds=2))
    assert stopped.ended is Ended.TIMED_OUT
    assert 0.2 < stopped.cpu_seconds < 20


def test_variables_of_a_plan_are_there_and_change_none_that_every_room_has(house: House) -> None:
    given = (("JUPYTER_TOKEN", "abc"), ("PATH", "/nowhere"))
    program = "import os; print(os.environ['JUPYTER_TOKEN'], os.environ['PATH'])"
    assert house.driver.run(replace(house.plan("variables", program), variables=given)).exit_code == 0
    assert house.output("variables") == "abc /environment/bin:/usr/bin:/bin\n"


def test_a_service_is_reached_at_its_door_and_no_longer_after_its_end(house: House) -> None:
    plan = with_door(house, "service", SERVICE)
    assert plan.door is not None
    address = doors.outside(plan.door)
    for _ in range(2):  # a room that is opened again clears what the one before has left
        name = begun(house, "service", plan)
        assert until(address.exists)
        assert heard_at(address) == b"from the room"
        house.driver.stop("service")
        house.driver.wait(name)
        assert not address.exists()


@pytest.mark.slow
@pytest.mark.parametrize(("program", "answers"), [(FORGED, b""), (REPLACED, b"from the room")])
def test_a_link_in_place_of_the_socket_leads_nowhere(house: House, program: str, answers: bytes) -> None:
    """A room that could point its door elsewhere would speak to any socket of the machine as the gateway."""
    other = house.base / "other.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(other))
        try:
            plan = with_door(house, "forger", program.format(other=str(other)))
            assert plan.door is not None
            address = doors.outside(plan.door)
            name = begun(house, "forger", plan)
            assert until(lambda: (plan.door / "s").is_symlink())
            assert until(address.exists, 2) is bool(answers)
            if answers:
                assert heard_at(address) == answers
            house.driver.stop("forger")
            house.driver.wait(name)
        finally:
            other.unlink()


def test_runs_that_were_started_end_with_their_supervisor(base: Path) -> None:
    address = base / "ending.sock"
    process = start_supervisor(address, base)
    house = House(base, SupervisedRooms(address), process.pid)
    beating = "import time\nfor _ in range(400):\n    open('/workspace/beat', 'a').write('x'); time.sleep(0.05)"
    house.driver.start("beater", house.plan("beater", beating))
    beat = base / "workspaces" / "beater" / "beat"
    assert until(beat.exists)
    process.kill()
    process.wait()
    time.sleep(0.3)
    before = beat.read_text()
    time.sleep(0.3)
    assert beat.read_text() == before
    address.unlink()
