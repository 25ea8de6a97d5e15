"""One decision of somebody outside that the national opt-out does not apply to a project, and who let it act here."""

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant, opaque_id
from gateway.vocabulary import ExemptionGround, ExemptionState


class Exemption(SQLModel, table=True):
    """A cited decision: what it rests on, who took it, until when it acts; nothing in it is about one person."""

    __tablename__ = "exemption"

    id: str = Field(default_factory=lambda: opaque_id("exm"), primary_key=True)
    state: ExemptionState = ExemptionState.PROPOSED
    project_id: str = Field(foreign_key="project.id", index=True)
    ground: ExemptionGround
    decided_by: str
    reference: str
    decided_on: date
    expires_on: date
    why: str
    proposed_by: str
    proposed_at: datetime = Field(sa_type=Instant)
    seconded_by: str = ""
    approved_by: str = ""
    in_force_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    reason: str = ""
