"""Earlier releases that a request could be taken from: definitions compared, released values looked at (P11).

Checkers read everything; an author reads of the own project, and of others a fixed code. Nothing is stored of it.
"""

import json
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlmodel import col, select

from disclosure.checks.definitions import Definition, define
from disclosure.checks.differencing import RULE, Earlier, for_author, guard, related
from disclosure.checks.presets import Rule, preset
from disclosure.checks.verdicts import Finding, Outcome
from disclosure.requests import parse_request
from gateway.commands.downloads import Objects
from gateway.commands.perform import Gateway
from gateway.commands.terms import object_name
from gateway.models import Grant, Release
from gateway.store.unit_of_work import Work
from gateway.vocabulary import ReleaseState
from workspaces.catalogue.errors import Invalid

MOST = 100  # so many are compared, of the own project first: a page must not take longer the longer a pool lives
OUT = frozenset({ReleaseState.RELEASED, ReleaseState.RECALLED})
UNDER_WAY = frozenset(
    {
        ReleaseState.PLAN_CLEARED,
        ReleaseState.RESERVED,
        ReleaseState.DRAWING,
        ReleaseState.SEALED,
        ReleaseState.IN_REVIEW,
        ReleaseState.CONSOLIDATING,
        ReleaseState.ADJUDICATING,
        ReleaseState.APPROVED,
    }
)


def beside(gateway: Gateway, objects: Objects, *, release_id: str, desk: bool) -> list[dict[str, Any]]:
    """What the guard finds, as JSON: all of it at the checker's desk, else what the author may read."""
    with gateway.unit.reading() as work:
        release = work.need(Release, release_id)
        grant = work.find(Grant, Grant.project_id == release.project_id)
        others = _others(work, release)
    here, least = _defined(release), _least(grant.preset) if grant else 0
    if here is None:
        return []
    earlier = [found for row in others[:MOST] if (found := _earlier(objects, release, row, here)) is not None]
    own = _values(objects, release, sealed=desk)
    told = guard(here, earlier, own, least) if desk else for_author(here, earlier, own, least)
    if len(others) > MOST:
        told.append(Finding(RULE, Outcome.PERSON, f"{MOST} releases were compared, of the own project first; not all."))
    return [each.shown() for each in told]


def _earlier(objects: Objects, release: Release, other: Release, here: Definition) -> Earlier | None:
    """The other release, if anything could be taken from one another; only then are its values read."""
    definition = _defined(other)
    if definition is None:
        return None
    found = Earlier(other.id, definition, other.project_id == release.project_id)
    return replace(found, artefact=_values(objects, other)) if related(here, found) else None


def _others(work: Work, release: Release) -> list[Release]:
    """Of the same pool, out or under way; the own project's first, then the newest."""
    compared = select(Release).where(Release.id != release.id, col(Release.state).in_(OUT | UNDER_WAY))
    own, newest = col(Release.project_id) == release.project_id, col(Release.created_at).desc()
    found = work.session.exec(compared.where(own).order_by(newest).limit(MOST + 1)).all()
    more = work.session.exec(compared.where(~own).order_by(newest).limit(MOST + 1)).all()
    return [*found, *more]


def _least(name: str) -> int:
    return next((demand.number for demand in preset(name).demands if demand.rule is Rule.LOW_COUNTS), 0)


def _values(objects: Objects, release: Release, *, sealed: bool = False) -> dict[str, Any] | None:
    """Released values; of the release under review also the sealed ones, which its checkers see beside this."""
    if not release.artefact_digest or (release.state not in OUT and not sealed):
        return None
    held: dict[str, Any] = json.loads(objects.get_bytes(object_name(release)))
    return held


def _defined(release: Release) -> Definition | None:
    """None where a request was never priced, or is one that this version no longer reads."""
    sql = release.price.get("view_sql")
    return _definition(json.dumps(release.request, sort_keys=True), str(sql)) if sql else None


@lru_cache(maxsize=1_000)
def _definition(request: str, view_sql: str) -> Definition | None:
    try:
        return define(parse_request(json.loads(request)), view_sql)
    except Invalid:
        return None
