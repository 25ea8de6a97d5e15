"""A stand-in for a cluster's API, its controllers and one node: as strict as what it stands for where rooms rely on it.

Bodies are held to the recorded official schemas (unknown fields are refused), names and immutable fields to the API's
rules, pods to the restricted standard and to the quota of their namespace. Jobs really run, in bubblewrap, with the
volumes and mounts that their pod names.
"""

import json
import re
import subprocess
import threading
import time
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema_rs import Draft202012Validator

from infra.rooms.schemas import RECORDED
from tests.factories import pod_standards

LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
IMMUTABLE = {"PersistentVolume", "PersistentVolumeClaim"}
Object = dict[str, Any]
Key = tuple[str, str, str]  # kind, namespace, name


class Refused(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


@cache
def validator(kind: str) -> Draft202012Validator:
    said = json.loads(RECORDED.read_text())
    return Draft202012Validator({"$ref": f"#/$defs/{said['kinds'][kind]}", "$defs": said["$defs"]})


def checked(said: Object) -> Object:
    """As the API takes it, or Refused."""
    about = said["metadata"]
    if not NAME.fullmatch(about["name"]) or len(about["name"]) > (63 if said["kind"] != "PersistentVolume" else 253):
        raise Refused(422, "Invalid")
    if any(len(value) > 63 or not LABEL_VALUE.fullmatch(value) for value in about.get("labels", {}).values()):
        raise Refused(422, "Invalid")
    if not validator(said["kind"]).is_valid(said):
        raise Refused(422, "Invalid")
    return said


class Cluster:
    """What stands in it, and what it does by itself."""

    def __init__(self, images: dict[str, Path], *, keeps_policies: bool = True) -> None:
        self.images, self.keeps_policies = images, keeps_policies
        self.objects: dict[Key, Object] = {("RuntimeClass", "", "gvisor"): {"kind": "RuntimeClass"}}
        self.mutate: Callable[[Object], object] = lambda _: None  # an admission webhook
        self.port = 0
        self.root = Path()  # where the node has mounted the file server's export
        self.export = "/"
        self._lock = threading.RLock()
        self._running: dict[Key, subprocess.Popen[bytes]] = {}

    # what the API does

    def put(self, said: Object, *, apply: bool) -> tuple[int, Object]:
        with self._lock:
            key = self._key(checked(said))
            if key[1] and ("Namespace", "", key[1]) not in self.objects:
                raise Refused(404, "NotFound")
            before = self.objects.get(key)
            if before and not apply:
                raise Refused(409, "AlreadyExists")
            if before and key[0] in IMMUTABLE and before["spec"] != said["spec"]:
                raise Refused(422, "Invalid")
            made = deepcopy(said)
            self.mutate(made)
            self.objects[key] = made
            if key[0] == "Job":
                self._begin(key)
            return 200 if before else 201, made

    def merge(self, key: Key, said: Object) -> Object:
        with self._lock:
            found = self._need(key)
            _merge(found, said)
            checked({name: part for name, part in found.items() if name != "status"})
            if key[0] == "Job":
                self._begin(key)
            return found

    def delete(self, key: Key) -> Object:
        with self._lock:
            gone = self._need(key)
            below = [each for each in self.objects if each[1] == key[2]] if key[0] == "Namespace" else []
            for each in (key, *below):
                self.objects.pop(each, None)
                if each in self._running:
                    self._running[each].kill()
            return gone

    def listed(self, kind: str, namespace: str, selector: str) -> list[Object]:
        with self._lock:
            name, _, value = selector.partition("=")
            return [
                each
                for key, each in self.objects.items()
                if key[0] == kind and (not namespace or key[1] == namespace)
                if name in each["metadata"]["labels"] and value in {"", each["metadata"]["labels"][name]}
            ]

    def get(self, key: Key) -> Object:
        with self._lock:
            return self._need(key)

    def _need(self, key: Key) -> Object:
        if key not in self.objects:
            raise Refused(404, "NotFound")
        return self.objects[key]

    @staticmethod
    def _key(said: Object) -> Key:
        return said["kind"], said["metadata"].get("namespace", ""), said["metadata"]["name"]

    # what its controllers and its node do

    def _begin(self, key: Key) -> None:
        job = self.objects[key]
        pod_key = ("Pod", key[1], f"{key[2]}-abcde")
        if job["spec"].get("suspend") or pod_key in self.objects or "status" in job:
            return
        template = job["spec"]["template"]
        labels = {**template["metadata"]["labels"], "job-name": key[2]}
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": pod_key[2], "namespace": key[1], "labels": labels},
            "spec": template["spec"],
        }
        checked(pod)
        if pod_standards.refuses(pod["spec"], self.objects[("Namespace", "", key[1])]) or self._over_quota(key[1], pod):
            return  # the job's controller tries again and again; no pod comes to be
        self.objects[pod_key] = pod
        if template["spec"]["containers"][0]["image"] not in self.images:
            pod["status"] = {"containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff"}}}]}
            return
        pod["status"] = {"containerStatuses": [{"state": {"running": {}}}]}
        threading.Thread(target=self._run, args=(key, pod_key, deepcopy(pod["spec"])), daemon=True).start()

    def _over_quota(self, namespace: str, pod: Object) -> bool:
        hard = {name: value for quota in self._quotas(namespace) for name, value in quota.items()}
        there = [p for k, p in self.objects.items() if k[:2] == ("Pod", namespace)]
        working = [p for p in there if "terminated" not in p["status"]["containerStatuses"][0]["state"]]
        bounds = pod["spec"]["containers"][0]["resources"]
        asked = {f"{kind}.{name}": v for kind, each in bounds.items() for name, v in each.items()}
        named = [name for name in hard if name.partition(".")[0] in {"limits", "requests"}]
        return (
            len(working) >= int(hard.get("pods", "999"))
            or any(name not in asked for name in named)
            or any(int(asked[name][:-2]) > int(hard[name][:-2]) for name in named)
        )

    def _quotas(self, namespace: str) -> list[Object]:
        return [q["spec"]["hard"] for k, q in self.objects.items() if k[:2] == ("ResourceQuota", namespace)]

    def _run(self, job: Key, pod: Key, spec: Object) -> None:
        began = datetime.now(UTC)
        process = subprocess.Popen(
            self._sandbox(spec, job[1]), env=self._variables(spec), stdin=subprocess.DEVNULL, start_new_session=True
        )
        reason = None
        with self._lock:
            self._running[pod] = process
            deadline = self.objects[job]["spec"]["activeDeadlineSeconds"]
        try:
            code = process.wait(deadline)
        except subprocess.TimeoutExpired:
            process.kill()
            code, reason = process.wait(), "DeadlineExceeded"
        with self._lock:
            self._ended(job, pod, code if code >= 0 else 128 - code, reason, began)

    def _ended(self, job: Key, pod: Key, code: int, reason: str | None, began: datetime) -> None:
        times = {"startedAt": f"{began:%FT%TZ}", "finishedAt": f"{datetime.now(UTC):%FT%TZ}"}
        if reason and pod in self.objects:  # a pod that is over its time is removed
            del self.objects[pod]
        if pod in self.objects:
            ended = {"exitCode": code, "reason": "Error" if code else "Completed", **times}
            self.objects[pod]["status"] = {"containerStatuses": [{"state": {"terminated": ended}}]}
        if job in self.objects:
            failed = bool(code or reason or pod not in self.objects)
            condition = {"type": "Failed" if failed else "Complete", "status": "True"}
            condition["reason"] = reason or ("BackoffLimitExceeded" if failed else "CompletionsReached")
            self.objects[job]["status"] = {"conditions": [condition]}

    def _variables(self, spec: Object) -> dict[str, str]:
        said = {each["name"]: each["value"] for each in spec["containers"][0]["env"]}
        return {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(self.port), **said}

    def _sandbox(self, spec: Object, namespace: str) -> list[str]:
        container = spec["containers"][0]
        closed = self.keeps_policies and ("NetworkPolicy", namespace, "nothing") in self.objects
        words = ["/usr/bin/bwrap", "--unshare-all", *(() if closed else ("--share-net",)), "--die-with-parent"]
        words += ["--ro-bind", "/usr", "/usr"]
        words += [word for name in ("bin", "lib", "lib64") for word in ("--symlink", f"usr/{name}", f"/{name}")]
        words += ["--proc", "/proc", "--dev", "/dev", "--ro-bind", str(self.images[container["image"]]), "/environment"]
        volumes = {each["name"]: each for each in spec["volumes"]}
        for mount in container["volumeMounts"]:
            volume = volumes[mount["name"]]
            if "emptyDir" in volume:
                words += ["--tmpfs", mount["mountPath"]]
                continue
            claim = volume["persistentVolumeClaim"]
            bound = self.objects[("PersistentVolumeClaim", namespace, claim["claimName"])]["spec"]["volumeName"]
            nfs = self.objects[("PersistentVolume", "", bound)]["spec"]["nfs"]
            folder = self.root / Path(nfs["path"]).relative_to(self.export) / mount.get("subPath", "")
            folder.mkdir(exist_ok=True)
            only = nfs.get("readOnly") or claim.get("readOnly") or mount.get("readOnly")
            words += ["--ro-bind" if only else "--bind", str(folder), mount["mountPath"]]
        return [*words, "--chdir", container["workingDir"], "--", *container["command"]]

    def close(self) -> None:
        with self._lock:
            for process in self._running.values():
                process.kill()
        ends = time.monotonic() + 10
        while any(process.poll() is None for process in self._running.values()) and time.monotonic() < ends:
            time.sleep(0.02)


def _merge(into: Object, said: Object) -> None:
    for name, value in said.items():
        if isinstance(value, dict):
            _merge(into.setdefault(name, {}), value)
        else:
            into[name] = value
