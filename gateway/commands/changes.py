"""What changed since checkers saw it last: since the turn before, and beside the release that it is a copy of."""

import json
from dataclasses import asdict
from typing import Any

from sqlmodel import col

from gateway.commands.downloads import Objects
from gateway.commands.perform import Gateway
from gateway.commands.terms import object_name
from gateway.models import Release, Submission
from gateway.rules.changes import cell_changes, request_changes
from gateway.store.unit_of_work import Work

MOST = 200


def since_last_turn(gateway: Gateway, objects: Objects, *, release_id: str) -> dict[str, Any]:
    """For the checkers' desk: `asked` and `drawn` as JSON, each empty where there is nothing to compare."""
    with gateway.unit.reading() as work:
        release = work.need(Release, release_id)
        earlier = work.get(Release, release.copy_of) if release.copy_of else None
        before = _asked_before(work, release, earlier)
    asked = request_changes(before, release.request) if before is not None else []
    drawn = _drawn(objects, release, earlier)
    told = [asdict(each) for each in drawn[:MOST]]
    return {"asked": [asdict(each) for each in asked], "drawn": told, "of": earlier.id if earlier else ""}


def _asked_before(work: Work, release: Release, earlier: Release | None) -> dict[str, Any] | None:
    turns = work.all(Submission, Submission.release_id == release.id, order=col(Submission.turn).desc())
    if len(turns) > 1:
        return turns[1].request
    return earlier.request if earlier else None


def _drawn(objects: Objects, release: Release, earlier: Release | None) -> list[Any]:
    if earlier is None or not (release.artefact_digest and earlier.artefact_digest):
        return []
    before, after = (json.loads(objects.get_bytes(object_name(each))) for each in (earlier, release))
    return cell_changes(before, after)
