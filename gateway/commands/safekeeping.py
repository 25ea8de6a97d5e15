"""Backups recorded, and what a restore does to a database that went back in time, in one transaction.

Draws that it forgot are spent again, what ended since ends again, sign-ins and tokens of before are over, and no
opt-out list older than the newest is in force.
"""

from collections.abc import Iterator
from datetime import datetime

from pydantic import Field

from gateway.commands.act import Act, Given, verb
from gateway.models import (
    ApiToken,
    Budget,
    ErasureOrder,
    LedgerEntry,
    OptOutList,
    Pool,
    Project,
    Release,
    Session,
    Snapshot,
    Task,
)
from gateway.rules import replays
from gateway.rules.budgets import Loss, void
from gateway.store.sealed_notes import Kind
from gateway.vocabulary import (
    Command,
    EntryKind,
    ErasureState,
    OptOutListState,
    ProjectState,
    ReleaseState,
    SnapshotState,
    TaskKind,
)
from workspaces.catalogue.errors import Invalid


class Taken(Given):
    """A backup by its id."""

    backup: str


class Rotated(Given):
    """A handover of the signing key, as its row carries it."""

    reason: str


class Spend(Given):
    """A draw that began, as its sealed note says."""

    release: str
    project: str
    request_digest: str
    micro_rho: int = Field(ge=0)
    delta_e15: int = Field(ge=0)


class End(Given):
    """Something that ended, and the state it ended in."""

    kind: Kind
    id: str
    state: str = ""


class Restored(Given):
    """What the store knows that the database does not. `list_in_force` is the newest whole list."""

    reason: str
    spends: list[Spend]
    ends: list[End]
    unreadable: list[str]
    list_in_force: str = ""


@verb(Command.TAKE_BACKUP, Taken)
def take_backup(*, act: Act, subject: Pool, given: Taken) -> None:
    """Recorded by its id."""
    act.reason = given.backup


@verb(Command.ROTATE_KEY, Rotated)
def rotate_key(*, act: Act, subject: Pool, given: Rotated) -> None:
    """Recorded with both signatures: whoever has the log and one of the keys finds the others."""
    act.reason = given.reason


@verb(Command.RESTORE_POOL, Restored)
def restore(*, act: Act, subject: Pool, given: Restored) -> None:
    """In an order in which it may have happened: draws, then ends, then what forgotten projects drew."""
    act.reason = given.reason
    forgotten = [spend for spend in given.spends if not _is_spent(act, spend)]
    for spend in forgotten:
        if act.work.get(Project, spend.project) is not None:
            _spend(act, subject, spend)
    again = {spend.release for spend in forgotten}
    for end in given.ends:
        if end.id not in again or end.state != ReleaseState.FAILED:  # it fails again, and freezes draws, by itself
            _end(act, end)
    for spend in forgotten:
        if act.work.get(Project, spend.project) is None:
            _spend(act, subject, spend)
    for snapshot_id in given.unreadable:
        act.work.need(Snapshot, snapshot_id).state = SnapshotState.RETIRED
    _put_in_force(act, given.list_in_force)
    _sign_everybody_out(act)
    act.returned = {"spent_again": len(forgotten)}


def _is_spent(act: Act, spend: Spend) -> bool:
    known = act.work.find(LedgerEntry, LedgerEntry.release_id == spend.release, LedgerEntry.kind == EntryKind.SPEND)
    return known is not None


def _spend(act: Act, pool: Pool, spend: Spend) -> None:
    loss = Loss(spend.micro_rho, spend.delta_e15)
    release = act.work.get(Release, spend.release)
    project = act.work.get(Budget, spend.project)
    held = act.work.need(Budget, pool.id)
    if release is not None and release.state is ReleaseState.RESERVED and project is not None:
        void(project, Loss(release.micro_rho, release.delta_e15))
    others = act.work.all(Budget, Budget.pool_id == pool.id, Budget.id != pool.id)
    try:
        replays.charge_again(held, project, others, loss)
    except ValueError:
        raise Invalid(
            "restore:overspent",
            f"The draw {spend.release} was charged more than this backup's pool ever held.",
            "Use a newer backup of the same gateway.",
        ) from None
    _write_ledger(act, pool, spend, release)
    if release is not None:
        _go_on(act, release, spend)


def _write_ledger(act: Act, pool: Pool, spend: Spend, release: Release | None) -> None:
    reserved = release is not None and release.state is ReleaseState.RESERVED
    kinds = (EntryKind.SPEND,) if reserved else (EntryKind.RESERVE, EntryKind.SPEND)
    for kind in kinds:
        act.work.add(
            LedgerEntry(
                at=act.now,
                pool_id=pool.id,
                project_id=spend.project,
                release_id=spend.release,
                kind=kind,
                micro_rho=spend.micro_rho,
                delta_e15=spend.delta_e15,
            )
        )


def _go_on(act: Act, release: Release, spend: Spend) -> None:
    """Never drawn again: what its draw sealed is handed over, or it fails; so does a request that changed."""
    release.micro_rho, release.delta_e15, release.deadline_at = spend.micro_rho, spend.delta_e15, act.now
    if release.request_digest != spend.request_digest:
        release.state = ReleaseState.FAILED
        return
    release.state = ReleaseState.DRAWING
    act.work.add(Task(kind=TaskKind.DRAW_RELEASE, subject_id=release.id, due_at=act.now))


def _end(act: Act, end: End) -> None:
    if end.kind is Kind.SNAPSHOT:
        snapshot = act.work.get(Snapshot, end.id)
        if snapshot is not None and snapshot.state is not SnapshotState.DESTROYED:
            failed = end.state == SnapshotState.FAILED
            snapshot.state = SnapshotState.FAILED if failed else SnapshotState.RETIRED
    elif end.kind is Kind.RELEASE:
        release = act.work.get(Release, end.id)
        if release is not None:
            release.state = ReleaseState(end.state)
    elif end.kind is Kind.PROJECT:
        _close(act, act.work.get(Project, end.id))
    elif end.kind is Kind.ERASURE:
        order = act.work.get(ErasureOrder, end.id)
        if order is not None:
            order.state, order.token = ErasureState.DONE, ""


def _close(act: Act, project: Project | None) -> None:
    if project is None or project.state is ProjectState.CLOSED:
        return
    project.state = ProjectState.CLOSED
    own, held = act.work.get(Budget, project.id), act.facts.pool_budget
    if own is not None and held is not None:
        replays.take_back(held, own)


def _put_in_force(act: Act, local_id: str) -> None:
    for row in act.work.all(OptOutList, OptOutList.state == OptOutListState.ACTIVE):
        row.state = OptOutListState.SUPERSEDED
    act.work.session.flush()
    newest = act.work.find(OptOutList, OptOutList.local_id == local_id) if local_id else None
    if newest is not None:
        newest.state, newest.activated_at = OptOutListState.ACTIVE, newest.activated_at or act.now


def _sign_everybody_out(act: Act) -> None:
    """Which of them were ended since the backup nobody knows."""
    for row in _live(act):
        row.revoked_at = act.now


def _live(act: Act) -> Iterator[Session | ApiToken]:
    moment: datetime | None = None
    yield from act.work.all(Session, Session.revoked_at == moment)
    yield from act.work.all(ApiToken, ApiToken.revoked_at == moment)
