"""What a committee member said of their interests before voting; declarations are added and never changed."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant, opaque_id


class Declaration(SQLModel, table=True):
    """What a committee member said of their interests in an application, in one round."""

    __tablename__ = "declaration"
    __table_args__ = (UniqueConstraint("project_id", "round", "person_id"),)

    id: str = Field(default_factory=lambda: opaque_id("dec"), primary_key=True)
    project_id: str = Field(foreign_key="project.id", index=True)
    round: int
    person_id: str = Field(foreign_key="person.id")
    conflict: bool
    reason: str
    at: datetime = Field(sa_type=Instant)
