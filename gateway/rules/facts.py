"""What the rules look at: the subject and its surroundings, loaded once under the lock."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.models import (
    Budget,
    Certificate,
    Declaration,
    ErasureOrder,
    Exemption,
    Grant,
    Job,
    Membership,
    OptOutList,
    Pool,
    Project,
    RegisterEntry,
    Release,
    Review,
    Snapshot,
    Vote,
    Workspace,
)
from gateway.vocabulary import Command, Noun, Seat, State


@dataclass(frozen=True)
class Actor:
    """Who acts: a person with the appointments in force now, or the system itself.

    `others` are further accounts that belong to the same human as far as can be known. They give nothing; every
    conflict of interest counts for all of them. `suspended` are seats that are not in `appointments` for want of a
    certificate; `only` is what the token that they came with may do, None for all.
    """

    person_id: str
    name: str
    appointments: frozenset[Seat] = frozenset()
    is_system: bool = False
    others: frozenset[str] = frozenset()
    suspended: frozenset[Seat] = frozenset()
    only: frozenset[Command] | None = None
    organisation: str = ""

    @property
    def is_lay(self) -> bool:
        """True for whoever sits in a lay seat."""
        return Seat.LAY_MEMBER in self.appointments

    @property
    def accounts(self) -> frozenset[str]:
        """Every account of this human."""
        return self.others | {self.person_id}


SYSTEM = Actor("system", "system", is_system=True)


@dataclass(frozen=True)
class Facts:
    """A subject with everything a role or guard may ask about it."""

    noun: Noun
    subject_id: str
    state: State
    now: datetime
    max_list_age_days: int
    pool: Pool
    pool_budget: Budget | None = None
    active_list: OptOutList | None = None
    project: Project | None = None
    grant: Grant | None = None
    budget: Budget | None = None
    members: Sequence[Membership] = ()
    votes: Sequence[Vote] = ()
    declarations: Sequence[Declaration] = ()
    snapshot: Snapshot | None = None
    workspace: Workspace | None = None
    release: Release | None = None
    job: Job | None = None
    reviews: Sequence[Review] = ()
    register_entry: RegisterEntry | None = None
    erasure: ErasureOrder | None = None
    exemption: Exemption | None = None
    exemptions: Sequence[Exemption] = ()  # of the project
    snapshots: Sequence[Snapshot] = ()  # of the project, newest first
    certificate: Certificate | None = None
    refreshing: bool = False
    owner_id: str = ""
    jobs_today: int = 0
    # of the accounts of whoever asks: those with a workspace on the pool, and those that may have seen rows of it
    people_with_workspaces: frozenset[str] = field(default_factory=frozenset)
    informed: frozenset[str] = field(default_factory=frozenset)
