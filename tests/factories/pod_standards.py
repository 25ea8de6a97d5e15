"""The restricted pod security standard, as the admission of a cluster keeps it (v1.34): why a pod is refused."""

from typing import Any

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}


def refuses(pod: dict[str, Any], namespace: dict[str, Any]) -> list[str]:
    """The controls that it breaks; none where the namespace does not enforce the standard."""
    if namespace["metadata"]["labels"].get("pod-security.kubernetes.io/enforce") != "restricted":
        return []
    whole = pod.get("securityContext", {})
    broken = [name for name in ("hostNetwork", "hostPID", "hostIPC") if pod.get(name)]
    broken += ["volumes" for volume in pod.get("volumes", ()) if not set(volume) - {"name"} <= VOLUMES]
    for container in (*pod.get("initContainers", ()), *pod["containers"]):
        own = container.get("securityContext", {})
        said = {**whole, **own}
        broken += ["privileged"] * bool(own.get("privileged"))
        broken += ["allowPrivilegeEscalation"] * (own.get("allowPrivilegeEscalation") is not False)
        broken += ["runAsNonRoot"] * (said.get("runAsNonRoot") is not True)
        broken += ["runAsUser"] * (said.get("runAsUser") == 0)
        broken += ["capabilities"] * ("ALL" not in own.get("capabilities", {}).get("drop", ()))
        broken += ["capabilities"] * bool(set(own.get("capabilities", {}).get("add", ())) - {"NET_BIND_SERVICE"})
        kind = said.get("seccompProfile", {}).get("type")
        broken += ["seccompProfile"] * (kind not in {"RuntimeDefault", "Localhost"})
        broken += ["hostPort" for port in container.get("ports", ()) if port.get("hostPort")]
    return broken
