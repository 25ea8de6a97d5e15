"""A plan as objects of a cluster: a namespace of its own, what bounds it, its volumes, and the job.

Pure values, as the API takes them. What each is for is looked up in them by policy.py, which refuses to go on without.
"""

from hashlib import sha256
from typing import Any

from workspaces.rooms import bubblewrap
from workspaces.rooms.base import Limits, RoomPlan
from workspaces.rooms.kubernetes.cluster import Cluster, user_of

Manifest = dict[str, Any]
MANAGER = "tre-gateway"
LABEL, NAMED, RUN = (f"tre-gateway.example/{word}" for word in ("room", "job", "run"))  # RUN: whole, as a note
CONTAINER = "room"
KEPT_SECONDS = 3600  # a job that has ended is known for so long
GRACE_MIB = 64  # beside memory and disk of the run: what the container itself needs
# The program's output goes to the workspace alone: a cluster's own logs are read by others.
# What it makes may be read and removed by the group, to which the gateway belongs.
BEGIN = 'umask 007; exec "$@" >/workspace/logs/stdout.txt 2>/workspace/logs/stderr.txt </dev/null'
MEMORY_FOLDERS = {"shm": "/dev/shm", "tmp": "/tmp", "home": "/home"}  # noqa: S108 - of the room


def standing(plan: RoomPlan, cluster: Cluster) -> tuple[Manifest, ...]:
    """What stays from one run to the next: namespace, bounds, volumes; in the order in which they are made."""
    space, key = cluster.namespace(plan.room_key), plan.room_key
    restricted = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
    return (
        _named("v1", "Namespace", space, key, **restricted),
        {**_named("networking.k8s.io/v1", "NetworkPolicy", "nothing", key, space), "spec": closed()},
        {**_named("v1", "ServiceAccount", "default", key, space), "automountServiceAccountToken": False},
        {**_named("v1", "ResourceQuota", "one-room", key, space), "spec": {"hard": _quota(plan.limits)}},
        *_volume(plan, cluster, "data", writable=False),
        *_volume(plan, cluster, "workspace", writable=True),
    )


def _named(version: str, kind: str, name: str, key: str, namespace: str | None = None, **labels: str) -> Manifest:
    about = {"name": name, "labels": {LABEL: key, **labels}} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": version, "kind": kind, "metadata": about}


def closed() -> Manifest:
    """Nothing in, nothing out, for every pod of the namespace: both directions named, no rule that lets anything by."""
    return {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def _quota(limits: Limits) -> Manifest:
    """One pod at a time, and no way to another by a service or a claim."""
    memory = f"{limits.memory_mib + GRACE_MIB}Mi"
    return {
        "pods": "1",
        "services": "0",
        "secrets": "0",
        "requests.memory": memory,
        "limits.memory": memory,
        "limits.ephemeral-storage": f"{GRACE_MIB}Mi",
    }


def volume_name(plan: RoomPlan, name: str) -> str:
    """Another for another folder: what a volume leads to cannot be changed."""
    folder = plan.snapshot if name == "data" else plan.workspace
    return f"{name}-{sha256(str(folder).encode()).hexdigest()[:16]}"


def _volume(plan: RoomPlan, cluster: Cluster, name: str, *, writable: bool) -> tuple[Manifest, Manifest]:
    """A volume that only this claim may have, and the claim."""
    space, claim = cluster.namespace(plan.room_key), volume_name(plan, name)
    folder = cluster.exported(plan.workspace if writable else plan.snapshot)
    common = {"accessModes": ["ReadWriteOnce" if writable else "ReadOnlyMany"], "storageClassName": ""}
    size = {"storage": f"{plan.limits.disk_mib}Mi"}
    volume = f"{space}-{claim}"
    return (
        {
            **_named("v1", "PersistentVolume", volume, plan.room_key),
            "spec": {
                **common,
                "capacity": size,
                "persistentVolumeReclaimPolicy": "Retain",
                "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": space, "name": claim},
                "mountOptions": ["nosuid", "nodev", *(() if writable else ("ro",))],
                "nfs": {"server": cluster.server, "path": folder, "readOnly": not writable},
            },
        },
        {
            **_named("v1", "PersistentVolumeClaim", claim, plan.room_key, space),
            "spec": {**common, "resources": {"requests": size}, "volumeName": volume},
        },
    )


def job(name: str, plan: RoomPlan, cluster: Cluster) -> Manifest:
    """One run: a single try, ended by its clock, forgotten after a while."""
    made = _named("batch/v1", "Job", job_name(name), plan.room_key, cluster.namespace(plan.room_key))
    made["metadata"]["annotations"] = {RUN: name}
    made["metadata"]["labels"][NAMED] = job_name(name)
    return {
        **made,
        "spec": {
            "backoffLimit": 0,
            "parallelism": 1,
            "completions": 1,
            "activeDeadlineSeconds": plan.limits.seconds,
            "ttlSecondsAfterFinished": KEPT_SECONDS,
            "template": {"metadata": {"labels": {LABEL: plan.room_key}}, "spec": pod(plan, cluster)},
        },
    }


def job_name(name: str) -> str:
    """A name that the API takes, for any name of a run."""
    return f"run-{sha256(name.encode()).hexdigest()[:32]}"


def pod(plan: RoomPlan, cluster: Cluster) -> Manifest:
    """The pod of a run, also that of a session (sessions.py)."""
    return {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 0,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "hostNetwork": False,
        "hostPID": False,
        "hostIPC": False,
        "runtimeClassName": cluster.runtime_class,
        "dnsPolicy": "None",
        "dnsConfig": {"nameservers": ["127.0.0.1"]},
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": user_of(plan.room_key),
            "runAsGroup": cluster.group,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(plan, cluster)],
        "volumes": [
            _claimed(plan, "data", read_only=True),
            _claimed(plan, "workspace", read_only=False),
            *({"name": name, "emptyDir": {"medium": "Memory", "sizeLimit": f"{mib}Mi"}} for name, mib in _sizes(plan)),
        ],
    }


def _claimed(plan: RoomPlan, name: str, *, read_only: bool) -> Manifest:
    return {"name": name, "persistentVolumeClaim": {"claimName": volume_name(plan, name), "readOnly": read_only}}


def _sizes(plan: RoomPlan) -> tuple[tuple[str, int], ...]:
    return ("shm", bubblewrap.SHM_MIB), ("tmp", plan.limits.tmp_mib), ("home", bubblewrap.HOME_MIB)


def _container(plan: RoomPlan, cluster: Cluster) -> Manifest:
    memory = f"{plan.limits.memory_mib}Mi"
    bounds = {"memory": memory, "ephemeral-storage": f"{GRACE_MIB}Mi"}
    return {
        "name": CONTAINER,
        "image": cluster.image(plan),
        "imagePullPolicy": "IfNotPresent",
        "command": [*_limited(plan.limits), "/bin/sh", "-c", BEGIN, "room", *plan.command],
        "workingDir": "/workspace",
        "env": [{"name": name, "value": value} for name, value in bubblewrap.variables(plan).items()],
        "resources": {"limits": bounds, "requests": bounds},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "privileged": False,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "data", "mountPath": "/data", "readOnly": True},
            {"name": "workspace", "mountPath": "/workspace"},
            {"name": "workspace", "mountPath": "/workspace/code", "subPath": "code", "readOnly": True},
            *({"name": name, "mountPath": path} for name, path in MEMORY_FOLDERS.items()),
        ],
    }


def _limited(limits: Limits) -> tuple[str, ...]:
    """What a pod's description cannot bound, the first program bounds for all that follow."""
    chosen = {
        "core": 0,
        "cpu": limits.cpu_seconds,
        "fsize": limits.file_mib << 20,
        "nofile": limits.open_files,
        "nproc": limits.processes,
    }
    return ("/usr/bin/prlimit", *(f"--{name}={value}:{value}" for name, value in chosen.items()), "--")
