"""One committee vote of one round; votes are added and never changed."""

from datetime import datetime

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant, opaque_id
from gateway.vocabulary import Verdict


class Vote(SQLModel, table=True):
    """One committee vote of one round; votes are added and never changed."""

    __tablename__ = "vote"
    __table_args__ = (UniqueConstraint("project_id", "round", "person_id"),)

    id: str = Field(default_factory=lambda: opaque_id("vote"), primary_key=True)
    project_id: str = Field(foreign_key="project.id", index=True)
    round: int
    person_id: str = Field(foreign_key="person.id")
    lay: bool
    verdict: Verdict
    reason: str
    provider: str = ""
    conditions: list[dict[str, str]] = Field(default_factory=list, sa_type=JSON)
    at: datetime = Field(sa_type=Instant)
