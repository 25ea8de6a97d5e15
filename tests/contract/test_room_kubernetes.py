"""The Kubernetes driver against a stand-in for a cluster that is as strict as the API: runs, ends, refusals."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.factories import cluster as stand_in
from tests.factories.cluster_api import TOKEN, served
from workspaces.catalogue.errors import Invalid
from workspaces.rooms.base import Ended, Limits, RoomPlan, RoomResult
from workspaces.rooms.kubernetes import driver as driver_module
from workspaces.rooms.kubernetes.cluster import Cluster
from workspaces.rooms.kubernetes.driver import KubernetesRooms
from workspaces.rooms.promised import STATED

IMAGE = f"registry.example/room@sha256:{'0' * 64}"
SMALL = Limits(memory_mib=256, seconds=20, file_mib=1, processes=200)


@dataclass
class Place:
    base: Path
    cluster: stand_in.Cluster
    address: str

    def rooms(self, **other: Any) -> KubernetesRooms:
        said = {
            "api": self.address,
            "token_file": self.base / "token",
            "certificate": None,
            "server": "files.example",
            "export": "/export",
            "root": self.base,
            "group": os.getegid() or 65534,
            "images": {str(self.base / "environment"): IMAGE},
        }
        return KubernetesRooms(Cluster(**{**said, **other}), probe=self.base / "probe")

    def plan(self, key: str, program: str, **other: Any) -> RoomPlan:
        folder = self.base / "rooms" / key
        (folder / "code").mkdir(parents=True, exist_ok=True)
        (folder / "code" / "script.py").write_text(program)
        said = {
            "room_key": key,
            "snapshot": self.base / "snapshot",
            "workspace": folder,
            "environment": self.base / "environment",
            "command": ("python3", "-I", "/workspace/code/script.py"),
            "limits": SMALL,
        }
        return RoomPlan(**{**said, **other})

    def run(self, key: str, program: str, **other: Any) -> RoomResult:
        return self.rooms().run(self.plan(key, program, **other))

    def output(self, key: str, name: str = "stdout") -> str:
        return (self.base / "rooms" / key / "logs" / f"{name}.txt").read_text()


@contextmanager
def stand(folder: Path) -> Iterator[Place]:
    (folder / "environment" / "bin").mkdir(parents=True)
    (folder / "environment" / "bin" / "python3").symlink_to("/usr/bin/python3")
    (folder / "snapshot").mkdir()
    (folder / "snapshot" / "person.parquet").write_bytes(b"rows")
    (folder / "token").write_text(TOKEN + "\n")
    cluster = stand_in.Cluster({IMAGE: folder / "environment"})
    cluster.root, cluster.export = folder, "/export"
    with served(cluster) as address, pytest.MonkeyPatch.context() as patch:
        patch.setattr(driver_module, "LOOK_SECONDS", 0.02)
        yield Place(folder, cluster, address)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One for all who leave it as it was: the room that tries its network runs once."""
    with stand(tmp_path_factory.mktemp("cluster")) as there:
        yield there


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Place]:
    """One that a test may spoil."""
    with stand(tmp_path) as there:
        yield there


def test_a_program_runs_and_its_output_is_in_the_workspace_alone(place: Place) -> None:
    result = place.run("a", "print(open('/data/person.parquet').read()); raise SystemExit(7)")
    assert (result.ended, result.exit_code) == (Ended.FINISHED, 7)
    assert place.output("a") == "rows\n"
    assert place.run("a", "import sys; print('said', file=sys.stderr)").exit_code == 0
    assert (place.output("a"), place.output("a", "stderr")) == ("", "said\n")


def test_the_snapshot_and_the_code_cannot_be_written(place: Place) -> None:
    program = """
for path in ("/data/person.parquet", "/workspace/code/script.py"):
    try: open(path, "a")
    except OSError as why: print(why.strerror)
open("/workspace/result", "w").write("kept")"""
    assert place.run("a", program).exit_code == 0
    assert place.output("a") == "Read-only file system\n" * 2
    assert (place.base / "rooms" / "a" / "result").read_text() == "kept"


def test_a_run_that_was_started_is_found_by_another_gateway(place: Place) -> None:
    one, other = place.rooms(), place.rooms()
    one.start("job-1", place.plan("a", "import time; time.sleep(0.5)"))
    one.start("job-1", place.plan("b", "print('never')"))  # the same name again changes nothing
    assert other.at_work() == ("job-1",)
    sitting = other.status("job-1")
    assert sitting is not None
    assert sitting.at_work
    assert other.wait("job-1").ended is Ended.FINISHED
    assert other.at_work() == ()
    assert other.status("never") is None
    with pytest.raises(Invalid, match="room:unknown"):
        other.wait("never")


def test_one_program_at_a_time_and_it_can_be_stopped(place: Place) -> None:
    rooms = place.rooms()
    rooms.start("job-3", place.plan("s", "import time; time.sleep(60)"))
    with pytest.raises(Invalid, match="room:busy"):
        rooms.start("job-4", place.plan("s", "import time; time.sleep(60)"))
    assert rooms.stop("s")
    assert rooms.wait("job-3").ended is Ended.KILLED
    assert not rooms.stop("s")


@pytest.mark.parametrize(
    ("program", "limits", "ended"),
    [
        ("import time; time.sleep(60)", {"seconds": 1}, Ended.TIMED_OUT),
        ("import os; os.kill(os.getpid(), 9)", {}, Ended.KILLED),
        ("open('/workspace/big', 'wb').write(bytes(2_000_000))", {}, Ended.FINISHED),
    ],
)
def test_ends(place: Place, program: str, limits: dict[str, int], ended: Ended) -> None:
    result = place.run("a", program, limits=replace(SMALL, **limits))
    assert result.ended is ended
    assert result.exit_code != 0


def test_an_image_that_is_not_there_is_a_room_that_did_not_start(own: Place) -> None:
    rooms = own.rooms()
    rooms.promises()
    own.cluster.images.clear()
    assert rooms.run(own.plan("a", "")).ended is Ended.FAILED_TO_START


def test_promises_are_those_that_every_driver_answers_for(place: Place) -> None:
    promises = place.rooms().promises()
    assert [each.name for each in promises] == [each.name for each in STATED]
    assert {each.name for each in promises if not each.kept} == {"number of processes", "disk quota"}


def test_a_cluster_whose_network_does_not_keep_its_policies_is_refused(own: Place) -> None:
    own.cluster.keeps_policies = False
    with pytest.raises(Invalid, match="no network"):
        own.run("a", "print('ran')")
    assert not (own.base / "rooms" / "a" / "logs").exists()


def test_a_cluster_without_the_runtime_class_is_refused(own: Place) -> None:
    own.cluster.objects.clear()
    with pytest.raises(Invalid, match="no user namespaces inside"):
        own.run("a", "")


@pytest.mark.parametrize(
    "taken",
    [
        lambda said: said["kind"] == "NetworkPolicy" and said["spec"].update(egress=[{}]),
        lambda said: said["kind"] == "Job" and said["spec"]["template"]["spec"].update(hostNetwork=True),
        lambda said: said["kind"] == "Namespace" and said["metadata"]["labels"].clear(),
    ],
)
def test_what_something_in_the_cluster_has_changed_never_runs(own: Place, taken: Any) -> None:
    rooms = own.rooms()
    rooms.promises()  # the room that tries the network has run
    own.cluster.mutate = taken
    with pytest.raises(Invalid, match="room:promises"):
        rooms.run(own.plan("a", "open('/workspace/ran', 'w')"))
    assert not (own.base / "rooms" / "a" / "ran").exists()
    assert rooms.at_work() == ()


def test_a_refreshed_snapshot_leaves_no_volume_of_the_one_before(own: Place) -> None:
    own.run("a", "")
    (own.base / "snapshot-2").mkdir()
    (own.base / "snapshot-2" / "person.parquet").write_bytes(b"newer")
    own.run("a", "print(open('/data/person.parquet').read())", snapshot=own.base / "snapshot-2")
    assert own.output("a") == "newer\n"
    volumes = own.cluster.listed("PersistentVolume", "", "tre-gateway.example/room=a")
    assert sorted(each["spec"]["nfs"]["path"] for each in volumes) == ["/export/rooms/a", "/export/snapshot-2"]


def test_destroyed_is_gone_and_the_folder_stays(own: Place) -> None:
    own.run("a", "open('/workspace/result', 'w')")
    own.rooms().destroy("a")
    assert not [key for key in own.cluster.objects if "tre-a" in (key[1], key[2][:5])]
    assert (own.base / "rooms" / "a" / "result").exists()


def test_without_its_token_or_its_cluster_the_driver_says_so(own: Place) -> None:
    (own.base / "token").write_text("another")
    assert not any(each.kept for each in own.rooms().promises())
    with pytest.raises(Invalid, match=r"room:refused|room:promises"):
        own.run("a", "")
    gone = own.rooms(api="http://127.0.0.1:9")
    with pytest.raises(Invalid, match="room:unavailable"):
        gone.status("job-1")


@pytest.mark.parametrize("name", ["", "A", "x/y", "x" * 81])
def test_odd_names_are_refused(place: Place, name: str) -> None:
    with pytest.raises(Invalid, match="room:name"):
        place.rooms().start(name, place.plan("odd", ""))


def test_a_service_with_a_door_is_for_the_hub(place: Place) -> None:
    with pytest.raises(Invalid, match="room:door"):
        place.rooms().start("notebook", place.plan("a", "", door=place.base / "door"))
