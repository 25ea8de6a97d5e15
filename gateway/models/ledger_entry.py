"""One line of the ledger; lines are added and never changed."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant
from gateway.vocabulary import EntryKind


class LedgerEntry(SQLModel, table=True):
    """One line of the ledger; lines are added and never changed."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        UniqueConstraint("release_id", "kind"),
        CheckConstraint("micro_rho >= 0 AND delta_e15 >= 0", name="ledger_not_negative"),
    )

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Instant)
    pool_id: str = Field(foreign_key="pool.id", index=True)
    project_id: str = Field(index=True)
    release_id: str | None = Field(default=None, index=True)
    kind: EntryKind
    micro_rho: int = Field(sa_type=BigInteger)
    delta_e15: int = Field(sa_type=BigInteger)
