"""Releases of every statistic of people are priced, cleared and drawn."""

from collections.abc import Callable

from infra.demo import requests as asked
from infra.demo.journey import Journey, Json, id_of, state_of, wait

REQUESTS = {"form": asked.BLOOD_PRESSURE, "sql": asked.EMERGENCY, "models": asked.FOLLOW_UP}


def price(journey: Journey) -> None:
    """What a request costs is said before anything is asked; what must not be asked is refused."""
    diary, researcher = journey.diary, journey.as_("researcher")
    path = f"/projects/{journey.project}/price"

    def ask(request: Json) -> Callable[[], Json]:
        return lambda: dict(researcher.post(path, {"request": request}))

    mixing = asked.asking(asked.EMERGENCY, view={"sql": asked.MIXING_SQL})
    outside = asked.asking(asked.EMERGENCY, view={"sql": "SELECT person_id, death_date FROM death"})
    diary.refused("asks for a view that mixes people", "researcher", "view:window", ask(mixing))
    diary.refused("asks for a table outside the grant", "researcher", "view:not_granted", ask(outside))
    for epsilon in ("3", "0", "-1", "NaN"):
        wrong = asked.asking(asked.BLOOD_PRESSURE, epsilon=epsilon)
        diary.refused(f"offers an epsilon of {epsilon}", "researcher", "request:epsilon", ask(wrong))
    for name, request in REQUESTS.items():
        diary.did(f"asks the price of the release by {name}", "researcher", ask(request), _cost)


def submit(journey: Journey) -> None:
    """Requests are drafted and submitted, one checker clears their plans, and they are drawn."""
    for name, request in REQUESTS.items():
        journey.releases[name] = _submit(journey, name, request)
    for name, release in journey.releases.items():
        _await_draw(journey, name, release)


def _submit(journey: Journey, name: str, request: Json) -> str:
    diary, researcher, checker = journey.diary, journey.as_("researcher"), journey.as_("checker-1")
    draft = journey.verb("draft-release")
    made = diary.did(
        f"drafts a release by {name}", "researcher", lambda: researcher.post(draft, {"request": request}), id_of
    )
    path = f"/releases/{made['created_id']}"
    because = {"reason": "Groups are large and no literal could point at a person."}
    diary.did("submits it", "researcher", lambda: researcher.post(f"{path}/submit-release"), state_of)
    diary.refused(
        "clears the own plan",
        "researcher",
        "command:not_your_role",
        lambda: researcher.post(f"{path}/clear-plan", because),
    )
    diary.did("clears the plan", "checker-1", lambda: checker.post(f"{path}/clear-plan", because), state_of)
    return str(made["created_id"])


def _await_draw(journey: Journey, name: str, release: str) -> None:
    researcher = journey.as_("researcher")
    journey.diary.did(
        f"draws the release by {name} once, at its deadline",
        "system",
        lambda: wait(researcher, f"/releases/{release}", "SEALED"),
        state_of,
    )


def _cost(answer: Json) -> str:
    return f"epsilon {answer['epsilon_this_release_alone']:.3f} for this release alone, {answer['micro_rho']} micro-rho"
