"""One request of a person to be erased, or why the law lets it be refused; who it is stands nowhere in it."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant, opaque_id
from gateway.vocabulary import ErasureGround, ErasureRefusal, ErasureState


class ErasureOrder(SQLModel, table=True):
    """One request to be erased. `token` stands for the person until the order is carried out; then it is empty."""

    __tablename__ = "erasure_order"

    id: str = Field(default_factory=lambda: opaque_id("ers"), primary_key=True)
    state: ErasureState = ErasureState.PROPOSED
    pool_id: str = Field(foreign_key="pool.id")
    ground: ErasureGround
    token: str = ""
    proposed_by: str
    proposed_at: datetime = Field(sa_type=Instant)
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    refusal: ErasureRefusal | None = None
    reason: str = ""
    done_at: datetime | None = Field(default=None, sa_type=Instant)
