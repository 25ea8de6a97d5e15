"""What the committee decided, as data: columns, period, budget, end date, tier."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger
from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant, opaque_id

JOBS = "JOBS"  # the tier whose authors work through jobs alone and see no row


class Grant(SQLModel, table=True):
    """What the committee decided, as data: columns, period, budget, end date, tier."""

    __tablename__ = "grant"

    id: str = Field(default_factory=lambda: opaque_id("grt"), primary_key=True)
    project_id: str = Field(foreign_key="project.id", unique=True)
    decided_at: datetime = Field(sa_type=Instant)
    tables: dict[str, Any] = Field(sa_type=JSON)
    period_start: date | None = None
    period_end: date | None = None
    ends_on: date
    tier: str = JOBS
    epsilon_micro: int = Field(sa_type=BigInteger)
    delta_e15: int = Field(sa_type=BigInteger)
    micro_rho: int = Field(sa_type=BigInteger)
    delta0_e15: int = Field(default=0, sa_type=BigInteger)
    reviews: int = 2
    agreeing: int = 2
    floor_half_width: int = 10
    preset: str = "nhs-england-sde"
    room_k: int = 0
    longitudinal: bool = False
    conditions: list[dict[str, str]] = Field(default_factory=list, sa_type=JSON)
