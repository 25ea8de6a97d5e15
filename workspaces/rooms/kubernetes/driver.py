"""Rooms as jobs of a cluster. What is known of a run stands there: a gateway that begins anew finds it."""

import os
import signal
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from workspaces.catalogue.errors import Invalid
from workspaces.rooms import folders
from workspaces.rooms.base import RUN_NAME, Ended, Limits, Promise, RoomPlan, RoomResult, Sitting
from workspaces.rooms.kubernetes import manifests, policy
from workspaces.rooms.kubernetes.api import Api
from workspaces.rooms.kubernetes.cluster import Cluster
from workspaces.rooms.kubernetes.manifests import KEPT_SECONDS, LABEL, NAMED, RUN, Manifest
from workspaces.rooms.promised import refuse_unkept

LOOK_SECONDS = 0.5
STOPPED = "tre-gateway.example/stopped"
SIGNALLED = 128  # exit codes above are a signal's number plus this
# why a container waits that will never begin
HOPELESS = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError"}
    | {"RunContainerError", "ErrImageNeverPull"}
)
OWN_KERNEL = ("no user namespaces inside", "system calls")
# The API always listens: whoever cannot connect to it, in whichever way, was kept from it.
PROBE = """
import os, socket, sys
host, port = os.environ.get("KUBERNETES_SERVICE_HOST", "10.96.0.1"), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
try: socket.create_connection((host, int(port)), timeout=5)
except OSError: sys.exit(0)
sys.exit(1)
"""


class KubernetesRooms:
    """The driver. `probe`: folders below the gateway's for the room that tries whether the network is really closed."""

    def __init__(self, cluster: Cluster, *, probe: Path) -> None:
        self._cluster, self._probe = cluster, probe
        self._api = Api(cluster)
        self._closed: bool | None = None  # what the probe found

    def run(self, plan: RoomPlan) -> RoomResult:
        """See RoomDriver."""
        name = f"once-{uuid4().hex}"
        self.start(name, plan)
        return self.wait(name)

    def start(self, name: str, plan: RoomPlan) -> None:
        """See RoomDriver. Refused where a promise is not found in what the cluster made of the plan."""
        if not RUN_NAME.fullmatch(name):
            raise Invalid("room:name", "A run's name is not 1 to 80 of a-z, 0-9, . and -.", "Use the job's own id.")
        if plan.door is not None:
            raise Invalid("room:door", "On a cluster notebooks are opened by JupyterHub.", "Run scripts as jobs.")
        refuse_unkept(self.promises())
        self._start(name, plan)

    def status(self, name: str) -> Sitting | None:
        """See RoomDriver."""
        job = self._find(name)
        if job is None:
            return None
        return Sitting(result=self._result(job))

    def at_work(self) -> tuple[str, ...]:
        """See RoomDriver."""
        jobs = self._api.list("Job", None, LABEL)
        return tuple(each["metadata"]["annotations"][RUN] for each in jobs if _condition(each) is None)

    def wait(self, name: str) -> RoomResult:
        """See RoomDriver."""
        while (sitting := self.status(name)) is not None:
            if sitting.result is not None:
                return sitting.result
            time.sleep(LOOK_SECONDS)
        raise Invalid("room:unknown", "No run of that name is known.", "Start it.")

    def stop(self, room_key: str) -> bool:
        """See RoomDriver. What the job was stays in the cluster for a while; its pod is gone at once."""
        space = self._cluster.namespace(room_key)
        working = [job for job in self._jobs(space) if _condition(job) is None]
        for job in working:
            name = job["metadata"]["name"]
            self._api.merge("Job", space, name, {"metadata": {"annotations": {STOPPED: "true"}}})
            for pod in self._api.list("Pod", space, f"job-name={name}"):
                self._api.delete("Pod", space, pod["metadata"]["name"])
        return bool(working)

    def destroy(self, room_key: str) -> None:
        """Take a workspace's namespace and volumes away; its folder stays for who destroys that with a certificate."""
        for volume in self._api.list("PersistentVolume", None, f"{LABEL}={room_key}"):
            self._api.delete("PersistentVolume", None, volume["metadata"]["name"])
        self._api.delete("Namespace", None, self._cluster.namespace(room_key))

    def promises(self) -> tuple[Promise, ...]:
        """See RoomDriver. The first time a room tries whether the cluster's network keeps its policies."""
        example = self._probe_plan()
        said = policy.found((*manifests.standing(example, self._cluster), manifests.job("x", example, self._cluster)))
        try:
            own_kernel = self._api.get("RuntimeClass", None, self._cluster.runtime_class) is not None
            if self._closed is None:
                self._closed = self._try_network(example)
        except Invalid as why:
            return tuple(Promise(each.name, False, why.sentence) for each in said)
        refuted = {
            **({} if own_kernel else dict.fromkeys(OWN_KERNEL, f"no runtime class {self._cluster.runtime_class}")),
            **({} if self._closed else {"no network": "a room reached the cluster's API: policies are not kept"}),
        }
        return tuple(Promise(p.name, False, refuted[p.name]) if p.name in refuted else p for p in said)

    def _start(self, name: str, plan: RoomPlan) -> None:
        space, job = self._cluster.namespace(plan.room_key), manifests.job(name, plan, self._cluster)
        standing = manifests.standing(plan, self._cluster)
        refuse_unkept(policy.found((*standing, job)))
        if self._find(name) is not None:
            return
        if any(_condition(each) is None for each in self._jobs(space)):
            raise Invalid("room:busy", "A program is running in this room already.", "Wait for it, or stop it.")
        self._open_to_room(plan)
        answered = [self._api.apply(each) for each in standing]
        self._forget_former(plan)
        job["spec"]["suspend"] = True  # nothing runs before it was looked at as the cluster has it
        made = self._api.create(job)
        try:
            refuse_unkept(policy.found((*answered, made)))
        except Invalid:
            self._api.delete("Job", space, made["metadata"]["name"])
            raise
        self._api.merge("Job", space, made["metadata"]["name"], {"spec": {"suspend": False}})

    def _find(self, name: str) -> Manifest | None:
        """The job of a run, in whichever namespace it is."""
        found = self._api.list("Job", None, f"{NAMED}={manifests.job_name(name)}")
        return found[0] if found else None

    def _jobs(self, space: str) -> list[Manifest]:
        return self._api.list("Job", space, LABEL)

    def _open_to_room(self, plan: RoomPlan) -> None:
        """The room comes to its folder as one of the group; its logs begin anew."""
        with folders.opened(plan.workspace) as workspace:
            with suppress(FileExistsError):
                os.mkdir(folders.LOGS, dir_fd=workspace)
            with folders.opened(plan.workspace / folders.LOGS) as logs:
                for folder in (workspace, logs):
                    os.chown(folder, -1, self._cluster.group)
                    os.chmod(folder, 0o2770)  # noqa: S103 - of the room and its gateway alone
                folders.empty(logs)

    def _forget_former(self, plan: RoomPlan) -> None:
        """Volumes of snapshots that the workspace had before."""
        now = {
            f"{self._cluster.namespace(plan.room_key)}-{manifests.volume_name(plan, n)}" for n in ("data", "workspace")
        }
        for volume in self._api.list("PersistentVolume", None, f"{LABEL}={plan.room_key}"):
            if volume["metadata"]["name"] not in now:
                claim = volume["spec"]["claimRef"]
                self._api.delete("PersistentVolumeClaim", claim["namespace"], claim["name"])
                self._api.delete("PersistentVolume", None, volume["metadata"]["name"])

    def _result(self, job: Manifest) -> RoomResult | None:
        """How a run ended, or None while it has not. A container that can never begin ends its job here."""
        space, name = job["metadata"]["namespace"], job["metadata"]["name"]
        pods = self._api.list("Pod", space, f"job-name={name}")
        states = [each["state"] for pod in pods for each in pod.get("status", {}).get("containerStatuses", ())]
        ended = next((state["terminated"] for state in states if "terminated" in state), None)
        condition = _condition(job)
        if condition is None:
            if any(state.get("waiting", {}).get("reason") in HOPELESS for state in states):
                self.stop(job["metadata"]["labels"][LABEL])
                return RoomResult(exit_code=None, ended=Ended.FAILED_TO_START, seconds=0)
            return None
        return _told(job, condition, ended)

    def _probe_plan(self) -> RoomPlan:
        folder = self._probe.resolve()
        for name in ("snapshot", "workspace/code"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        return RoomPlan(
            room_key="probe",
            snapshot=folder / "snapshot",
            workspace=folder / "workspace",
            environment=Path(next(iter(self._cluster.images))),
            command=("python3", "-I", "-c", PROBE),
            limits=Limits(memory_mib=256, seconds=120, disk_mib=64),
        )

    def _try_network(self, plan: RoomPlan) -> bool:
        """Whether a room under the same policy reaches nothing. One try an hour serves all processes of a gateway."""
        name = f"probe-{int(time.time()) // KEPT_SECONDS}"
        with suppress(Invalid):  # another process began it
            self._start(name, plan)
        result = self.wait(name)
        if result.ended is not Ended.FINISHED:
            raise Invalid("room:probe", "The room that tries the network did not run.", "Look at its namespace.")
        return result.exit_code == 0


def _condition(job: Manifest) -> Manifest | None:
    """Its last condition, once it has ended."""
    told = job.get("status", {}).get("conditions") or ()
    return next((each for each in told if each["type"] in {"Complete", "Failed"} and each["status"] == "True"), None)


def _told(job: Manifest, condition: Manifest, ended: Manifest | None) -> RoomResult:
    seconds = _seconds(ended) if ended else 0.0
    if STOPPED in job["metadata"].get("annotations", {}):
        return RoomResult(exit_code=None, ended=Ended.KILLED, seconds=seconds)
    if condition.get("reason") == "DeadlineExceeded":
        return RoomResult(exit_code=None, ended=Ended.TIMED_OUT, seconds=job["spec"]["activeDeadlineSeconds"])
    if ended is None or ended.get("reason") == "OOMKilled":  # its pod was put out of its node, or out of memory
        return RoomResult(exit_code=None, ended=Ended.KILLED, seconds=seconds)
    code = int(ended["exitCode"])
    by_signal = SIGNALLED < code <= SIGNALLED + signal.NSIG
    return RoomResult(exit_code=code, ended=Ended.KILLED if by_signal else Ended.FINISHED, seconds=seconds)


def _seconds(ended: Manifest) -> float:
    began, over = (datetime.fromisoformat(ended[name]) for name in ("startedAt", "finishedAt"))
    return (over - began).total_seconds()
