"""Which sources were loaded, and how good they are in wide bands; exact figures by the command VIEW_QUALITY alone."""

from datetime import datetime
from typing import Any

from sqlmodel import col

from gateway.models import Load
from gateway.rules.facts import Actor
from gateway.rules.refusals import unknown
from gateway.rules.roles import roles_on
from gateway.store.queries.facts import facts_of, pool_of
from gateway.store.queries.view_parts import View, plain
from gateway.store.unit_of_work import Work
from gateway.vocabulary import Role
from workspaces.intake.quality import banded

_NAMES = ("id", "organisation", "organisation_name", "format", "standing", "loaded_at")


_GOVERNORS = frozenset({Role.IG_OFFICER, Role.OPERATOR, Role.AUDITOR})


def need_governor(work: Work, actor: Actor, now: datetime, max_list_age_days: int) -> None:
    """Raises the refusal `unknown` for everybody but IG officers, operators and auditors."""
    if not roles_on(actor, facts_of(work, pool_of(work), now, max_list_age_days, actor.accounts)) & _GOVERNORS:
        raise unknown()


def loads(work: Work) -> list[View]:
    """Loads without any count, newest first; `current` are those that no later one supersedes."""
    rows = _newest_first(work)
    current = {row.id for row in _current(rows)}
    return [{**plain(row, *_NAMES), "current": row.id in current} for row in rows]


def quality(work: Work, load_id: str) -> View:
    """How good one load is, in bands that everybody may see (privacy model P9). Raises the refusal `unknown`."""
    row = work.get(Load, load_id)
    if row is None:
        raise unknown()
    return _banded(row)


def qualities(work: Work) -> list[View]:
    """How good the loads in use are, in bands, by organisation."""
    rows = _current(_newest_first(work))
    return [_banded(row) for row in sorted(rows, key=lambda row: (row.organisation, row.format))]


def _newest_first(work: Work) -> list[Load]:
    return list(work.all(Load, order=col(Load.loaded_at).desc()))


def _current(newest_first: list[Load]) -> list[Load]:
    """The newest of each source."""
    return list({(row.organisation, row.format): row for row in reversed(newest_first)}.values())


def _banded(row: Load) -> dict[str, Any]:
    return {**plain(row, *_NAMES), "cut": row.quality.get("cut") or None, "tables": banded(row.quality)}
