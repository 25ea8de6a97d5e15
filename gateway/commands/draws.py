"""Draws: reserved, spent before anything is read, sealed, or failed."""

from datetime import timedelta

from pydantic import Field

from gateway.commands.act import Act, Given, verb
from gateway.models import Budget, Incident, LedgerEntry, Release
from gateway.rules import budgets
from gateway.vocabulary import Command, EntryKind, ReleaseState


@verb(Command.RESERVE_BUDGET)
def reserve_budget(*, act: Act, subject: Release, given: Given) -> None:
    """Set aside under the lock."""
    if act.facts.budget is not None:
        budgets.reserve(act.facts.budget, _loss(subject))
    _ledger(act, subject, EntryKind.RESERVE)


@verb(Command.BEGIN_DRAW)
def begin_draw(*, act: Act, subject: Release, given: Given) -> None:
    """Spent, and the deadline fixed, before any byte of the snapshot is opened (privacy model P6)."""
    for budget in _budgets(act):
        budgets.spend(budget, _loss(subject))
    _ledger(act, subject, EntryKind.SPEND)
    seconds = float(subject.price["deadline_seconds"]) * act.settings.draw_pace
    subject.deadline_at = act.now + timedelta(seconds=seconds)


def _budgets(act: Act) -> list[Budget]:
    return [budget for budget in (act.facts.budget, act.facts.pool_budget) if budget is not None]


class Sealed(Given):
    """The digests of the artefact and the package that lie in the store."""

    artefact_digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    package_digest: str = Field(pattern=r"^[0-9a-f]{64}$")


@verb(Command.SEAL_ARTEFACT, Sealed)
def seal(*, act: Act, subject: Release, given: Sealed) -> None:
    """From here on these bytes are what is reviewed and released."""
    subject.artefact_digest, subject.package_digest = given.artefact_digest, given.package_digest


@verb(Command.FAIL_DRAW)
def fail_draw(*, act: Act, subject: Release, given: Given) -> None:
    """Nothing begun: the reservation is void. Begun: spent, draws frozen, an incident opened."""
    if subject.state is ReleaseState.RESERVED and act.facts.budget is not None:
        budgets.void(act.facts.budget, _loss(subject))
        _ledger(act, subject, EntryKind.VOID)
    if subject.state is ReleaseState.DRAWING and act.facts.project is not None:
        act.facts.project.draws_frozen = True
        act.work.add(
            Incident(
                at=act.now,
                kind="draw",
                project_id=subject.project_id,
                subject_id=subject.id,
                sentence="A draw failed after it had begun.",
            )
        )


def _loss(release: Release) -> budgets.Loss:
    return budgets.Loss(release.micro_rho, release.delta_e15)


def _ledger(act: Act, release: Release, kind: EntryKind) -> None:
    act.work.add(
        LedgerEntry(
            at=act.now,
            pool_id=act.facts.pool.id,
            project_id=release.project_id,
            release_id=release.id,
            kind=kind,
            micro_rho=release.micro_rho,
            delta_e15=release.delta_e15,
        )
    )
