"""Two checkers review blind to each other; members download; the register names what was released."""

import json
from pathlib import Path

from infra.demo.acts.releasing import REQUESTS
from infra.demo.journey import Journey, Json, state_of, wait
from infra.demo.personas import CAST
from infra.demo.visitor import Visitor

CHECKERS = ("checker-1", "checker-2")
APPROVAL = {"verdict": "APPROVE", "reason": "The intervals are wide enough; nothing points at a person."}


def review(journey: Journey) -> None:
    """Two checkers, blind to each other; the author is none of them."""
    for release in journey.releases.values():
        _review(journey, f"/releases/{release}")


def _review(journey: Journey, path: str) -> None:
    diary, researcher = journey.diary, journey.as_("researcher")
    diary.refused(
        "reviews the own output",
        "researcher",
        "command:not_your_role",
        lambda: researcher.post(f"{path}/review-release", APPROVAL),
    )
    diary.refused(
        "downloads before review", "researcher", "command:wrong_state", lambda: researcher.get_bytes(f"{path}/package")
    )
    for sub in CHECKERS:
        _review_by(journey, sub, path)
    diary.did("is released", "system", lambda: wait(researcher, path, "RELEASED"), state_of)


def _review_by(journey: Journey, sub: str, path: str) -> None:
    diary, checker = journey.diary, journey.as_(sub)
    diary.did("reads the sealed artefact", sub, lambda: json.loads(checker.get_bytes(f"{path}/artefact")), _cells)
    diary.proved("sees no other review", sub, lambda: _blind(checker.get(path)))
    diary.did("reviews", sub, lambda: checker.post(f"{path}/review-release", APPROVAL), state_of)
    if sub == CHECKERS[0]:
        diary.refused(
            "reviews twice",
            sub,
            "review:already_given",
            lambda: checker.post(f"{path}/review-release", APPROVAL),
        )


def _blind(view: Json) -> tuple[bool, str]:
    seen = [each for each in view["reviews"] if each["stage"] != "PLAN"]
    return not seen, f"{len(seen)} seen"


def download(journey: Journey) -> None:
    """Members download; others do not; the same request again costs nothing and draws nothing."""
    diary, lead = journey.diary, journey.as_("lead")
    for name, release in journey.releases.items():
        journey.packages[name] = _download(journey, release)
    first = next(iter(journey.releases.values()))
    diary.refused(
        "downloads another's package",
        "committee-1",
        "subject:unknown",
        lambda: journey.as_("committee-1").get_bytes(f"/releases/{first}/package"),
    )
    again = lead.post(journey.verb("draft-release"), {"request": REQUESTS["form"]})
    diary.proved(
        "asks the same again", "lead", lambda: (again["created_id"] == first, "led to the one release, at no cost")
    )
    diary.proved("reads the register", "anybody", lambda: _named(journey))


def _download(journey: Journey, release: str) -> Path:
    path, researcher = journey.out / f"{release}.zip", journey.as_("researcher")
    journey.diary.did(
        "downloads the package",
        "researcher",
        lambda: path.write_bytes(researcher.get_bytes(f"/releases/{release}/package")),
        lambda size: f"{size} bytes",
    )
    return path


def _named(journey: Journey) -> tuple[bool, str]:
    anybody = Visitor(CAST["auditor"].who, journey.url)
    entry = next(row for row in anybody.get("/register") if row["id"] == journey.register_entry)
    named = {release["id"] for release in entry["releases"]}
    return named == set(journey.releases.values()), f"{len(named)} releases named"


def _cells(artefact: Json) -> str:
    return f"{len(artefact['cells'])} cells"
