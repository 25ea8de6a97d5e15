"""Who belongs to a project; one of them leads."""

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from gateway.models.columns import opaque_id


class Membership(SQLModel, table=True):
    """Who belongs to a project; one of them leads."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("project_id", "person_id"),)

    id: str = Field(default_factory=lambda: opaque_id("mem"), primary_key=True)
    project_id: str = Field(foreign_key="project.id", index=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    leads: bool = False
