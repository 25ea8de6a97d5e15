"""Who holds what of the pool's budget, and how it went down: ledger alone, no record is behind it."""

from datetime import datetime

from sqlmodel import col

from gateway.models import Budget, LedgerEntry, Project
from gateway.rules.budgets import left
from gateway.rules.facts import Actor
from gateway.rules.refusals import unknown
from gateway.rules.roles import roles_on
from gateway.store.queries.facts import facts_of, pool_of
from gateway.store.queries.view_parts import View
from gateway.store.queries.views import INSIDERS
from gateway.store.unit_of_work import Work
from gateway.vocabulary import EntryKind


def need_insider(work: Work, actor: Actor, now: datetime, max_list_age_days: int) -> None:
    """Raises the refusal `unknown` for everybody but IG officers and auditors."""
    if not roles_on(actor, facts_of(work, pool_of(work), now, max_list_age_days, actor.accounts)) & INSIDERS:
        raise unknown()


def holdings(work: Work) -> list[View]:
    """Every project with a budget: what it was granted, has set aside, spent and left; who holds most comes first."""
    titles = {row.id: row.title for row in work.all(Project)}
    rows = work.all(Budget, col(Budget.project_id).is_not(None), order=col(Budget.granted_micro_rho).desc())
    return [
        {
            "id": row.id,
            "title": titles[row.id],
            "granted_micro_rho": row.granted_micro_rho,
            "reserved_micro_rho": row.reserved_micro_rho,
            "spent_micro_rho": row.spent_micro_rho,
            "left_micro_rho": left(row).micro_rho,
        }
        for row in rows
    ]


def burn_down(work: Work) -> list[View]:
    """What was spent for good, by day, and what the pool then had left of what was never spent."""
    pool = work.need(Budget, pool_of(work).id)
    spends = work.all(LedgerEntry, LedgerEntry.kind == EntryKind.SPEND, order=col(LedgerEntry.id))
    days: dict[str, int] = {}
    for each in spends:
        day = each.at.date().isoformat()
        days[day] = days.get(day, 0) + each.micro_rho
    found, spent = [], 0
    for day, micro_rho in days.items():
        spent += micro_rho
        found.append({"day": day, "spent_micro_rho": micro_rho, "left_micro_rho": pool.granted_micro_rho - spent})
    return found
