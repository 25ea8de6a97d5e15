"""A signed statement of the log's size and Merkle root; added and never changed."""

from datetime import datetime

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant


class Checkpoint(SQLModel, table=True):
    """A signed statement of the log's size and Merkle root; added and never changed."""

    __tablename__ = "checkpoint"

    size: int = Field(primary_key=True)
    root: str
    at: datetime = Field(sa_type=Instant)
    public_key: str
    signature: str
    edge: list[str] = Field(sa_type=JSON)  # the tree's frontier, from which the next checkpoint goes on
