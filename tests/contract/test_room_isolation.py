"""What every room driver must keep: researchers' programs attack from inside, and get nowhere.

The attacks are one program (attacks_in_room.py) that reports what it could do; a few more runs wear out the limits.
Where leaving a protection out can be shown to let the attack through, a test does so: else "stopped" could mean that
the attack was badly written.
"""

import json
import os
import shutil
import socket
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from tests.factories.rooms import SECRET, House, Outside, kept, without
from workspaces.catalogue.errors import Invalid
from workspaces.rooms import bubblewrap
from workspaces.rooms.base import Ended, RoomResult
from workspaces.rooms.local import LocalRooms

ATTACKS = Path(__file__).with_name("attacks_in_room.py")


def attack(house: House, outside: Outside, key: str = "attacker") -> dict[str, str]:
    """What each attack got: name -> "stopped: why" or "through: what"."""
    (house.workspace(key) / "code" / "facts.json").write_text(json.dumps(outside.facts))
    result = house.run(key, ATTACKS.read_text())
    assert result == RoomResult(exit_code=0, ended=Ended.FINISHED, seconds=result.seconds), house.output(key, "stderr")
    return dict(json.loads(house.output(key)))


def through(outcomes: dict[str, str]) -> dict[str, str]:
    return {name: outcome for name, outcome in outcomes.items() if not outcome.startswith("stopped")}


def test_no_attack_gets_through(house: House, outside: Outside) -> None:
    outcomes = attack(house, outside)

    assert len(outcomes) > 50
    assert through(outcomes) == {}


# protections left out -> attacks that get through then: else "stopped" could mean that an attack is badly written
ABLATIONS = {
    "network": {"network to the machine's loopback", "abstract socket of the machine"},
    "seccomp": {"vsock", "ptrace", "keyring", "io_uring", "terminal injection by system call"},
    "seccomp, no nested user": {"nested user namespace", "nested namespace by clone"},
    "ipc": {
        *("shared memory of the machine", "semaphores of the machine", "messages of the machine"),
        "queue of the machine",
    },
    "pid, proc": {"processes of the machine"},
    "snapshot read-only": {"write the snapshot", "add to the snapshot"},
    "root read-only": {"write to /", "write to /dev"},
    "code read-only": {"replace the code's folder"},
    "shm size, tmp size, home size": {"fill /dev/shm", "fill /tmp", "fill /home"},
    "no local software": {"files of the machine"},
}


IPV6 = {"network to the machine's loopback by IPv6", "network to the machine's own IPv6 loopback"}


@pytest.mark.parametrize("names", ABLATIONS)
def test_attacks_get_through_where_their_protection_is_left_out(names: str, base: Path, outside: Outside) -> None:
    expected = ABLATIONS[names] | (IPV6 if names == "network" and outside.port6 else set())
    try:
        assert expected <= set(through(attack(House(base, without(names)), outside)))
    finally:
        (base / "snapshot" / "person.parquet").write_bytes(b"rows")


def test_process_1_would_show_what_the_starter_is_given(
    base: Path, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bubblewrap, "STARTING_ENVIRONMENT", bubblewrap.STARTING_ENVIRONMENT | {"GATEWAY": SECRET})

    assert set(through(attack(House(base, LocalRooms()), outside))) == {"environment of process 1"}


LEFTOVERS = r"""
import os
os.umask(0)
open("/workspace/a\nname", "w").close()
open(b"/workspace/\xff\xfe", "w").close()
os.symlink("/etc/passwd", "/workspace/away")
os.symlink("/", "/workspace/root")
with open("/workspace/sparse", "wb") as file: file.truncate(8 << 20)
os.link("/workspace/sparse", "/workspace/second")
open("/workspace/raised", "w").close(); os.chmod("/workspace/raised", 0o6777)
open("/workspace/closed", "w").close(); os.chmod("/workspace/closed", 0)
os.mkfifo("/workspace/pipe")
print("left")
"""


def test_what_a_room_leaves_changes_nothing_outside_and_hinders_no_next_run(house: House) -> None:
    def outside() -> list[tuple[int, int, int]]:
        return [(s.st_mode, s.st_uid, s.st_gid) for s in map(os.stat, ("/etc/passwd", "/", house.base))]

    before = outside()
    shutil.rmtree(house.base / "workspaces" / "leftovers", ignore_errors=True)  # another driver's
    house.run("leftovers", LEFTOVERS)
    assert house.output("leftovers") == "left\n"
    assert house.run("leftovers", "print('again')").exit_code == 0
    assert house.output("leftovers") == "again\n"
    assert outside() == before
    folder = house.base / "workspaces" / "leftovers"
    assert not (folder / "pipe").exists()
    if kept(house, "own user"):
        assert stat.S_IMODE((folder / "raised").stat().st_mode) == 0o770  # no setuid bit


def test_results_stay_in_the_workspace(house: House) -> None:
    house.run("result", "open('/workspace/result.csv', 'w').write(open('/data/person.parquet').read())")
    assert (house.base / "workspaces" / "result" / "result.csv").read_text() == "rows"


def test_a_snapshot_that_holds_a_socket_is_refused(house: House) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(house.base / "snapshot" / "s"))
    try:
        with pytest.raises(Invalid) as refusal:
            house.run("socketed", "")
    finally:
        (house.base / "snapshot" / "s").unlink()
    assert refusal.value.code == "room:channel"


@pytest.mark.parametrize("where", ["", "code", "deep/er"])
def test_a_socket_in_a_workspace_is_gone_before_anything_runs(house: House, where: str) -> None:
    """Of a run whose supervisor was killed before it could look."""
    folder = house.workspace("socketed") / where
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "s"))
        listener.listen()
        looks = f"import os; print(os.path.lexists('/workspace/{where}/s'))"
        assert house.run("socketed", looks).ended is Ended.FINISHED
    assert house.output("socketed") == "False\n"
    assert not (folder / "s").exists()


def test_a_socket_that_a_room_leaves_behind_is_gone(house: House) -> None:
    house.run("leaver", "import socket, os; socket.socket(socket.AF_UNIX).bind('s'); os.mkfifo('p'); print('made')")
    assert house.output("leaver") == "made\n"
    assert sorted(path.name for path in (house.base / "workspaces" / "leaver").iterdir()) == ["code", "logs"]


def test_a_link_for_a_folder_is_refused(house: House) -> None:
    link = house.base / "workspaces" / "linked"
    link.symlink_to(house.workspace("real"))
    try:
        with pytest.raises(Invalid) as refusal:
            house.driver.run(replace(house.plan("real", ""), workspace=link))
    finally:
        link.unlink()
    assert refusal.value.code == "room:folder"


def test_logs_do_not_follow_a_link_that_a_room_left(house: House, base: Path) -> None:
    target = base / "workspaces" / "target"
    target.mkdir(exist_ok=True)
    house.run(
        "linker", f"import os; os.rmdir('logs') if os.path.isdir('logs') else 0; os.symlink({str(target)!r}, 'logs')"
    )
    house.run("linker", "print('out')")
    assert list(target.iterdir()) == []


def test_promises_say_what_is_weaker(house: House) -> None:
    promises = {promise.name: promise for promise in house.driver.promises()}
    assert promises["no network"].kept
    assert not promises["disk quota"].kept
    assert all(promise.how for promise in promises.values())
