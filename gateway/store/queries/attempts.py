"""Failed attempts as rows, so that every worker of every machine counts the same ones.

An attempt is no governed thing: its rows change outside the door, and nothing here touches anything else.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import col, delete, func, select

from gateway.models import Attempt
from gateway.store.unit_of_work import UnitOfWork, Work

SPAN = timedelta(minutes=10)


def failures(unit: UnitOfWork, whose: str, now: datetime) -> int:
    """How often it failed in this span and the one before."""
    with unit.reading() as work:
        return _failures(work, whose, now)


def failed(unit: UnitOfWork, whose: Sequence[str], now: datetime) -> dict[str, int]:
    """Once more, for each of these; gives their failures. Spans that are over are forgotten."""
    with unit.writing() as work:
        work.session.exec(delete(Attempt).where(col(Attempt.since) < _span(now) - SPAN))
        for each in whose:
            row = work.get(Attempt, (each, _span(now))) or work.add(Attempt(whose=each, since=_span(now)))
            row.failures += 1
        work.session.flush()
        return {each: _failures(work, each, now) for each in whose}


def _failures(work: Work, whose: str, now: datetime) -> int:
    counted = select(func.sum(Attempt.failures)).where(Attempt.whose == whose, col(Attempt.since) >= _span(now) - SPAN)
    return int(work.session.exec(counted).one() or 0)


def _span(now: datetime) -> datetime:
    """The beginning of the span that a moment lies in."""
    return now.replace(minute=now.minute // 10 * 10, second=0, microsecond=0)
