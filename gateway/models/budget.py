"""What a pool, or a project in it, holds: micro-rho and delta in 1e-15, kept within bounds by the database."""

from sqlalchemy import BigInteger, CheckConstraint
from sqlmodel import Field, SQLModel


class Budget(SQLModel, table=True):
    """What a pool, or a project in it, holds: micro-rho and delta in 1e-15, kept within bounds by the database."""

    __tablename__ = "budget"
    __table_args__ = (
        CheckConstraint("reserved_micro_rho >= 0 AND spent_micro_rho >= 0", name="budget_rho_not_negative"),
        CheckConstraint("reserved_delta_e15 >= 0 AND spent_delta_e15 >= 0", name="budget_delta_not_negative"),
        CheckConstraint("reserved_micro_rho + spent_micro_rho <= granted_micro_rho", name="budget_rho_covers"),
        CheckConstraint("reserved_delta_e15 + spent_delta_e15 <= granted_delta_e15", name="budget_delta_covers"),
    )

    id: str = Field(primary_key=True)
    pool_id: str = Field(foreign_key="pool.id", index=True)
    project_id: str | None = Field(default=None, unique=True)
    granted_micro_rho: int = Field(default=0, sa_type=BigInteger)
    granted_delta_e15: int = Field(default=0, sa_type=BigInteger)
    reserved_micro_rho: int = Field(default=0, sa_type=BigInteger)
    reserved_delta_e15: int = Field(default=0, sa_type=BigInteger)
    spent_micro_rho: int = Field(default=0, sa_type=BigInteger)
    spent_delta_e15: int = Field(default=0, sa_type=BigInteger)
