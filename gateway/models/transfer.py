"""One file on its way into a workspace."""

from datetime import datetime

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant, opaque_id
from gateway.vocabulary import TransferState


class Transfer(SQLModel, table=True):
    """One file on its way into a workspace."""

    __tablename__ = "transfer"

    id: str = Field(default_factory=lambda: opaque_id("trf"), primary_key=True)
    state: TransferState = TransferState.SCANNING
    workspace_id: str = Field(foreign_key="workspace.id", index=True)
    person_id: str
    name: str
    digest: str
    size: int
    submitted_at: datetime = Field(sa_type=Instant)
    findings: list[str] = Field(default_factory=list, sa_type=JSON)
