"""Failed attempts of one address or account in one span of time; whose they are is known by a keyed digest alone."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant


class Attempt(SQLModel, table=True):
    """Failed attempts of one address or account in one span of time."""

    __tablename__ = "attempt"

    whose: str = Field(primary_key=True)
    since: datetime = Field(sa_type=Instant, primary_key=True, index=True)
    failures: int = 0
