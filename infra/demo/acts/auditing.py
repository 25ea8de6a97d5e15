"""The log is exported, verified, and a changed row in it is found."""

import json
from pathlib import Path

from infra.demo.journey import Journey, Json

CHANGED = 10  # the row of the log that somebody changes, to see it found


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
