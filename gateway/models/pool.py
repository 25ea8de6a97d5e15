"""All datasets that may share a person: one ledger for the life of the data (privacy model P8)."""

from typing import Any

from sqlalchemy import JSON, BigInteger
from sqlmodel import Field, SQLModel

from gateway.models.columns import opaque_id
from gateway.vocabulary import PoolState


class Pool(SQLModel, table=True):
    """All datasets that may share a person: one ledger for the life of the data (privacy model P8)."""

    __tablename__ = "pool"

    id: str = Field(default_factory=lambda: opaque_id("pool"), primary_key=True)
    name: str = Field(unique=True)
    state: PoolState = PoolState.OPEN
    public_population: int
    epsilon_micro: int = Field(sa_type=BigInteger)
    delta_e15: int = Field(sa_type=BigInteger)
    committee: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    code_lists: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
