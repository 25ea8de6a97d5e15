"""Which sources were loaded, and when; how many rows is told by the command VIEW_QUALITY alone."""

from datetime import datetime

from sqlmodel import col

from gateway.models import Load
from gateway.rules.facts import Actor
from gateway.rules.refusals import unknown
from gateway.rules.roles import roles_on
from gateway.store.queries.facts import facts_of, pool_of
from gateway.store.queries.view_parts import View
from gateway.store.unit_of_work import Work
from gateway.vocabulary import Role

_GOVERNORS = frozenset({Role.IG_OFFICER, Role.OPERATOR, Role.AUDITOR})


def loads(work: Work, actor: Actor, now: datetime, max_list_age_days: int) -> list[View]:
    """Loads without any count, newest first, for IG officers, operators and auditors."""
    if not roles_on(actor, facts_of(work, pool_of(work), now, max_list_age_days, actor.accounts)) & _GOVERNORS:
        raise unknown()
    rows = work.all(Load, order=col(Load.loaded_at).desc())
    names = ("id", "organisation", "organisation_name", "format", "standing", "loaded_at")
    return [{name: row.model_dump(mode="json")[name] for name in names} for row in rows]
