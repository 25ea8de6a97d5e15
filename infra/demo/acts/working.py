"""A snapshot is built without those who said no; scripts run in a room over it."""

from infra.demo import scripts
from infra.demo.journey import Journey, Json, id_of, state_of, wait
from infra.demo.visitor import Visitor


def snapshot(journey: Journey) -> None:
    """Requested by the lead, built without people who said no, cleared by an IG officer."""
    diary, lead, officer = journey.diary, journey.as_("lead"), journey.as_("ig-officer")
    path = journey.verb("request-snapshot")
    requested = diary.did("requests a snapshot", "lead", lambda: lead.post(path), id_of)
    journey.snapshot = requested["created_id"]
    diary.did(
        "builds the snapshot", "system", lambda: wait(officer, f"/snapshots/{journey.snapshot}", "BUILT"), state_of
    )
    diary.refused(
        "opens a workspace before clearance",
        "lead",
        "snapshot:not_cleared",
        lambda: lead.post(journey.verb("open-workspace")),
    )
    clear = f"/snapshots/{journey.snapshot}/clear-snapshot"
    diary.refused("clears the own snapshot", "lead", "command:not_your_role", lambda: lead.post(clear))
    diary.did("clears the snapshot", "ig-officer", lambda: officer.post(clear), state_of)


def workspace(journey: Journey) -> None:
    """A script comes in scanned and runs; another one attacks and gets nowhere."""
    diary, lead, researcher = journey.diary, journey.as_("lead"), journey.as_("researcher")
    opened = diary.did("opens the workspace", "lead", lambda: lead.post(journey.verb("open-workspace")), id_of)
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
    sent = diary.did(f"brings in {name}", "researcher", lambda: researcher.post(path, _file(name, text)), id_of)
    transfer = f"/transfers/{sent['created_id']}"
    diary.did(f"scans {name}", "system", lambda: wait(researcher, transfer, "ADMITTED"), state_of)
    queued = diary.did(f"runs {name}", "researcher", lambda: researcher.post(f"{transfer}/run-job"), id_of)
    job = f"/jobs/{queued['created_id']}"
    ended = diary.did(f"finishes {name}", "system", lambda: wait(researcher, job, "ENDED"), state_of)
    words = "every attack got nowhere" if name == "attack.py" else "usable"
    usable = ended["usable"] is True
    diary.proved(f"learns how {name} ended", "researcher", lambda: (usable, words if usable else "unusable"))
