"""A notebook's session on a cluster has each protection of a job, but the one way to its hub."""

import pytest

from tests.factories.cluster import checked
from tests.unit.rooms.test_kubernetes_manifests import PLAN, cluster
from workspaces.rooms.kubernetes.manifests import closed, pod, standing
from workspaces.rooms.kubernetes.sessions import session_objects, spawner

# traits of KubeSpawner 7.1.0 (kubespawner/spawner.py) that are set here
TRAITS = {
    *("enable_user_namespaces", "user_namespace_template", "image", "image_pull_policy", "cmd", "working_dir"),
    *("environment", "automount_service_account_token", "allow_privilege_escalation", "privileged"),
    *("container_security_context", "pod_security_context", "mem_limit", "mem_guarantee", "extra_resource_limits"),
    *("storage_pvc_ensure", "volumes", "volume_mounts", "extra_labels", "extra_pod_config"),
}


def test_the_spawner_is_told_what_a_jobs_pod_says() -> None:
    said, every = spawner(PLAN, cluster()), pod(PLAN, cluster())
    (container,) = every["containers"]
    assert set(said) == TRAITS
    assert said["container_security_context"] == container["securityContext"]
    assert said["pod_security_context"] == every["securityContext"]
    assert (said["volumes"], said["volume_mounts"]) == (every["volumes"], container["volumeMounts"])
    assert said["automount_service_account_token"] is False
    assert said["extra_pod_config"]["runtimeClassName"] == "gvisor"
    assert said["mem_limit"] == said["mem_guarantee"] == "1024Mi"
    assert "@sha256:" in said["image"]


@pytest.mark.parametrize("manifest", session_objects(PLAN, cluster(), "hub"), ids=lambda each: each["kind"])
def test_what_stands_before_a_session_is_taken_by_the_official_schemas(manifest: dict[str, object]) -> None:
    checked(manifest)


def test_only_the_hub_and_its_proxy_are_let_by() -> None:
    one, other = standing(PLAN, cluster()), session_objects(PLAN, cluster(), "hub")
    (changed,) = [b for a, b in zip(one, other, strict=True) if a != b]
    said = changed["spec"]
    assert {name: said.pop(name)[0]["ports"] for name in ("ingress", "egress")} == {
        "ingress": [{"protocol": "TCP", "port": 8888}],
        "egress": [{"protocol": "TCP", "port": 8081}],
    }
    assert said == closed()
