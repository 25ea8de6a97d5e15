"""The few words of the Kubernetes API that the driver speaks."""

from collections.abc import Mapping
from typing import Any

import requests

from workspaces.catalogue.errors import Invalid
from workspaces.rooms.kubernetes.cluster import Cluster
from workspaces.rooms.kubernetes.manifests import MANAGER, Manifest

SECONDS = 30
APPLIED = "application/apply-patch+yaml"  # JSON is YAML
MERGED = "application/merge-patch+json"
PLURALS = {
    "Namespace": "namespaces",
    "NetworkPolicy": "networkpolicies",
    "ServiceAccount": "serviceaccounts",
    "ResourceQuota": "resourcequotas",
    "PersistentVolume": "persistentvolumes",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "Job": "jobs",
    "Pod": "pods",
    "RuntimeClass": "runtimeclasses",
}
VERSIONS = {"NetworkPolicy": "networking.k8s.io/v1", "Job": "batch/v1", "RuntimeClass": "node.k8s.io/v1"}


class Api:
    """One connection to a cluster. What it refuses is an Invalid with its reason; contents of objects are not told."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy or password of this machine's environment
        self._session.verify = str(cluster.certificate) if cluster.certificate else True

    def apply(self, manifest: Manifest) -> Manifest:
        """Make it so, whatever was there; gives what stands there now."""
        about = manifest["metadata"]
        path = address(manifest["kind"], about.get("namespace"), about["name"])
        said = {"fieldManager": MANAGER, "force": "true"}
        return self._need(self._ask("PATCH", path, manifest, kind=APPLIED, params=said))

    def create(self, manifest: Manifest) -> Manifest:
        """Make it; raises Invalid where it is there already (room:there)."""
        return self._need(self._ask("POST", address(manifest["kind"], manifest["metadata"].get("namespace")), manifest))

    def get(self, kind: str, namespace: str | None, name: str) -> Manifest | None:
        """What stands there, or None."""
        answer = self._ask("GET", address(kind, namespace, name))
        return None if answer.status_code == requests.codes.not_found else self._need(answer)

    def list(self, kind: str, namespace: str | None, selector: str) -> list[Manifest]:
        """Those with the labels; all namespaces where none is given."""
        found = self._need(self._ask("GET", address(kind, namespace), params={"labelSelector": selector}))
        return list(found["items"])

    def merge(self, kind: str, namespace: str, name: str, said: Manifest) -> None:
        """Change what is named, and nothing else."""
        self._need(self._ask("PATCH", address(kind, namespace, name), said, kind=MERGED))

    def delete(self, kind: str, namespace: str | None, name: str) -> None:
        """Remove it at once, and what belongs to it; nothing where it is not there."""
        said = {"gracePeriodSeconds": 0, "propagationPolicy": "Background"}
        answer = self._ask("DELETE", address(kind, namespace, name), said)
        if answer.status_code != requests.codes.not_found:
            self._need(answer)

    def _ask(
        self,
        method: str,
        path: str,
        said: Mapping[str, Any] | None = None,
        *,
        kind: str = "application/json",
        params: Mapping[str, str] | None = None,
    ) -> requests.Response:
        token = self._cluster.token_file.read_text(encoding="ascii").strip()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": kind, "Accept": "application/json"}
        try:
            return self._session.request(
                method,
                self._cluster.api + path,
                json=said,
                params=params,
                headers=headers,
                timeout=SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException as why:
            raise Invalid(
                "room:unavailable", f"The cluster does not answer ({type(why).__name__}).", "Ask the operator."
            ) from None

    @staticmethod
    def _need(answer: requests.Response) -> Manifest:
        try:
            told: Manifest = answer.json()
        except ValueError:
            told = {}
        if answer.ok:
            return told
        code = "room:there" if told.get("reason") == "AlreadyExists" else "room:refused"
        reason = told.get("reason") or answer.status_code
        raise Invalid(code, f"The cluster refused a room ({reason}).", "Tell the operator.")


def address(kind: str, namespace: str | None = None, name: str | None = None) -> str:
    """The path of an object, or of all of its kind."""
    version = VERSIONS.get(kind, "v1")
    start = f"/api/{version}" if version == "v1" else f"/apis/{version}"
    space = f"/namespaces/{namespace}" if namespace else ""
    return f"{start}{space}/{PLURALS[kind]}{f'/{name}' if name else ''}"
