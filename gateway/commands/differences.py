"""Earlier releases that a request could be taken from: definitions compared, released values looked at (P11).

Checkers read everything; an author reads of the own project, and of others a fixed code. Nothing is stored of it.
"""

import json
from functools import lru_cache
from typing import Any

from sqlmodel import col

from disclosure.checks.definitions import Definition, define
from disclosure.checks.differencing import Earlier, for_author, guard
from disclosure.checks.offline import terms_in
from disclosure.checks.presets import Rule, preset
from disclosure.clearance import clear
from disclosure.requests import parse_request
from gateway.commands.downloads import Objects
from gateway.commands.perform import Gateway
from gateway.commands.terms import object_name
from gateway.models import Grant, Pool, Release
from gateway.store.unit_of_work import Work
from gateway.vocabulary import ReleaseState
from workspaces.catalogue.errors import Invalid

MOST = 200  # the newest are compared; a page must not take longer the longer a pool lives
OUT = frozenset({ReleaseState.RELEASED, ReleaseState.RECALLED})
UNDER_WAY = frozenset(
    {
        ReleaseState.PLAN_CLEARED,
        ReleaseState.RESERVED,
        ReleaseState.DRAWING,
        ReleaseState.SEALED,
        ReleaseState.IN_REVIEW,
        ReleaseState.ADJUDICATING,
        ReleaseState.APPROVED,
    }
)


def beside(gateway: Gateway, objects: Objects, *, release_id: str, desk: bool) -> list[dict[str, Any]]:
    """What the guard finds, as JSON: all of it at the checker's desk, else what the author may read."""
    with gateway.unit.reading() as work:
        release = work.need(Release, release_id)
        here = _defined(work, release)
        if here is None:
            return []
        grant = work.find(Grant, Grant.project_id == release.project_id)
        least = _least(grant.preset) if grant else 0
        others = _others(work, release)
        defined = [(row, each) for row in others if (each := _defined(work, row)) is not None]
    earlier = [
        Earlier(row.id, definition, row.project_id == release.project_id, _values(objects, row))
        for row, definition in defined
    ]
    own = _values(objects, release, sealed=desk)
    told = guard(here, earlier, own, least) if desk else for_author(here, earlier, own, least)
    return [each.shown() for each in told]


def _others(work: Work, release: Release) -> list[Release]:
    """Of the same pool, out or under way, newest first."""
    rows = work.all(Release, Release.id != release.id, order=col(Release.created_at).desc())
    return [row for row in rows if row.state in OUT | UNDER_WAY][:MOST]


def _least(name: str) -> int:
    return next((demand.number for demand in preset(name).demands if demand.rule is Rule.LOW_COUNTS), 0)


def _values(objects: Objects, release: Release, *, sealed: bool = False) -> dict[str, Any] | None:
    """Released values; of the release under review also the sealed ones, which its checkers see beside this."""
    if not release.artefact_digest or (release.state not in OUT and not sealed):
        return None
    held: dict[str, Any] = json.loads(objects.get_bytes(object_name(release)))
    return held


def _defined(work: Work, release: Release) -> Definition | None:
    grant = work.find(Grant, Grant.project_id == release.project_id)
    pool = work.find(Pool)
    if grant is None or pool is None:
        return None
    shown = {**grant.model_dump(mode="json"), "public_population": pool.public_population, "tier": "JOBS"}
    return _definition(json.dumps(release.request, sort_keys=True), json.dumps(shown, sort_keys=True))


@lru_cache(maxsize=1_000)
def _definition(request: str, grant: str) -> Definition | None:
    """None where a request can no longer be asked: the grant or the catalogue has changed since."""
    try:
        asked = parse_request(json.loads(request))
        return define(asked, clear(asked, terms_in(json.loads(grant))))
    except Invalid:
        return None
