"""Carries the retention table out: what is due is deleted or emptied in one transaction, and counted in the log."""

from typing import Any

from sqlmodel import delete, func, select, update

from gateway.commands.act import Act, Given, verb
from gateway.models import Pool
from gateway.rules.retention import SWEPT, RecordClass
from gateway.store.unit_of_work import Work
from gateway.vocabulary import Command


@verb(Command.APPLY_RETENTION)
def apply(*, act: Act, subject: Pool, given: Given) -> None:
    """Whatever is due now; the log says how many rows of which class."""
    counts = {}
    for each in SWEPT:
        due = each.conditions(act.now)
        counts[each.name] = count(act.work, each, due)
        if counts[each.name] and each.table is not None:
            changes = update(each.table).values(**each.emptied) if each.emptied else delete(each.table)
            act.work.session.exec(changes.where(*due))
    act.reason = ", ".join(f"{name}: {number}" for name, number in counts.items() if number)


def count(work: Work, each: RecordClass, due: tuple[Any, ...]) -> int:
    """How many rows are due."""
    if each.table is None:
        return 0
    return work.session.exec(select(func.count()).select_from(each.table).where(*due)).one()
