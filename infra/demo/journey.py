"""One journey through the whole gateway: what its people know, and how they wait and speak of what they got."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.demo.diary import Diary
from infra.demo.visitor import NotAsExpected, Visitor

WAIT_SECONDS = 180
Json = dict[str, Any]


@dataclass
class Journey:
    """What the people of the journey know, and what came of it so far."""

    url: str
    port: int
    out: Path
    diary: Diary
    exchange: Callable[[], None]
    command_line: Callable[[str, list[str]], str]
    people: dict[str, Visitor] = field(default_factory=dict)
    pool: str = ""
    project: str = ""
    snapshot: str = ""
    workspace: str = ""
    register_entry: str = ""
    releases: dict[str, str] = field(default_factory=dict)
    packages: dict[str, Path] = field(default_factory=dict)
    audit: Json = field(default_factory=dict)

    def as_(self, sub: str) -> Visitor:
        """The persona of that name, signed in."""
        return self.people[sub]

    def verb(self, name: str) -> str:
        """The address of a command on the project."""
        return f"/projects/{self.project}/{name}"


def wait(visitor: Visitor, path: str, state: str) -> Json:
    """The subject once it is in that state. Raises NotAsExpected when it fails or takes too long."""
    ends = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < ends:
        found: Json = visitor.get(path)
        if found["state"] == state:
            return found
        if found["state"] in ("FAILED", "REFUSED"):
            raise NotAsExpected(f"{found['state'].lower()}: {found.get('failure') or found.get('findings') or ''}")
        time.sleep(0.1)
    raise NotAsExpected(f"not {state.lower()} after {WAIT_SECONDS} seconds")


def state_of(answer: Json) -> str:
    """The state in words."""
    return str(answer["state"]).lower().replace("_", " ")


def id_of(answer: Json) -> str:
    """What was made."""
    return str(answer["created_id"])
