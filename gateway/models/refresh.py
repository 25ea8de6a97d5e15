"""One refresh: every project's records built anew with those who may still be used, the old ones destroyed."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant, opaque_id
from gateway.vocabulary import RefreshState


class Refresh(SQLModel, table=True):
    """One refresh of every project's records."""

    __tablename__ = "refresh"

    id: str = Field(default_factory=lambda: opaque_id("rfr"), primary_key=True)
    state: RefreshState = RefreshState.RUNNING
    pool_id: str = Field(foreign_key="pool.id")
    opt_out_list_id: str
    begun_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
