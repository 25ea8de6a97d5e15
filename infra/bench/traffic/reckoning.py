"""What must be true of the books afterwards, whoever came when: budgets are exact, each paid request drawn once."""

from collections import Counter
from dataclasses import dataclass

from gateway.evidence import chain
from gateway.jobs.house import House
from gateway.models import AuditEvent, Budget, LedgerEntry, Release
from gateway.store import audit_chain
from gateway.vocabulary import Command, EntryKind, ReleaseState

DRAWN = {ReleaseState.SEALED, ReleaseState.IN_REVIEW, ReleaseState.RELEASED}


@dataclass(frozen=True)
class Books:
    """What is wrong, in sentences, and how much there was that could have been."""

    wrong: tuple[str, ...]
    paid: int
    drawn: int
    budgets: int
    rows: int


def reckon(at: House) -> Books:
    """Every budget against its ledger, every paid release against its draw, the log's chain."""
    with at.gateway.unit.reading() as work:
        entries, budgets = list(work.all(LedgerEntry)), list(work.all(Budget, Budget.project_id != None))  # noqa: E711
        pool = work.need(Budget, at.pool_id())
        begun = Counter(
            row.subject_id
            for row in work.all(AuditEvent, AuditEvent.command == Command.BEGIN_DRAW, AuditEvent.code == "")
        )
        drawn = {row.id for row in work.all(Release) if row.state in DRAWN}
        rows = audit_chain.export(work)
    paid = Counter(entry.release_id for entry in entries if entry.kind is EntryKind.SPEND and entry.release_id)
    wrong = [text for budget in budgets for text in _budget(budget, entries)]
    wrong += [] if _adds_up(pool, budgets) else ["the pool's budget is not the sum of its projects'"]
    wrong += [f"{release_id} was paid for {times} times" for release_id, times in paid.items() if times != 1]
    wrong += [f"{release_id} was begun {begun[release_id]} times" for release_id in paid if begun[release_id] != 1]
    wrong += [f"{release_id} was paid for and not drawn" for release_id in sorted(set(paid) - drawn)]
    wrong += [f"{release_id} was drawn and not paid for" for release_id in sorted(drawn - set(paid))]
    wrong += ["the log's chain is broken"] if chain.verify(rows).broken_at is not None else []
    return Books(tuple(wrong), len(paid), len(drawn), len(budgets), len(rows))


def _adds_up(pool: Budget, budgets: list[Budget]) -> bool:
    spent, granted = sum(each.spent_micro_rho for each in budgets), sum(each.granted_micro_rho for each in budgets)
    return (pool.spent_micro_rho, pool.reserved_micro_rho) == (spent, granted - spent)


def _budget(budget: Budget, entries: list[LedgerEntry]) -> list[str]:
    """What the ledger says a budget granted, spent and set aside."""
    ours = [entry for entry in entries if entry.project_id == budget.project_id]
    sums = {kind: sum(entry.micro_rho for entry in ours if entry.kind is kind) for kind in EntryKind}
    spent = sums[EntryKind.SPEND]
    reserved = sums[EntryKind.RESERVE] - spent - sums[EntryKind.VOID]
    found = []
    if (budget.spent_micro_rho, budget.reserved_micro_rho) != (spent, reserved):
        found.append(f"budget {budget.id} differs from its ledger")
    if budget.granted_micro_rho != sums[EntryKind.GRANT]:
        found.append(f"budget {budget.id} was not granted as its ledger says")
    if spent + reserved > budget.granted_micro_rho:
        found.append(f"budget {budget.id} is overspent")
    return found
