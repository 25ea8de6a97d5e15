"""One journey through the whole gateway, person by person, over HTTP; every wrong attempt on the way must be refused.

The national list is activated; the lead applies; the committee votes; a snapshot is built without those who said
no; scripts run in the workspace; two releases are priced, cleared, drawn, reviewed and downloaded; the log is verified.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from infra.demo import requests as asked
from infra.demo import scripts
from infra.demo.diary import Diary
from infra.demo.personas import CAST
from infra.demo.visitor import NotAsExpected, Visitor

WAIT_SECONDS = 180
CHANGED = 10  # the row of the log that somebody changes, to see it found
COMMITTEE = ("committee-1", "committee-2", "committee-lay")
CHECKERS = ("checker-1", "checker-2")
REQUESTS = {"form": asked.BLOOD_PRESSURE, "sql": asked.EMERGENCY}
APPROVAL = {"verdict": "APPROVE", "reason": "The intervals are wide enough; nothing points at a person."}
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


def play(journey: Journey) -> None:
    """All of it, in order. Raises WrongOutcome at the first step that does not come out as it has to."""
    for act in (sign_in, opt_outs, application, decision, snapshot, workspace, price, submit, review, download, audit):
        act(journey)


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
    diary.did("activates the opt-out list", "ig-officer", lambda: officer.post(path), _state)


def _received(officer: Visitor) -> Json | None:
    lists: list[Json] = officer.get("/opt-out-lists")
    return next((row for row in lists if row["state"] == "RECEIVED"), None)


def application(journey: Journey) -> None:
    """Drafted and submitted by the lead; what cannot be asked for is refused."""
    diary, lead = journey.diary, journey.as_("lead")
    path, wanted = f"/pools/{journey.pool}/draft-project", applied()
    diary.refused(
        "asks for an epsilon of 0", "lead", "input:invalid", lambda: lead.post(path, wanted | {"epsilon": "0"})
    )
    diary.refused(
        "asks for an epsilon that is no number",
        "lead",
        "input:invalid",
        lambda: lead.post(path, wanted | {"epsilon": "NaN"}),
    )
    unknown = {**wanted, "data": [{"table": "person", "columns": ["nhs_number"], "reason": "To look."}]}
    diary.refused("asks for NHS numbers", "lead", "application:unknown_column", lambda: lead.post(path, unknown))
    diary.refused(
        "applies without a seat",
        "checker-1",
        "command:not_your_role",
        lambda: journey.as_("checker-1").post(path, wanted),
    )
    drafted = diary.did("drafts an application", "lead", lambda: lead.post(path, wanted), _created)
    journey.project = drafted["created_id"]
    diary.did("submits it", "lead", lambda: lead.post(_project(journey, "submit-project")), _state)
    diary.refused(
        "wants a snapshot before approval",
        "lead",
        "command:wrong_state",
        lambda: lead.post(_project(journey, "request-snapshot")),
    )


def applied() -> Json:
    """The application: five safes, tables and columns with a reason each, a budget, an end."""
    return {
        "title": "Blood pressure and emergency care in London",
        "lay_summary": "High blood pressure is common and often untreated. We want to see where, and for whom.",
        "public_benefit": "Clinics can be placed where blood pressure is least controlled.",
        "safe_people": "Both researchers hold current accreditation and have signed the access agreement.",
        "safe_project": "The analysis was reviewed by our ethics committee and by a patients' panel.",
        "safe_settings": "All work is done by jobs in the gateway's rooms; nobody sees a record.",
        "safe_outputs": "Only differentially private tables leave, each checked by two people.",
        "organisation": "London Heart Institute",
        "data": [
            {
                "table": "person",
                "columns": ["age_band", "sex", "ethnic_group", "stp", "imd_decile"],
                "reason": "To compare groups of people.",
            },
            {
                "table": "condition_occurrence",
                "columns": ["condition_concept_id", "condition_start_date"],
                "reason": "To find hypertension and diabetes.",
            },
            {
                "table": "measurement",
                "columns": ["measurement_concept_id", "measurement_date", "value_as_number"],
                "reason": "To read blood pressure.",
            },
            {
                "table": "visit_occurrence",
                "columns": ["visit_concept_id", "visit_start_date"],
                "reason": "To count emergency visits.",
            },
        ],
        "members": [CAST["researcher"].who.email],
        "epsilon": "2",
        "ends_on": (date.today() + timedelta(days=365)).isoformat(),
    }


def decision(journey: Journey) -> None:
    """Three votes, one of them lay; then the register entry is published."""
    diary, path = journey.diary, _project(journey, "cast-vote")
    vote = {"verdict": "APPROVE", "reason": "The benefit is clear and nothing more is asked for than is needed."}
    diary.refused(
        "votes on the own project", "lead", "command:not_your_role", lambda: journey.as_("lead").post(path, vote)
    )
    for sub in COMMITTEE:
        _vote(journey, sub, path, vote)
    state = str(journey.as_("lead").get(f"/projects/{journey.project}")["state"]).lower()
    diary.proved("is approved by quorum", "system", lambda: (state == "approved", state))
    officer = journey.as_("ig-officer")
    journey.register_entry = officer.get(f"/projects/{journey.project}")["register_entry_id"]
    entry = f"/register-entries/{journey.register_entry}/publish-entry"
    diary.did("publishes the register entry", "ig-officer", lambda: officer.post(entry), _state)


def _vote(journey: Journey, sub: str, path: str, vote: Json) -> None:
    member = journey.as_(sub)
    journey.diary.did("votes", sub, lambda: member.post(path, vote), _state)
    if sub == COMMITTEE[0]:
        journey.diary.refused("votes twice", sub, "vote:already_cast", lambda: member.post(path, vote))


def snapshot(journey: Journey) -> None:
    """Requested by the lead, built without people who said no, cleared by an IG officer."""
    diary, lead, officer = journey.diary, journey.as_("lead"), journey.as_("ig-officer")
    path = _project(journey, "request-snapshot")
    requested = diary.did("requests a snapshot", "lead", lambda: lead.post(path), _created)
    journey.snapshot = requested["created_id"]
    diary.did("builds the snapshot", "system", lambda: wait(officer, f"/snapshots/{journey.snapshot}", "BUILT"), _state)
    diary.refused(
        "opens a workspace before clearance",
        "lead",
        "snapshot:not_cleared",
        lambda: lead.post(_project(journey, "open-workspace")),
    )
    clear = f"/snapshots/{journey.snapshot}/clear-snapshot"
    diary.refused("clears the own snapshot", "lead", "command:not_your_role", lambda: lead.post(clear))
    diary.did("clears the snapshot", "ig-officer", lambda: officer.post(clear), _state)


def workspace(journey: Journey) -> None:
    """A script comes in scanned and runs; another one attacks and gets nowhere."""
    diary, lead, researcher = journey.diary, journey.as_("lead"), journey.as_("researcher")
    opened = diary.did("opens the workspace", "lead", lambda: lead.post(_project(journey, "open-workspace")), _created)
    journey.workspace = opened["created_id"]
    programs = {"analysis.py": scripts.ANALYSIS, "attack.py": scripts.attack(journey.port)}
    for name, text in programs.items():
        _run_script(journey, researcher, name, text)
    diary.refused(
        "runs a script in another's workspace",
        "checker-1",
        "subject:unknown",
        lambda: journey.as_("checker-1").post(f"/workspaces/{journey.workspace}/bring-in", _file("x.py", "pass")),
    )


def _file(name: str, text: str) -> Json:
    return {"name": name, "text": text}


def _run_script(journey: Journey, researcher: Visitor, name: str, text: str) -> None:
    diary, path = journey.diary, f"/workspaces/{journey.workspace}/bring-in"
    sent = diary.did(f"brings in {name}", "researcher", lambda: researcher.post(path, _file(name, text)), _created)
    transfer = f"/transfers/{sent['created_id']}"
    diary.did(f"scans {name}", "system", lambda: wait(researcher, transfer, "ADMITTED"), _state)
    queued = diary.did(f"runs {name}", "researcher", lambda: researcher.post(f"{transfer}/run-job"), _created)
    job = f"/jobs/{queued['created_id']}"
    ended = diary.did(f"finishes {name}", "system", lambda: wait(researcher, job, "ENDED"), _state)
    words = "every attack got nowhere" if name == "attack.py" else "usable"
    usable = ended["usable"] is True
    diary.proved(f"learns how {name} ended", "researcher", lambda: (usable, words if usable else "unusable"))


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
    """Two requests are drafted and submitted, one checker clears their plans, and they are drawn."""
    for name, request in REQUESTS.items():
        journey.releases[name] = _submit(journey, name, request)
    for name, release in journey.releases.items():
        _await_draw(journey, name, release)


def _submit(journey: Journey, name: str, request: Json) -> str:
    diary, researcher, checker = journey.diary, journey.as_("researcher"), journey.as_("checker-1")
    draft = _project(journey, "draft-release")
    made = diary.did(
        f"drafts a release by {name}", "researcher", lambda: researcher.post(draft, {"request": request}), _created
    )
    path = f"/releases/{made['created_id']}"
    because = {"reason": "Groups are large and no literal could point at a person."}
    diary.did("submits it", "researcher", lambda: researcher.post(f"{path}/submit-release"), _state)
    diary.refused(
        "clears the own plan",
        "researcher",
        "command:not_your_role",
        lambda: researcher.post(f"{path}/clear-plan", because),
    )
    diary.did("clears the plan", "checker-1", lambda: checker.post(f"{path}/clear-plan", because), _state)
    return str(made["created_id"])


def _await_draw(journey: Journey, name: str, release: str) -> None:
    researcher = journey.as_("researcher")
    journey.diary.did(
        f"draws the release by {name} once, at its deadline",
        "system",
        lambda: wait(researcher, f"/releases/{release}", "SEALED"),
        _state,
    )


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
    diary.did("is released", "system", lambda: wait(researcher, path, "RELEASED"), _state)


def _review_by(journey: Journey, sub: str, path: str) -> None:
    diary, checker = journey.diary, journey.as_(sub)
    diary.did("reads the sealed artefact", sub, lambda: json.loads(checker.get_bytes(f"{path}/artefact")), _cells)
    diary.proved("sees no other review", sub, lambda: _blind(checker.get(path)))
    diary.did("reviews", sub, lambda: checker.post(f"{path}/review-release", APPROVAL), _state)
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
    again = lead.post(_project(journey, "draft-release"), {"request": REQUESTS["form"]})
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


def audit(journey: Journey) -> None:
    """The auditor exports the log; anybody verifies it; a changed row is named."""
    diary, export = journey.diary, journey.out / "audit.jsonl"
    exported = ["audit", "export", "--out", str(export)]
    diary.did("exports the log", "auditor", lambda: journey.command_line("auditor", exported), str.strip)
    journey.audit = diary.did("verifies the chain", "anybody", lambda: _verified(journey, export), lambda v: v["why"])
    whole = journey.audit["broken_at"] is None
    diary.proved("finds the chain whole", "anybody", lambda: (whole, f"{journey.audit['rows']} rows"))
    diary.proved("finds a changed row", "anybody", lambda: _found_change(journey, export))
    path = f"/pools/{journey.pool}/export-audit"
    diary.refused("exports the log", "operator", "command:not_your_role", lambda: journey.as_("operator").post(path))


def _verified(journey: Journey, export: Path) -> Json:
    return dict(json.loads(journey.command_line("", ["audit", "verify", str(export), "--json"])))


def _found_change(journey: Journey, export: Path) -> tuple[bool, str]:
    rows = export.read_text(encoding="utf-8").splitlines()
    rows[CHANGED - 1] = rows[CHANGED - 1].replace('"actor": "', '"actor": "not ', 1)
    changed = journey.out / "audit-changed.jsonl"
    changed.write_text("\n".join(rows) + "\n", encoding="utf-8")
    try:
        broken_at = _verified(journey, changed)["broken_at"]
    finally:
        changed.unlink()
    return broken_at == CHANGED, f"named row {broken_at}"


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


def _project(journey: Journey, verb: str) -> str:
    return f"/projects/{journey.project}/{verb}"


def _state(answer: Json) -> str:
    return str(answer["state"]).lower().replace("_", " ")


def _created(answer: Json) -> str:
    return str(answer["created_id"])


def _cost(answer: Json) -> str:
    return f"epsilon {answer['epsilon_this_release_alone']:.3f} for this release alone, {answer['micro_rho']} micro-rho"


def _cells(artefact: Json) -> str:
    return f"{len(artefact['cells'])} cells"
