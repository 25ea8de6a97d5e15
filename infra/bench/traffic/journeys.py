"""What people do, step after step: a release from its draft to its download, an application to its decision.

Each step is asked for once the one before was acknowledged. What was acknowledged is counted, for the reckoning.
"""

import heapq
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from infra.bench.traffic.asking import Answer, Ask
from infra.bench.traffic.requests import application, question
from infra.bench.traffic.town import Somebody, Town

AGAIN_SECONDS = 1.0  # a checker looks again for a release that is not sealed yet
APPLICATIONS = 0.1  # of all journeys; the others are releases
REASON = {"reason": "nothing stands out"}
APPROVE = {"verdict": "APPROVE", **REASON}
Step = Callable[[], Ask]


@dataclass
class Journeys:
    """Everything that is under way; `next` is the step that has waited longest, or the first one of a new journey."""

    town: Town
    rng: random.Random
    seen_by: dict[str, list[str]] = field(default_factory=dict)  # releases by project, for its members
    submitted: list[str] = field(default_factory=list)  # and those that checkers know of
    acknowledged: Counter[str] = field(default_factory=Counter)
    draining: bool = False
    _ready: list[tuple[float, int, Step]] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))
    _under_way: int = 0

    def next(self) -> Ask | None:
        """One command, or one look at what it waits for; None when all that was begun has ended, and none may begin."""
        if self._ready and self._ready[0][0] <= time.monotonic():
            return heapq.heappop(self._ready)[2]()
        if self.draining:
            return None
        return self._apply() if self.rng.random() < APPLICATIONS else self._ask()

    @property
    def ended(self) -> bool:
        """True when nothing that was begun is under way."""
        return self._under_way == 0

    def _then(self, step: Step, seconds: float = 0.0) -> None:
        heapq.heappush(self._ready, (time.monotonic() + seconds, next(self._numbers), step))

    def _command(
        self, who: Somebody, path: str, given: Any, then: Callable[[dict[str, Any]], None] | None = None
    ) -> Ask:
        """A command through the API; `then` is told what came of it. Without `then` the journey ends with it."""
        command = path.rsplit("/", 1)[-1]

        def told(answer: Answer) -> None:
            if answer.status == 200:
                self.acknowledged[command] += 1
                if then is not None:
                    then(json.loads(answer.body))
                    return
            self._under_way -= 1

        body = json.dumps(given or {}).encode()
        return Ask(f"command {command}", f"/api/v1{path}", bearer(who), body, told)

    def _ask(self) -> Ask:
        """A new release request in any project by any of its members."""
        self._under_way += 1
        project_id = self.rng.choice(list(self.town.projects))
        author = self.rng.choice(self.town.projects[project_id])
        given = {"request": question(next(self._numbers))}

        def drafted(made: dict[str, Any]) -> None:
            self.seen_by.setdefault(project_id, []).append(made["created_id"])
            self._then(lambda: self._submit(author, made["created_id"]))

        return self._command(author, f"/projects/{project_id}/draft-release", given, drafted)

    def _submit(self, author: Somebody, release_id: str) -> Ask:
        """The draft goes its way; two checkers take it on."""
        release = f"/releases/{release_id}"
        first, second = self.rng.sample(self.town.checkers, 2)

        def submitted(_: dict[str, Any]) -> None:
            self.submitted.append(release_id)
            self._then(lambda: self._command(first, f"{release}/clear-plan", REASON, cleared))

        def cleared(_: dict[str, Any]) -> None:
            self._then(lambda: self._look(author, release, first, second), AGAIN_SECONDS / 2)

        return self._command(author, f"{release}/submit-release", None, submitted)

    def _look(self, author: Somebody, release: str, first: Somebody, second: Somebody) -> Ask:
        """Whether it is sealed; then both reviews and the download."""

        def looked(answer: Answer) -> None:
            if answer.status != 200:
                self._under_way -= 1
            elif json.loads(answer.body)["state"] == "SEALED":
                self._then(lambda: self._command(first, f"{release}/review-release", APPROVE, reviewed))
            else:
                self._then(lambda: self._look(author, release, first, second), AGAIN_SECONDS)

        def reviewed(_: dict[str, Any]) -> None:
            self._then(lambda: self._command(second, f"{release}/review-release", APPROVE, released))

        def released(_: dict[str, Any]) -> None:
            self._then(lambda: Ask("download", f"/api/v1{release}/package", bearer(author), None, downloaded))

        def downloaded(answer: Answer) -> None:
            self.acknowledged["download"] += answer.status == 200
            self._under_way -= 1

        return Ask("API release", f"/api/v1{release}", bearer(first), None, looked)

    def _apply(self) -> Ask:
        """A new application, its submission, and the votes of three."""
        self._under_way += 1
        lead, *members = self.rng.sample(self.rng.choice(list(self.town.projects.values())), 2)
        voters = [*self.rng.sample(self.town.committee, 2), self.rng.choice(self.town.lay)]
        given = application("One more project", [each.email for each in members], "0.01")

        def vote(left: list[Somebody], project: str) -> Ask:
            more = (lambda _: self._then(lambda: vote(left[1:], project))) if left[1:] else None
            return self._command(left[0], f"{project}/cast-vote", APPROVE, more)

        def drafted(made: dict[str, Any]) -> None:
            project = f"/projects/{made['created_id']}"
            self._then(lambda: self._command(lead, f"{project}/submit-project", None, submitted(project)))

        def submitted(project: str) -> Callable[[dict[str, Any]], None]:
            return lambda _: self._then(lambda: vote(voters, project))

        return self._command(lead, f"/pools/{self.town.at.pool_id()}/draft-project", given, drafted)


def bearer(who: Somebody) -> tuple[tuple[str, str], ...]:
    """The header that says who asks the API."""
    return (("Authorization", f"Bearer {who.token}"),)
