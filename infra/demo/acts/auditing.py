"""The log is exported, verified, and a changed row in it is found."""

import json
import time
from datetime import datetime
from pathlib import Path

from infra.demo.journey import WAIT_SECONDS, Journey, Json
from infra.demo.visitor import NotAsExpected

CHANGED = 10  # the row of the log that somebody changes, to see it found


def audit(journey: Journey) -> None:
    """The auditor exports the log; anybody verifies it; a changed row is named."""
    diary, export = journey.diary, journey.out / "audit.jsonl"
    published = diary.did("keeps the signed checkpoints", "anybody", lambda: _published(journey), _told)
    exported = ["audit", "export", "--out", str(export)]
    diary.did("exports the log", "auditor", lambda: journey.command_line("auditor", exported), str.strip)
    journey.audit = diary.did("verifies the chain", "anybody", lambda: _verified(journey, export), lambda v: v["why"])
    whole = journey.audit["broken_at"] is None
    diary.proved("finds the chain whole", "anybody", lambda: (whole, f"{journey.audit['rows']} rows"))
    held = journey.audit["checkpoints"]
    diary.proved(
        "holds it to the checkpoints",
        "anybody",
        lambda: (
            held["looked_at"] == len(published),
            f"{held['looked_at']} agree, the newest over {held['rows']} rows",
        ),
    )
    diary.proved("finds a changed row", "anybody", lambda: _found_change(journey, export))
    path = f"/pools/{journey.pool}/export-audit"
    diary.refused("exports the log", "operator", "command:not_your_role", lambda: journey.as_("operator").post(path))


def _published(journey: Journey) -> list[Json]:
    """What anybody may fetch, once the newest is signed over the last release. Raises NotAsExpected."""
    lead, ends = journey.as_("lead"), time.monotonic() + WAIT_SECONDS
    released = max(lead.get(f"/releases/{each}")["released_at"] for each in journey.releases.values())
    while time.monotonic() < ends:
        text = journey.command_line("", ["audit", "checkpoints", "--json"])
        signed: list[Json] = json.loads(text)["checkpoints"]
        if signed and _moment(signed[-1]["at"]) >= _moment(released):
            _kept(journey).write_text(text, encoding="utf-8")
            return signed
        time.sleep(0.5)
    raise NotAsExpected("no checkpoint was signed after the last release")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _told(signed: list[Json]) -> str:
    return f"{len(signed)}, the newest over {signed[-1]['size']} rows"


def _kept(journey: Journey) -> Path:
    return journey.out / "checkpoints.json"


def _verified(journey: Journey, export: Path) -> Json:
    key = json.loads(_kept(journey).read_text(encoding="utf-8"))["public_key"]
    command = ["audit", "verify", str(export), "--key", key, "--checkpoints", str(_kept(journey)), "--json"]
    return dict(json.loads(journey.command_line("", command)))


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
