"""The stand-in for a cluster's API over HTTP: who asks, whether the shipped role lets them, and its answer."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import yaml

from tests.factories.cluster import Cluster, Object, Refused

ROLE = Path(__file__).parents[2] / "infra" / "deployment" / "kubernetes-role.yaml"
TOKEN = "the-gateways-token"


@cache
def rules() -> frozenset[tuple[str, str, str]]:
    """What the shipped role allows: group, resource, verb."""
    return frozenset(
        (group, resource, verb)
        for rule in yaml.safe_load(ROLE.read_text())["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    )


@contextmanager
def served(cluster: Cluster) -> Iterator[str]:
    """Its address."""
    handler = type("Handler", (_Handler,), {"cluster": cluster})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    cluster.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        cluster.close()


KINDS = {
    "namespaces": "Namespace",
    "networkpolicies": "NetworkPolicy",
    "serviceaccounts": "ServiceAccount",
    "resourcequotas": "ResourceQuota",
    "persistentvolumes": "PersistentVolume",
    "persistentvolumeclaims": "PersistentVolumeClaim",
    "jobs": "Job",
    "pods": "Pod",
    "runtimeclasses": "RuntimeClass",
}
GROUPS = {"networkpolicies": "networking.k8s.io", "jobs": "batch", "runtimeclasses": "node.k8s.io"}
PATH = re.compile(
    r"/api(?:s/(?P<group>[a-z0-9.]+))?/v1(?:/namespaces/(?P<space>[^/]+))?/(?P<kind>[a-z]+)(?:/(?P<name>[^/]+))?"
)


class _Handler(BaseHTTPRequestHandler):
    cluster: Cluster
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        said = json.loads(self.rfile.read(length)) if length else {}
        try:
            status, told = self._done(said)
        except Refused as why:
            status, told = why.status, {"kind": "Status", "status": "Failure", "reason": why.reason, "code": why.status}
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815 - names of the standard library

    def _done(self, said: Object) -> tuple[int, Object]:
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Refused(401, "Unauthorized")
        address = urlsplit(self.path)
        found = PATH.fullmatch(address.path)
        if found is None or found["kind"] not in KINDS or GROUPS.get(found["kind"]) != found["group"]:
            raise Refused(404, "NotFound")
        verb = {"GET": "get" if found["name"] else "list", "POST": "create"}.get(self.command, self.command.lower())
        if (found["group"] or "", found["kind"], verb) not in rules():
            raise Refused(403, "Forbidden")
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        key = (KINDS[found["kind"]], found["space"] or "", found["name"] or "")
        kind = self.headers.get("Content-Type", "")
        if self.command == "GET":
            if key[2]:
                return 200, self.cluster.get(key)
            return 200, {
                "kind": f"{key[0]}List",
                "items": self.cluster.listed(key[0], key[1], asked.get("labelSelector", "")),
            }
        if self.command == "DELETE":
            return 200, self.cluster.delete(key)
        if self.command == "PATCH" and kind == "application/merge-patch+json":
            return 200, self.cluster.merge(key, said)
        if self.command == "PATCH" and not (kind == "application/apply-patch+yaml" and asked.get("fieldManager")):
            raise Refused(415, "UnsupportedMediaType")
        return self.cluster.put(said, apply=self.command == "PATCH")

    def log_message(self, *_: object) -> None:
        """Nothing."""
