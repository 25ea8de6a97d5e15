"""`summary.json`: what a journey came to, in the shape that a verifier reads."""

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.demo.journey import Journey

MICRO = 1_000_000
FEMTO = 10**15


@dataclass(frozen=True)
class Built:
    """The snapshot of a journey: its folder and what its manifest says."""

    path: Path
    manifest: Mapping[str, Any]


def artefact_of(package: Path) -> dict[str, Any]:
    """The sealed artefact inside a package."""
    with zipfile.ZipFile(package) as archive:
        found: dict[str, Any] = json.loads(archive.read("artefact.json"))
        return found


def summary(journey: Journey, built: Built, steps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Everything, as plain JSON values. Exact counts: for the demonstration's own folder only."""
    lead = journey.as_("lead")
    found = built.manifest["steps"]
    return {
        "people_in": found[0]["people_in"],
        "removed_by_reason": {reason: n for step in found for reason, n in step["removed"].items()},
        "snapshot": {
            "path": str(built.path),
            "manifest": str(built.path / "manifest.json"),
            "people": built.manifest["people"],
        },
        "grant": _grant(lead.get(f"/projects/{journey.project}")),
        "releases": [
            _release(lead.get(f"/releases/{id_}"), journey.packages[name]) for name, id_ in journey.releases.items()
        ],
        "register_entry": next(row for row in lead.get("/register") if row["id"] == journey.register_entry),
        "audit": {"rows": journey.audit["rows"], "head": journey.audit["head"]},
        "steps": list(steps),
    }


def _grant(project: Mapping[str, Any]) -> dict[str, Any]:
    grant = project["grant"]
    return {
        "project": project["id"],
        "tables": grant["tables"],
        "epsilon": grant["epsilon_micro"] / MICRO,
        "delta": grant["delta_e15"] / FEMTO,
        "rho": grant["micro_rho"] / MICRO,
        "delta0": grant["delta0_e15"] / FEMTO,
        "ends_on": grant["ends_on"],
        "tier": grant["tier"],
        "budget": project["budget"],
    }


def _release(view: Mapping[str, Any], package: Path) -> dict[str, Any]:
    artefact = artefact_of(package)
    return {
        "id": view["id"],
        "path": str(package),
        "mark": view["mark"],
        "epsilon": artefact["epsilon_micro"] / MICRO,
        "delta": (artefact["delta_e15"] + artefact["delta0_e15"]) / FEMTO,
        "rho": artefact["micro_rho"] / MICRO,
        "cells": artefact["cells"],
    }
