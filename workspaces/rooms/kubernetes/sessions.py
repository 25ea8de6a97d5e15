"""A notebook on a cluster: what JupyterHub's KubeSpawner is told, made from the same plan as jobs are.

It lacks one wall that jobs have: the notebook's server asks its hub who somebody is, so its network policy lets that
one port out and the hub's proxy in. Trait names are those of KubeSpawner 7.1.
"""

from typing import Any

from workspaces.rooms.base import RoomPlan
from workspaces.rooms.kubernetes.cluster import Cluster
from workspaces.rooms.kubernetes.manifests import LABEL, Manifest, closed, pod, standing

HUB_PORT, NOTEBOOK_PORT = 8081, 8888


def spawner(plan: RoomPlan, cluster: Cluster) -> dict[str, Any]:
    """KubeSpawner's settings for this workspace: each protection of a job's pod, under the name it has there."""
    every = pod(plan, cluster)
    (container,) = every["containers"]
    bounds = container["resources"]["limits"]
    return {
        "enable_user_namespaces": True,
        "user_namespace_template": cluster.namespace(plan.room_key),
        "image": container["image"],
        "image_pull_policy": container["imagePullPolicy"],
        "cmd": list(plan.command),
        "working_dir": container["workingDir"],
        "environment": {each["name"]: each["value"] for each in container["env"]},
        "automount_service_account_token": every["automountServiceAccountToken"],
        "allow_privilege_escalation": container["securityContext"]["allowPrivilegeEscalation"],
        "privileged": container["securityContext"]["privileged"],
        "container_security_context": container["securityContext"],
        "pod_security_context": every["securityContext"],
        "mem_limit": bounds["memory"],
        "mem_guarantee": bounds["memory"],
        "extra_resource_limits": {"ephemeral-storage": bounds["ephemeral-storage"]},
        "storage_pvc_ensure": False,
        "volumes": every["volumes"],
        "volume_mounts": container["volumeMounts"],
        "extra_labels": {LABEL: plan.room_key},
        "extra_pod_config": {
            name: every[name]
            for name in ("runtimeClassName", "enableServiceLinks", "dnsPolicy", "dnsConfig", "hostPID", "hostIPC")
        },
    }


def session_objects(plan: RoomPlan, cluster: Cluster, hub: str) -> tuple[Manifest, ...]:
    """What stands in the namespace before a session begins. `hub`: the namespace of JupyterHub."""
    every = standing(plan, cluster)
    return tuple({**each, "spec": _by_the_hub(hub)} if each["kind"] == "NetworkPolicy" else each for each in every)


def _by_the_hub(hub: str) -> Manifest:
    where = {"matchLabels": {"kubernetes.io/metadata.name": hub}}
    return {
        **closed(),
        "ingress": [_one("from", where, "proxy", NOTEBOOK_PORT)],
        "egress": [_one("to", where, "hub", HUB_PORT)],
    }


def _one(direction: str, where: Manifest, component: str, port: int) -> Manifest:
    who = {"namespaceSelector": where, "podSelector": {"matchLabels": {"component": component}}}
    return {direction: [who], "ports": [{"protocol": "TCP", "port": port}]}
