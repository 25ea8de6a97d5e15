"""One answer of the national opt-out service; the exact receipt stays inside, a commitment may leave."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant, opaque_id
from gateway.vocabulary import OptOutListState


class OptOutList(SQLModel, table=True):
    """One answer of the national opt-out service; the exact receipt stays inside, a commitment may leave."""

    __tablename__ = "opt_out_list"

    id: str = Field(default_factory=lambda: opaque_id("ool"), primary_key=True)
    state: OptOutListState = OptOutListState.RECEIVED
    pool_id: str = Field(foreign_key="pool.id")
    local_id: str = Field(unique=True)
    list_date: datetime = Field(sa_type=Instant)
    digest: str
    commitment: str
    nonce: str
    receipt: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    received_at: datetime = Field(sa_type=Instant)
    activated_at: datetime | None = Field(default=None, sa_type=Instant)
