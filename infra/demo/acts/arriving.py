"""Everybody signs in; the answer of the national service comes into force."""

from infra.demo.journey import Journey, Json, state_of
from infra.demo.personas import CAST
from infra.demo.visitor import NotAsExpected, Visitor


def sign_in(journey: Journey) -> None:
    """Everybody, by OpenID Connect; each makes a token for the API."""
    for sub, cast in CAST.items():
        visitor = journey.people[sub] = Visitor(cast.who, journey.url)
        journey.diary.did("signs in and makes a token", sub, visitor.arrive, str)
    journey.pool = journey.as_("lead").get("/pools")[0]["id"]


def opt_outs(journey: Journey) -> None:
    """The answer of the national service comes into force by an IG officer's act."""
    diary, officer = journey.diary, journey.as_("ig-officer")
    diary.refused(
        "looks at another's tokens",
        "lead",
        "subject:unknown",
        lambda: journey.as_("lead").get(f"/people/{officer.id}"),
    )
    waiting = _received(officer)
    if waiting is None:
        diary.did("exchanges with the national service", "operator", journey.exchange)
        waiting = _received(officer)
    if waiting is None:
        raise NotAsExpected("there is no answer of the national service")
    path = f"/opt-out-lists/{waiting['id']}/activate-opt-outs"
    diary.refused("activates the list", "lead", "subject:unknown", lambda: journey.as_("lead").post(path))
    diary.did("activates the opt-out list", "ig-officer", lambda: officer.post(path), state_of)


def _received(officer: Visitor) -> Json | None:
    lists: list[Json] = officer.get("/opt-out-lists")
    return next((row for row in lists if row["state"] == "RECEIVED"), None)
