"""The queue of work without a person: leased, so that a worker that dies gives it back.

The number of a lease (`attempts`) fences: whoever lost a lease to another can neither renew nor end it.
"""

from datetime import datetime, timedelta

from sqlmodel import and_, col, func, or_, select

from gateway.models import Task
from gateway.store.unit_of_work import UnitOfWork, Work


def lease(unit: UnitOfWork, now: datetime, seconds: float) -> Task | None:
    """The oldest due task that nobody holds, now held by the caller."""
    with unit.writing() as work:
        until = col(Task.leased_until)
        is_due = or_(col(Task.due_at) <= now, col(Task.attempts) == 0)  # what was never tried needs no clock
        free = and_(is_due, or_(until.is_(None), until < now))
        from_before_a_jump_back = until > now + timedelta(seconds=2 * seconds)  # no lease is so long
        due = select(Task).where(col(Task.done_at).is_(None), or_(free, from_before_a_jump_back))
        task = work.session.exec(due.order_by(col(Task.due_at), col(Task.id)).limit(1)).first()
        if task is not None:
            task.leased_until, task.attempts = now + timedelta(seconds=seconds), task.attempts + 1
        return task


def due(unit: UnitOfWork, now: datetime) -> int:
    """How many tasks are due that nobody holds."""
    with unit.reading() as work:
        free = or_(col(Task.leased_until).is_(None), col(Task.leased_until) < now)
        waiting = col(Task.done_at).is_(None), col(Task.due_at) <= now, free
        return work.session.exec(select(func.count()).select_from(Task).where(*waiting)).one()


def renew(unit: UnitOfWork, task: Task, now: datetime, seconds: float) -> bool:
    """Held for longer; False when it is held by another, or done."""
    with unit.writing() as work:
        row = _held(work, task)
        if row is not None:
            row.leased_until = now + timedelta(seconds=seconds)
        return row is not None


def finish(unit: UnitOfWork, task: Task, now: datetime, outcome: str) -> None:
    """Done, with a word for operators that says nothing about records."""
    with unit.writing() as work:
        row = _held(work, task)
        if row is not None:
            row.done_at, row.outcome, row.leased_until = now, outcome, None


def postpone(unit: UnitOfWork, task: Task, due_at: datetime, *, defect: bool = False) -> None:
    """To be taken up again, not before a moment."""
    with unit.writing() as work:
        row = _held(work, task)
        if row is not None:
            row.due_at, row.leased_until, row.defects = due_at, None, row.defects + defect


def _held(work: Work, task: Task) -> Task | None:
    row = work.get(Task, task.id)
    return row if row is not None and row.attempts == task.attempts and row.done_at is None else None
