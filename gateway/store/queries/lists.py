"""Lists that stay quick however long they grow: a page at a time, or only what waits for somebody."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, or_
from sqlmodel import col, select

from gateway.models import RegisterEntry
from gateway.rules.facts import Actor, Facts
from gateway.rules.roles import seat_roles
from gateway.rules.transitions import states_open_to
from gateway.store.ahead import Ahead
from gateway.store.queries import views
from gateway.store.queries.facts import TABLES
from gateway.store.queries.reach import Place, in_order, own_rows, place_of, worth_a_look
from gateway.store.queries.view_parts import View
from gateway.store.unit_of_work import Work
from gateway.vocabulary import Command, Noun, RegisterState

PAGE = 20
LONGEST = 200


class Page(NamedTuple):
    """Some subjects, newest first, and where those that are older begin."""

    rows: list[View]
    older: Place | None


def page(
    work: Work,
    actor: Actor,
    noun: Noun,
    now: datetime,
    max_list_age_days: int,
    *,
    before: Place | None = None,
    limit: int = PAGE,
) -> Page:
    """The newest subjects that this person may know of, from a place on."""
    ahead = work if isinstance(work, Ahead) else Ahead(work)
    which = worth_a_look(actor, noun)
    seen: list[tuple[object, Facts]] = []
    while len(seen) <= limit:
        subjects = in_order(ahead, noun, which, before, limit + 1)
        seen += views.seen_of(ahead, actor, noun, subjects, now, max_list_age_days)
        if len(subjects) <= limit or noun is Noun.POOL:
            break
        before = place_of(noun, subjects[-1])
    older = place_of(noun, seen[limit - 1][0]) if len(seen) > limit else None
    return Page(views.shown(ahead, actor, noun, seen[:limit]), older)


def waiting(
    work: Work, actor: Actor, noun: Noun, commands: Iterable[Command], now: datetime, max_list_age_days: int
) -> list[View]:
    """The subjects in a state from which this person might do one of the commands, newest first."""
    ahead, state = work if isinstance(work, Ahead) else Ahead(work), col(TABLES[noun].state)  # type: ignore[attr-defined]
    commands = tuple(commands)
    by_seat, anybody = states_open_to(commands, seat_roles(actor)), states_open_to(commands)
    which = or_(and_(state.in_(by_seat), worth_a_look(actor, noun)), and_(state.in_(anybody), own_rows(actor, noun)))
    subjects = in_order(ahead, noun, which)
    return views.shown(ahead, actor, noun, views.seen_of(ahead, actor, noun, subjects, now, max_list_age_days))


def register_page(work: Work, before: Place | None = None, limit: int = PAGE) -> Page:
    """Published entries, the newest first, from a place on; for anybody."""
    published, moment = col(RegisterEntry.state) == RegisterState.PUBLISHED, col(RegisterEntry.published_at)
    if before is not None:
        same = and_(moment == before.moment, col(RegisterEntry.id) < before.id)
        published = and_(published, or_(moment < before.moment, same))
    query = select(RegisterEntry).where(published).order_by(moment.desc(), col(RegisterEntry.id).desc())
    rows = work.session.exec(query.limit(limit + 1)).all()
    last = rows[limit - 1] if len(rows) > limit else None
    older = Place(last.published_at, last.id) if last is not None and last.published_at is not None else None
    return Page([views.entry_shown(row) for row in rows[:limit]], older)


def registered(work: Work, entry_id: str) -> View | None:
    """One published entry, for anybody."""
    row = work.get(RegisterEntry, entry_id)
    return views.entry_shown(row) if row is not None and row.state is RegisterState.PUBLISHED else None
