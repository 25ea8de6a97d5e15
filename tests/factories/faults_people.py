"""Everybody at work over HTTP while processes die: sends commands, tries again, remembers what was acknowledged."""

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import requests
from sqlalchemy.exc import SQLAlchemyError

from gateway.models import Job, Project, Release, Review, Snapshot, Transfer, Workspace
from gateway.vocabulary import JobState, ProjectState, ReleaseState, SnapshotState, TransferState
from tests.factories.faults_house import Processes, Town

SCRIPT = "import time\ntime.sleep(10)\n"
OPEN = {
    ReleaseState.SUBMITTED,
    ReleaseState.SEALED,
    ReleaseState.IN_REVIEW,
    ReleaseState.CONSOLIDATING,
    ReleaseState.ADJUDICATING,
}
ENDED = {ReleaseState.RELEASED, ReleaseState.FAILED, ReleaseState.WITHDRAWN, ReleaseState.REFUSED}
BUSY_SNAPSHOT = {SnapshotState.REQUESTED, SnapshotState.BUILDING, SnapshotState.BUILT}
MOST_OPEN, MOST_JOBS = 6, 6
VIEW = {
    "form": {
        "columns": [
            {"name": "sex", "person": "sex"},
            {
                "name": "hypertension",
                "exists": {
                    "table": "condition_occurrence",
                    "where": [{"column": "condition_concept_id", "in_code_list": "hypertension/1"}],
                },
            },
        ]
    }
}


def question(number: int) -> dict[str, Any]:
    """A request that was not made before."""
    return {
        "title": f"Question {number}",
        "view": VIEW,
        "statistics": [{"name": "hypertension", "kind": "proportion", "of": "hypertension", "by": ["sex"]}],
        "epsilon": f"0.{10_000 + number:06d}",
    }


@dataclass
class World:
    """What there is to be done just now."""

    project: Project
    releases: list[Release]
    snapshots: list[Snapshot]
    reviews: set[tuple[str, str]]
    room: Workspace | None
    transfers: list[Transfer]
    jobs: list[Job]


@dataclass
class Crowd:
    """Three threads that do whatever can be done next, over HTTP."""

    town: Town
    processes: Processes
    seed: int
    acknowledged: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    created: list[str] = field(default_factory=list)
    packages: dict[str, set[str]] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    aimed: Counter[str] = field(default_factory=Counter)
    draining: bool = False
    wish: Any = None  # the state that the next kill waits for
    wrong: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _asked: int = 0

    def begin(self) -> None:
        for number in range(3):
            thread = threading.Thread(target=self._live, args=(random.Random(self.seed * 10 + number),))  # noqa: S311
            self._threads.append(thread)
            thread.start()

    def end(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _live(self, rng: random.Random) -> None:
        while not self._stop.is_set():
            try:
                self.act(rng)
            except SQLAlchemyError:
                self._stop.wait(0.1)
            self._stop.wait(rng.uniform(0.02, 0.15))

    def see(self) -> World:
        """Everything, straight from the database."""
        with self.town.at.gateway.unit.reading() as work:
            return World(
                work.need(Project, self.town.project_id),
                list(work.all(Release)),
                list(work.all(Snapshot)),
                {(row.release_id, row.person_id) for row in work.all(Review, Review.stage == "ARTEFACT")},
                work.find(Workspace),
                list(work.all(Transfer)),
                list(work.all(Job)),
            )

    def act(self, rng: random.Random) -> None:
        """One thing that can be done now."""
        world = self.see()
        if world.project.state is ProjectState.SUSPENDED:
            self.post("ig-officer", "projects", world.project.id, "RESUME_PROJECT", {"reason": "looked at"})
        elif world.project.draws_frozen:
            self.post("ig-officer", "projects", world.project.id, "SUSPEND_PROJECT", {"reason": "a draw failed"})
        elif rng.random() < (0.8 if self.wish is SnapshotState.BUILDING else 0.2):
            self._snapshots(world, rng)
        elif rng.random() < (0.8 if self.wish is JobState.RUNNING else 0.1) and not self.draining:
            self._room(world)
        else:
            self._releases(world, rng)

    def _snapshots(self, world: World, rng: random.Random) -> None:
        busy = [row for row in world.snapshots if row.state in BUSY_SNAPSHOT]
        built = next((row for row in busy if row.state is SnapshotState.BUILT), None)
        if built is not None:
            retire = self.draining or rng.random() < 0.5
            command, given = ("RETIRE_SNAPSHOT", {"reason": "not needed"}) if retire else ("CLEAR_SNAPSHOT", None)
            self.post("ig-officer", "snapshots", built.id, command, given)
        elif not busy and not self.draining:
            self.post("lead", "projects", world.project.id, "REQUEST_SNAPSHOT")

    def _room(self, world: World) -> None:
        if world.room is None:
            self.post("researcher", "projects", world.project.id, "OPEN_WORKSPACE")
        elif not world.transfers:
            given = {"name": f"{self.processes.mark}.py", "text": SCRIPT}
            self.post("researcher", "workspaces", world.room.id, "BRING_IN", given)
        elif world.transfers[0].state is TransferState.ADMITTED and self._may_run(world.jobs):
            self.post("researcher", "transfers", world.transfers[0].id, "RUN_JOB")

    def _may_run(self, jobs: list[Job]) -> bool:
        return len(jobs) < MOST_JOBS and all(job.state is JobState.ENDED for job in jobs)

    def _releases(self, world: World, rng: random.Random) -> None:
        in_work = [row for row in world.releases if row.state in OPEN]
        drafts = [row for row in world.releases if row.state is ReleaseState.DRAFT]
        if not self.draining and len(in_work) + len(drafts) < MOST_OPEN and rng.random() < 0.5:
            with self._lock:
                self._asked += 1
                number = self._asked
            self.post("researcher", "projects", world.project.id, "DRAFT_RELEASE", {"request": question(number)})
        elif drafts and not self.draining and rng.random() < 0.5:
            self.post("researcher", "releases", rng.choice(drafts).id, "SUBMIT_RELEASE")
        elif in_work:
            self._review(rng.choice(in_work), world.reviews, rng)
        else:
            released = [row for row in world.releases if row.state is ReleaseState.RELEASED]
            if released:
                self._download(rng.choice(released))

    def _review(self, release: Release, reviews: set[tuple[str, str]], rng: random.Random) -> None:
        if release.state is ReleaseState.SUBMITTED:
            chance = rng.random()
            if chance < 0.1:
                self.post("researcher", "releases", release.id, "WITHDRAW_RELEASE")
            else:
                command = "RETURN_PLAN" if chance < 0.2 and not self.draining else "CLEAR_PLAN"
                self.post("checker-1", "releases", release.id, command, {"reason": "looked at"})
            return
        given = {"verdict": "APPROVE", "reason": "nothing stands out"}
        if release.state is ReleaseState.ADJUDICATING:
            self.post("checker-3", "releases", release.id, "ADJUDICATE_RELEASE", given)
            return
        if release.state is ReleaseState.CONSOLIDATING:  # half of them come to agree; a third has work with the others
            second = "REFUSE" if rng.random() < 0.5 else "APPROVE"
            for sub, verdict in (("checker-1", "APPROVE"), ("checker-2", second)):
                self.post(sub, "releases", release.id, "CONFIRM_REVIEW", {**given, "verdict": verdict})
            return
        waiting = [sub for sub in ("checker-1", "checker-2") if (release.id, self.town.people[sub]) not in reviews]
        if waiting:
            if rng.random() < 0.1:
                given["verdict"] = "REFUSE"
            self._get(waiting[0], release.id, "artefact")
            self.post(waiting[0], "releases", release.id, "REVIEW_RELEASE", given)

    def _download(self, release: Release) -> None:
        content = self._get("researcher", release.id, "package")
        if content is not None:
            with self._lock:
                self.packages.setdefault(release.id, set()).add(sha256(content).hexdigest())

    def _get(self, sub: str, release_id: str, what: str) -> bytes | None:
        answer = self._ask("GET", sub, f"/releases/{release_id}/{what}", None)
        command = "VIEW_ARTEFACT" if what == "artefact" else "DOWNLOAD_OUTPUT"
        if answer is None or answer.status_code != 200:
            return None
        self._note(sub, command, release_id)
        return answer.content

    def post(self, sub: str, plural: str, subject_id: str, command: str, given: Any = None) -> None:
        """One command, sent until it is answered; what is acknowledged must never be lost."""
        address = f"/{plural}/{subject_id}/{command.lower().replace('_', '-')}"
        answer = self._ask("POST", sub, address, given or {})
        if answer is not None and answer.status_code == 200:
            self._note(sub, command, subject_id, answer.json()["created_id"])

    def _note(self, sub: str, command: str, subject_id: str, created: str = "") -> None:
        with self._lock:
            self.acknowledged[(self.town.people[sub], command, subject_id)] += 1
            if created:
                self.created.append(created)

    def _ask(self, method: str, sub: str, address: str, given: Any) -> requests.Response | None:
        headers = {"Authorization": f"Bearer {self.town.tokens[sub]}", "Connection": "close"}
        url = f"{self.processes.url}/api/v1{address}"
        while not self._stop.is_set():
            try:
                answer = requests.request(method, url, json=given, headers=headers, timeout=20)
            except requests.RequestException:
                self._count("no answer")
                time.sleep(0.05)
                continue
            self._count(self._said(answer, address))
            if answer.status_code < 500:
                return answer
            time.sleep(0.05)
        return None

    def _said(self, answer: requests.Response, address: str) -> str:
        if answer.status_code == 200 or answer.status_code >= 500:
            return str(answer.status_code)
        return f"{answer.status_code} {address.rsplit('/', 1)[-1]} {answer.json()['code']}"

    def _count(self, what: str) -> None:
        with self._lock:
            self.answers[what] += 1
