"""The queue of work without a person: leased, so that a worker that dies gives it back."""

from datetime import datetime, timedelta

from sqlmodel import col, or_, select

from gateway.models import Task
from gateway.store.unit_of_work import UnitOfWork

LEASE = timedelta(minutes=15)


def lease(unit: UnitOfWork, now: datetime) -> Task | None:
    """The oldest due task that nobody holds, now held by the caller."""
    with unit.writing() as work:
        free = or_(col(Task.leased_until).is_(None), col(Task.leased_until) < now)
        due = select(Task).where(col(Task.done_at).is_(None), col(Task.due_at) <= now, free)
        task = work.session.exec(due.order_by(col(Task.due_at), col(Task.id)).limit(1)).first()
        if task is not None:
            task.leased_until, task.attempts = now + LEASE, task.attempts + 1
        return task


def finish(unit: UnitOfWork, task: Task, now: datetime, outcome: str) -> None:
    """Done, with a word for operators that says nothing about records."""
    with unit.writing() as work:
        row = work.need(Task, task.id)
        row.done_at, row.outcome, row.leased_until = now, outcome, None


def postpone(unit: UnitOfWork, task: Task, due_at: datetime) -> None:
    """To be taken up again, not before a moment."""
    with unit.writing() as work:
        row = work.need(Task, task.id)
        row.due_at, row.leased_until = due_at, None
