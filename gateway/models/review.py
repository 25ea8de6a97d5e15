"""One verdict on a release: on its plan, on its artefact, or the one that settles a difference."""

from datetime import datetime

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant, opaque_id
from gateway.vocabulary import Verdict


class Review(SQLModel, table=True):
    """One verdict on a release: on its plan, on its artefact, after both were seen, or the one that settles.

    `reason` is for the author, `note` for checkers alone, `verdicts` says statistic by statistic what was thought.
    """

    __tablename__ = "review"
    __table_args__ = (UniqueConstraint("release_id", "turn", "stage", "person_id"),)

    id: str = Field(default_factory=lambda: opaque_id("rev"), primary_key=True)
    release_id: str = Field(foreign_key="release.id", index=True)
    turn: int
    stage: str
    person_id: str = Field(foreign_key="person.id")
    verdict: Verdict
    reason: str
    note: str = ""
    verdicts: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    at: datetime = Field(sa_type=Instant)
