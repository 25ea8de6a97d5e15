"""Each promise of a room, found in the manifests; what is not found there is not promised, and nothing is started.

Asked of what the driver writes, and again of what the API answers: something in the cluster may have changed it.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from workspaces.rooms.base import Promise
from workspaces.rooms.kubernetes.cluster import FIRST_USER, PINNED
from workspaces.rooms.kubernetes.manifests import CONTAINER, Manifest

VOLUMES = frozenset({"name", "persistentVolumeClaim", "emptyDir"})


@dataclass(frozen=True)
class Objects:
    """The manifests of one plan by kind."""

    every: tuple[Manifest, ...]

    def of(self, kind: str) -> list[Manifest]:
        """Those of a kind."""
        return [each for each in self.every if each["kind"] == kind]

    @property
    def job(self) -> Manifest:
        """The job's description."""
        (only,) = self.of("Job")
        found: Manifest = only["spec"]
        return found

    @property
    def pod(self) -> Manifest:
        """The pod's description."""
        found: Manifest = self.job["template"]["spec"]
        return found

    @property
    def container(self) -> Manifest:
        """Its only container."""
        (only,) = self.pod["containers"]
        found: Manifest = only
        return found


def _own_user(every: Objects) -> bool:
    identity = every.pod["securityContext"]
    own = identity["runAsNonRoot"] is True and identity["runAsUser"] >= FIRST_USER and identity["runAsGroup"] > 0
    return own and not {"runAsUser", "runAsGroup", "runAsNonRoot"} & set(every.container["securityContext"])


def _no_network(every: Objects) -> bool:
    (policy,) = (each["spec"] for each in every.of("NetworkPolicy"))
    closed = policy["podSelector"] == {} and sorted(policy["policyTypes"]) == ["Egress", "Ingress"]
    names = every.pod["dnsPolicy"] == "None" and every.pod["dnsConfig"]["nameservers"] == ["127.0.0.1"]
    return closed and names and not policy.get("ingress") and not policy.get("egress") and not _host(every, "Network")


def _host(every: Objects, what: str) -> bool:
    return bool(every.pod.get(f"host{what}"))


def _nothing_of_the_machine(every: Objects) -> bool:
    (space,) = every.of("Namespace")
    restricted = space["metadata"]["labels"].get("pod-security.kubernetes.io/enforce") == "restricted"
    outside = _host(every, "PID") or _host(every, "IPC") or every.container.get("volumeDevices")
    known = all(set(volume) <= VOLUMES for volume in every.pod["volumes"])
    walls = every.container["securityContext"]
    pinned = bool(PINNED.fullmatch(every.container["image"]))
    own = walls["readOnlyRootFilesystem"] is True and not walls.get("privileged")
    return restricted and known and pinned and own and not outside and not every.pod.get("initContainers")


def _snapshot_read_only(every: Objects) -> bool:
    mounts = {mount["mountPath"]: mount for mount in every.container["volumeMounts"]}
    volume = next(each for each in every.pod["volumes"] if each["name"] == mounts["/data"]["name"])
    claim = volume["persistentVolumeClaim"]
    disk = _disk_of(every, claim["claimName"])
    return (
        mounts["/data"].get("readOnly") is True
        and mounts["/workspace/code"].get("readOnly") is True
        and claim.get("readOnly") is True
        and disk["accessModes"] == ["ReadOnlyMany"]
        and disk["nfs"]["readOnly"] is True
    )


def _disk_of(every: Objects, claim: str) -> Manifest:
    """The volume behind a claim, which nobody else may have."""
    found: Manifest = next(
        each["spec"] for each in every.of("PersistentVolume") if each["spec"]["claimRef"]["name"] == claim
    )
    return found


def _no_user_namespaces(every: Objects) -> bool:
    walls = every.container["securityContext"]
    dropped: Any = walls["capabilities"]
    return (
        walls["allowPrivilegeEscalation"] is False
        and dropped["drop"] == ["ALL"]
        and not dropped.get("add")
        and bool(every.pod.get("runtimeClassName"))
    )


def _secrets_unseen(every: Objects) -> bool:
    (account,) = every.of("ServiceAccount")
    said = [variable for variable in every.container["env"] if "valueFrom" in variable]
    silent = every.pod["automountServiceAccountToken"] is False and every.pod["enableServiceLinks"] is False
    return silent and account["automountServiceAccountToken"] is False and not said and "envFrom" not in every.container


def _nothing_outlives(every: Objects) -> bool:
    once = every.job["backoffLimit"] == 0 and every.pod["restartPolicy"] == "Never"
    single = every.job.get("parallelism") == 1 and [each["name"] for each in every.pod["containers"]] == [CONTAINER]
    return once and single and every.pod["terminationGracePeriodSeconds"] == 0


def _time(every: Objects) -> bool:
    return every.job["activeDeadlineSeconds"] > 0 and _limited(every, "cpu")


def _limited(every: Objects, what: str) -> bool:
    words = every.container["command"]
    before = words[: words.index("--")] if words[0] == "/usr/bin/prlimit" and "--" in words else []
    return any(re.fullmatch(rf"--{what}=(\d+):\1", word) for word in before)


def _memory(every: Objects) -> bool:
    folders = [volume["emptyDir"] for volume in every.pod["volumes"] if "emptyDir" in volume]
    counted = all(folder.get("medium") == "Memory" and folder.get("sizeLimit") for folder in folders)
    return counted and bool(every.container["resources"]["limits"].get("memory"))


def _system_calls(every: Objects) -> bool:
    filtered = every.pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    return filtered and bool(every.pod.get("runtimeClassName"))


def _never(_: Objects) -> bool:
    return False


FOUND: dict[str, tuple[Callable[[Objects], bool], str]] = {
    "own user": (_own_user, "a user for each workspace, the same each time, without a name on any node"),
    "no network": (_no_network, "a network policy that lets nothing by, tried by a room before the first run"),
    "nothing of the machine": (
        _nothing_of_the_machine,
        "restricted pod security, an image pinned by its digest, two volumes",
    ),
    "snapshot read-only": (_snapshot_read_only, "read-only as a volume, as a claim and as a mount"),
    "no user namespaces inside": (_no_user_namespaces, "no capability, no gain of privileges, a kernel of its own"),
    "gateway's secrets unseen": (_secrets_unseen, "no token of the cluster, no variable but those of the plan"),
    "nothing outlives the run": (_nothing_outlives, "one container, one try, ended without grace"),
    "wall clock and CPU time": (_time, "a deadline of the job; CPU time by resource limit"),
    "file size": (lambda every: _limited(every, "fsize"), "resource limit"),
    "memory of the run": (_memory, "limit of the container, shared memory and /tmp included"),
    "number of processes": (_never, "a resource limit only, which not every runtime keeps; set podPidsLimit on nodes"),
    "disk quota": (_never, "the size of a claim, which a file server need not keep; give folders quotas there"),
    "system calls": (_system_calls, "the runtime's filter, below a kernel of its own (runtime class)"),
}


def found(manifests: Iterable[Manifest]) -> tuple[Promise, ...]:
    """Each promise, kept where the manifests show it; what cannot be read there is not kept."""
    every = Objects(tuple(manifests))
    return tuple(Promise(name, _shown(look, every), how) for name, (look, how) in FOUND.items())


def _shown(look: Callable[[Objects], bool], every: Objects) -> bool:
    try:
        return bool(look(every))
    except (KeyError, ValueError, IndexError, TypeError, StopIteration):
        return False
