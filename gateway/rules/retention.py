"""How long each class of records is kept, from when, what happens then and why: one table, which a sweep carries out.

Periods are what this gateway does, not more than what the law and the NHS Records Management Code of Practice ask of
whoever runs it: a records manager who must keep something for longer exports it before.
`days` None is ended elsewhere, or kept.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Text, cast
from sqlmodel import SQLModel, col, or_

from gateway.models import ApiToken, Incident, Job, Load, Notice, OptOutList, Project, Session, Task
from gateway.vocabulary import JobState, OptOutListState, ProjectState

YEAR = 365
_LIMIT = "UK GDPR Art. 5(1)(e): no longer than needed"
_ACCOUNT = (
    "UK GDPR Art. 5(2), accountability; NHS Records Management Code of Practice, section 5: appraise, then destroy"
)
_PROOF = "UK GDPR Art. 5(2) and 30; the promise of the privacy budget is for the life of the data"
REMOVED = "(removed at the end of its retention)"


@dataclass(frozen=True)
class RecordClass:
    """One row. `due` gives the conditions on `table`'s rows; `emptied` the values that stay; none: deleted."""

    name: str
    days: int | None
    since: str
    action: str
    ground: str
    table: type[SQLModel] | None = None
    due: Callable[[datetime], tuple[Any, ...]] | None = None
    emptied: Mapping[str, Any] = field(default_factory=dict)

    @property
    def period(self) -> str:
        """In words."""
        return self.since if self.days is None else f"{self.days} days after {self.since}"

    def conditions(self, now: datetime) -> tuple[Any, ...]:
        """Which rows are due at that moment."""
        if self.due is None or self.days is None:
            raise ValueError("nothing of this class is due by itself")
        return self.due(now - timedelta(days=self.days))


def _said(*columns: Any) -> Any:
    """One of these JSON columns is not empty yet."""
    return or_(*(cast(column, Text) != "{}" for column in columns))


def _swept(
    name: str, days: int, since: str, ground: str, table: type[SQLModel], due: Any, **emptied: Any
) -> RecordClass:
    action = "emptied; the row stays" if emptied else "deleted"
    return RecordClass(name, days, since, action, ground, table, due, emptied)


def _elsewhere(name: str, since: str, action: str, ground: str) -> RecordClass:
    return RecordClass(name, None, since, action, ground)


CLASSES: tuple[RecordClass, ...] = (
    _swept(
        "sign-ins",
        30,
        "they ended",
        _LIMIT,
        Session,
        lambda t: (or_(col(Session.expires_at) < t, col(Session.revoked_at) < t),),
    ),
    _swept(
        "personal tokens",
        90,
        "they ended",
        _LIMIT,
        ApiToken,
        lambda t: (or_(col(ApiToken.expires_at) < t, col(ApiToken.revoked_at) < t),),
    ),
    _swept("notices", 180, "they were written", _LIMIT, Notice, lambda t: (col(Notice.at) < t,)),
    _swept("tasks of workers", 90, "they were done", _LIMIT, Task, lambda t: (col(Task.done_at) < t,)),
    _swept(
        "runs of jobs",
        2 * YEAR,
        "they were asked for",
        _LIMIT,
        Job,
        lambda t: (Job.state == JobState.ENDED, col(Job.submitted_at) < t),
    ),
    _swept(
        "quarantine counts of loads",
        2 * YEAR,
        "the load",
        _LIMIT,
        Load,
        lambda t: (col(Load.loaded_at) < t, _said(Load.quarantined, Load.unsupported, Load.quality)),
        quarantined={},
        unsupported={},
        quality={},
    ),
    _swept(
        "receipts of opt-out lists",
        2 * YEAR,
        "the list came, once another is in force",
        _ACCOUNT,
        OptOutList,
        lambda t: (
            col(OptOutList.received_at) < t,
            OptOutList.state != OptOutListState.ACTIVE,
            _said(OptOutList.receipt),
        ),
        receipt={},
    ),
    _swept(
        "refused applications",
        6 * YEAR,
        "they were begun",
        _ACCOUNT,
        Project,
        lambda t: (Project.state == ProjectState.REFUSED, col(Project.created_at) < t, Project.title != REMOVED),
        title=REMOVED,
        application={},
    ),
    _swept("incidents", 6 * YEAR, "they were closed", _ACCOUNT, Incident, lambda t: (col(Incident.closed_at) < t,)),
    _elsewhere("failed sign-ins", "20 minutes", "deleted at the next attempt", _LIMIT),
    _elsewhere(
        "keyed hashes of an opt-out list", "21 days after the service was asked", "key shredded, files removed", _LIMIT
    ),
    _elsewhere("linked records of a snapshot", "until it is retired or fails", "destroyed by the next sweep", _LIMIT),
    _elsewhere("files in a workspace", "until a refresh replaces its snapshot", "purged", _LIMIT),
    _elsewhere("pseudonym key of a project", "until it is closed and its last snapshot gone", "shredded", _LIMIT),
    _elsewhere("keys in a backup", "TRE_KEY_BACKUP_DAYS after the backup", "removed from it", _LIMIT),
    _elsewhere("audit log, checkpoints, votes, reviews, grants, ledger", "for good", "kept", _PROOF),
    _elsewhere("sealed releases, register, notes of draws and ends", "for good", "kept", _PROOF),
)
SWEPT = tuple(each for each in CLASSES if each.table is not None)
