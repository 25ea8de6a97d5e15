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
CHECKERS = ("checker-1", "checker-2")
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
        journey.diary.did("signs in and makes a token", sub, lambda v=visitor: (v.sign_in(), v.make_token())[0], str)  # type: ignore[misc]
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
    for number, sub in enumerate(("committee-1", "committee-2", "committee-lay")):
        member = journey.as_(sub)
        settled = diary.did("votes", sub, lambda m=member: m.post(path, vote), _state)  # type: ignore[misc]
        if number == 0:
            diary.refused("votes twice", sub, "vote:already_cast", lambda m=member: m.post(path, vote))  # type: ignore[misc]
    diary.proved("is approved by quorum", "system", lambda: (settled["state"] == "APPROVED", settled["state"].lower()))
    officer = journey.as_("ig-officer")
    journey.register_entry = officer.get(f"/projects/{journey.project}")["register_entry_id"]
    entry = f"/register-entries/{journey.register_entry}/publish-entry"
    diary.did("publishes the register entry", "ig-officer", lambda: officer.post(entry), _state)


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
    words = "ended usable" if name != "attack.py" else "ended: every attack got nowhere"
    diary.proved(
        f"learns how {name} ended",
        "researcher",
        lambda: (ended["usable"] is True, words if ended["usable"] else "unusable"),
    )


def price(journey: Journey) -> None:
    """What a request costs is said before anything is asked; what must not be asked is refused."""
    diary, researcher = journey.diary, journey.as_("researcher")
    path = f"/projects/{journey.project}/price"

    def ask(request: Json) -> Json:
        return dict(researcher.post(path, {"request": request}))

    mixing = asked.asking(asked.EMERGENCY, view={"sql": asked.MIXING_SQL})
    diary.refused("asks for a view that mixes people", "researcher", "view:window", lambda: ask(mixing))
    for epsilon in ("3", "0", "-1", "NaN"):
        wrong = asked.asking(asked.BLOOD_PRESSURE, epsilon=epsilon)
        diary.refused(f"offers an epsilon of {epsilon}", "researcher", "request:epsilon", lambda w=wrong: ask(w))  # type: ignore[misc]
    outside = asked.asking(asked.EMERGENCY, view={"sql": "SELECT person_id, death_date FROM death"})
    diary.refused("asks for a table outside the grant", "researcher", "view:not_granted", lambda: ask(outside))
    for title, request in (("first", asked.BLOOD_PRESSURE), ("second", asked.EMERGENCY)):
        diary.did(f"asks the price of the {title} release", "researcher", lambda r=request: ask(r), _cost)  # type: ignore[misc]


def submit(journey: Journey) -> None:
    """Two requests are drafted and submitted, one checker clears their plans, and they are drawn."""
    diary, researcher, checker = journey.diary, journey.as_("researcher"), journey.as_("checker-1")
    draft = _project(journey, "draft-release")
    for name, request in (("form", asked.BLOOD_PRESSURE), ("sql", asked.EMERGENCY)):
        made = diary.did(
            f"drafts a release by {name}",
            "researcher",
            lambda r=request: researcher.post(draft, {"request": r}),  # type: ignore[misc]
            _created,
        )
        release = journey.releases[name] = made["created_id"]
        diary.did(
            "submits it", "researcher", lambda r=release: researcher.post(f"/releases/{r}/submit-release"), _state
        )  # type: ignore[misc]
        clear = {"reason": "Groups are large and no literal could point at a person."}
        diary.refused(
            "clears the own plan",
            "researcher",
            "command:not_your_role",
            lambda r=release: researcher.post(f"/releases/{r}/clear-plan", clear),  # type: ignore[misc]
        )
        diary.did(
            "clears the plan", "checker-1", lambda r=release: checker.post(f"/releases/{r}/clear-plan", clear), _state
        )  # type: ignore[misc]
    for release in journey.releases.values():
        diary.did(
            "draws once, at its deadline",
            "system",
            lambda r=release: wait(researcher, f"/releases/{r}", "SEALED"),
            _state,
        )  # type: ignore[misc]


def review(journey: Journey) -> None:
    """Two checkers, blind to each other; the author is none of them."""
    diary, researcher = journey.diary, journey.as_("researcher")
    verdict = {"verdict": "APPROVE", "reason": "The intervals are wide enough; nothing points at a person."}
    for release in journey.releases.values():
        path = f"/releases/{release}"
        diary.refused(
            "reviews the own output",
            "researcher",
            "command:not_your_role",
            lambda p=path: researcher.post(f"{p}/review-release", verdict),
        )  # type: ignore[misc]
        diary.refused(
            "downloads before review",
            "researcher",
            "command:wrong_state",
            lambda p=path: researcher.get_bytes(f"{p}/package"),
        )  # type: ignore[misc]
        for number, sub in enumerate(CHECKERS):
            checker = journey.as_(sub)
            diary.did(
                "reads the sealed artefact",
                sub,
                lambda c=checker, p=path: json.loads(c.get_bytes(f"{p}/artefact")),
                _cells,
            )  # type: ignore[misc]
            diary.proved("sees no other review", sub, lambda c=checker, p=path: _blind(c.get(p)))  # type: ignore[misc]
            diary.did("reviews", sub, lambda c=checker, p=path: c.post(f"{p}/review-release", verdict), _state)  # type: ignore[misc]
            if number == 0:
                diary.refused(
                    "reviews twice",
                    sub,
                    "review:already_given",
                    lambda c=checker, p=path: c.post(f"{p}/review-release", verdict),
                )  # type: ignore[misc]
        diary.did("is released", "system", lambda p=path: wait(researcher, p, "RELEASED"), _state)  # type: ignore[misc]


def _blind(view: Json) -> tuple[bool, str]:
    seen = [each for each in view["reviews"] if each["stage"] != "PLAN"]
    return not seen, f"{len(seen)} seen"


def download(journey: Journey) -> None:
    """Members download; others do not; the same request again costs nothing and draws nothing."""
    diary, researcher = journey.diary, journey.as_("researcher")
    for name, release in journey.releases.items():
        path = journey.packages[name] = journey.out / f"{release}.zip"
        size = diary.did(
            "downloads the package",
            "researcher",
            lambda r=release, p=path: p.write_bytes(researcher.get_bytes(f"/releases/{r}/package")),  # type: ignore[misc]
            lambda size: f"{size} bytes",
        )
        diary.proved("is not empty", "researcher", lambda s=size: (s > 1000, "a whole package"))  # type: ignore[misc]
    first = next(iter(journey.releases.values()))
    diary.refused(
        "downloads another's package",
        "committee-1",
        "subject:unknown",
        lambda: journey.as_("committee-1").get_bytes(f"/releases/{first}/package"),
    )
    again = journey.as_("lead").post(_project(journey, "draft-release"), {"request": asked.BLOOD_PRESSURE})
    diary.proved(
        "asks the same again",
        "lead",
        lambda: (again["created_id"] == first, "led to the release that is there, at no cost"),
    )
    public = Visitor(CAST["auditor"].who, journey.url).get("/register")
    named = [
        release["id"] for entry in public if entry["id"] == journey.register_entry for release in entry["releases"]
    ]
    diary.proved(
        "reads the register",
        "anybody",
        lambda: (sorted(named) == sorted(journey.releases.values()), f"{len(named)} releases named"),
    )


def audit(journey: Journey) -> None:
    """The auditor exports the log; anybody verifies it; a changed row is named."""
    diary, export = journey.diary, journey.out / "audit.jsonl"
    auditor = journey.as_("auditor")
    diary.did(
        "exports the log",
        "auditor",
        lambda: journey.command_line("auditor", ["audit", "export", "--out", str(export)]),
        str.strip,
    )
    told = diary.did(
        "verifies the chain",
        "anybody",
        lambda: journey.command_line("", ["audit", "verify", str(export), "--json"]),
        str.strip,
    )
    journey.audit = json.loads(told)
    diary.proved(
        "finds the chain whole",
        "anybody",
        lambda: (journey.audit["broken_at"] is None, f"{journey.audit['rows']} rows"),
    )
    rows = export.read_text(encoding="utf-8").splitlines()
    rows[9] = rows[9].replace('"actor": "', '"actor": "not ', 1)
    changed = journey.out / "audit-changed.jsonl"
    changed.write_text("\n".join(rows) + "\n", encoding="utf-8")
    said = journey.command_line("", ["audit", "verify", str(changed), "--json"])
    changed.unlink()
    diary.proved(
        "finds a changed row", "anybody", lambda: (json.loads(said.splitlines()[0])["broken_at"] == 10, "named row 10")
    )
    diary.refused(
        "exports the log",
        "operator",
        "command:not_your_role",
        lambda: journey.as_("operator").post(f"/pools/{auditor.get('/pools')[0]['id']}/export-audit"),
    )


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
