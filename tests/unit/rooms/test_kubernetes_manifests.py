"""What a plan becomes on a cluster: the official schemas take it, and each promise is found in it, or not made."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.factories import pod_standards
from tests.factories.cluster import Refused, checked
from workspaces.catalogue.errors import Invalid
from workspaces.rooms.base import Limits, Promise, RoomPlan
from workspaces.rooms.kubernetes.cluster import Cluster, read_cluster, user_of
from workspaces.rooms.kubernetes.manifests import job, standing
from workspaces.rooms.kubernetes.policy import FOUND, Objects, found
from workspaces.rooms.promised import NEEDED, STATED, refuse_unkept

IMAGE = f"registry.example/room@sha256:{'a' * 64}"
ROOT = Path("/srv/gateway")
PLAN = RoomPlan(
    room_key="0a1b2c",
    snapshot=ROOT / "snapshots" / "s1" / "room",
    workspace=ROOT / "rooms" / "0a1b2c",
    environment=Path("/opt/environment"),
    command=("python3", "-I", "/workspace/code/script.py"),
    limits=Limits(memory_mib=1024, seconds=60, processes=32),
)
WEAKER = {"number of processes", "disk quota"}


def cluster(**other: Any) -> Cluster:
    said = {
        "api": "https://10.0.0.1:6443",
        "token_file": Path("/run/token"),
        "certificate": None,
        "server": "files.example",
        "export": "/export/gateway",
        "root": ROOT,
        "group": 2000,
        "images": {"/opt/environment": IMAGE},
    }
    return Cluster(**{**said, **other})


def manifests(plan: RoomPlan = PLAN) -> tuple[dict[str, Any], ...]:
    return deepcopy((*standing(plan, cluster()), job("job_1", plan, cluster())))


def kept(every: tuple[dict[str, Any], ...]) -> set[str]:
    return {promise.name for promise in found(every) if promise.kept}


@pytest.mark.parametrize("manifest", manifests(), ids=lambda each: f"{each['kind']} {each['metadata']['name'][:12]}")
def test_the_official_schemas_take_it(manifest: dict[str, Any]) -> None:
    checked(manifest)
    with pytest.raises(Refused):
        checked({**manifest, "specification": {}})


def test_every_promise_is_found_but_those_that_no_manifest_keeps() -> None:
    assert kept(manifests()) == {each.name for each in STATED} - WEAKER
    assert tuple(FOUND) == tuple(each.name for each in STATED)


def test_the_restricted_standard_takes_the_pod() -> None:
    every = Objects(manifests())
    (space,) = every.of("Namespace")
    assert pod_standards.refuses(every.pod, space) == []
    assert pod_standards.refuses({**every.pod, "hostPID": True}, space) == ["hostPID"]


LEFT_OUT: list[tuple[str, Callable[[Objects], object]]] = [
    ("own user", lambda o: o.pod["securityContext"].update(runAsUser=0)),
    ("own user", lambda o: o.pod["securityContext"].pop("runAsNonRoot")),
    ("own user", lambda o: o.container["securityContext"].update(runAsUser=1000)),
    ("no network", lambda o: o.of("NetworkPolicy")[0]["spec"].update(egress=[{}])),
    ("no network", lambda o: o.of("NetworkPolicy")[0]["spec"].update(ingress=[{}])),
    ("no network", lambda o: o.of("NetworkPolicy")[0]["spec"].update(policyTypes=["Ingress"])),
    ("no network", lambda o: o.of("NetworkPolicy")[0]["spec"].update(podSelector={"matchLabels": {"a": "b"}})),
    ("no network", lambda o: o.pod.update(hostNetwork=True)),
    ("no network", lambda o: o.pod.update(dnsPolicy="ClusterFirst")),
    ("nothing of the machine", lambda o: o.of("Namespace")[0]["metadata"]["labels"].clear()),
    ("nothing of the machine", lambda o: o.pod.update(hostPID=True)),
    ("nothing of the machine", lambda o: o.pod["volumes"].append({"name": "x", "hostPath": {"path": "/"}})),
    ("nothing of the machine", lambda o: o.container.update(image="registry.example/room:latest")),
    ("nothing of the machine", lambda o: o.container["securityContext"].update(readOnlyRootFilesystem=False)),
    ("nothing of the machine", lambda o: o.pod.update(initContainers=[{"name": "x"}])),
    ("snapshot read-only", lambda o: o.container["volumeMounts"][0].pop("readOnly")),
    ("snapshot read-only", lambda o: o.pod["volumes"][0]["persistentVolumeClaim"].update(readOnly=False)),
    ("snapshot read-only", lambda o: o.of("PersistentVolume")[0]["spec"]["nfs"].update(readOnly=False)),
    ("snapshot read-only", lambda o: o.container["volumeMounts"][2].pop("readOnly")),
    ("no user namespaces inside", lambda o: o.container["securityContext"].update(allowPrivilegeEscalation=True)),
    ("no user namespaces inside", lambda o: o.container["securityContext"]["capabilities"].update(add=["SYS_ADMIN"])),
    ("no user namespaces inside", lambda o: o.pod.pop("runtimeClassName")),
    ("gateway's secrets unseen", lambda o: o.pod.pop("automountServiceAccountToken")),
    ("gateway's secrets unseen", lambda o: o.of("ServiceAccount")[0].pop("automountServiceAccountToken")),
    ("gateway's secrets unseen", lambda o: o.container.update(envFrom=[{"secretRef": {"name": "x"}}])),
    ("gateway's secrets unseen", lambda o: o.pod.update(enableServiceLinks=True)),
    ("nothing outlives the run", lambda o: o.job.update(backoffLimit=3)),
    ("nothing outlives the run", lambda o: o.pod["containers"].append({"name": "sidecar"})),
    ("wall clock and CPU time", lambda o: o.job.pop("activeDeadlineSeconds")),
    ("wall clock and CPU time", lambda o: o.container["command"].remove("--cpu=1200:1200")),
    ("file size", lambda o: o.container.update(command=["sh", "-c", "--fsize=1:1", "--"])),
    ("memory of the run", lambda o: o.container["resources"]["limits"].pop("memory")),
    ("memory of the run", lambda o: o.pod["volumes"][-1]["emptyDir"].pop("sizeLimit")),
    ("system calls", lambda o: o.pod["securityContext"]["seccompProfile"].update(type="Unconfined")),
]


@pytest.mark.parametrize(("promise", "leave_out"), LEFT_OUT)
def test_a_promise_whose_protection_is_left_out_is_not_kept(
    promise: str, leave_out: Callable[[Objects], object]
) -> None:
    every = manifests()
    leave_out(Objects(every))
    assert promise not in kept(every)
    if promise in NEEDED:
        with pytest.raises(Invalid, match="room:promises"):
            refuse_unkept(found(every))


def test_every_promise_that_is_kept_was_tried_to_be_broken() -> None:
    assert {promise for promise, _ in LEFT_OUT} == {each.name for each in STATED} - WEAKER


def test_a_driver_that_says_nothing_of_a_needed_promise_is_refused() -> None:
    said = [Promise(each.name, True, "") for each in STATED]
    refuse_unkept(said)
    for each in STATED:
        others = [promise for promise in said if promise.name != each.name]
        if each.needed:
            with pytest.raises(Invalid, match=each.name):
                refuse_unkept(others)
        else:
            refuse_unkept(others)


def test_bounds_of_the_plan_are_those_of_the_manifests() -> None:
    every = Objects(manifests())
    assert every.job["activeDeadlineSeconds"] == 60
    assert every.container["resources"]["limits"]["memory"] == "1024Mi"
    assert "--nproc=32:32" in every.container["command"]
    assert every.container["command"][-3:] == ["python3", "-I", "/workspace/code/script.py"]
    (data, workspace) = (each["spec"]["nfs"] for each in every.of("PersistentVolume"))
    assert data == {"server": "files.example", "path": "/export/gateway/snapshots/s1/room", "readOnly": True}
    assert workspace == {"server": "files.example", "path": "/export/gateway/rooms/0a1b2c", "readOnly": False}


def test_two_workspaces_share_neither_namespace_nor_user_nor_volume() -> None:
    other = RoomPlan(**{**{n: getattr(PLAN, n) for n in PLAN.__dataclass_fields__}, "room_key": "ffff"})
    mine, theirs = Objects(manifests()), Objects(manifests(other))
    assert user_of("0a1b2c") != user_of("ffff")
    assert mine.of("Namespace")[0]["metadata"]["name"] != theirs.of("Namespace")[0]["metadata"]["name"]
    names = [{each["metadata"]["name"] for each in o.of("PersistentVolume")} for o in (mine, theirs)]
    assert names[0].isdisjoint(names[1])


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"images": {"/opt/environment": "registry.example/room:1.0"}}, "room:image"),
        ({"images": {}}, "room:cluster"),
        ({"api": "http://10.0.0.1"}, "room:cluster"),
        ({"group": 0}, "room:cluster"),
    ],
)
def test_a_cluster_that_would_be_weaker_is_refused(other: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid, match=code):
        cluster(**other)


def test_a_folder_that_is_not_on_the_file_server_is_refused() -> None:
    with pytest.raises(Invalid, match="room:path"):
        standing(PLAN, cluster(root=Path("/elsewhere")))
    with pytest.raises(Invalid, match="room:image"):
        job("job_1", PLAN, cluster(images={"/other": IMAGE}))


def test_a_clusters_file_is_read_and_a_wrong_one_named(tmp_path: Path) -> None:
    file = tmp_path / "cluster.toml"
    file.write_text(
        'api = "https://10.0.0.1:6443"\ntoken_file = "/run/token"\nserver = "files.example"\n'
        'export = "/export/gateway"\nroot = "/srv/gateway"\ngroup = 2000\n'
        f'[images]\n"/opt/environment" = "{IMAGE}"\n'
    )
    assert read_cluster(file) == cluster()
    for wrong in ("", "api = 3", file.read_text() + "\nsudo = true", "[["):
        file.write_text(wrong)
        with pytest.raises(Invalid, match="room:cluster"):
            read_cluster(file)
