"""Deltas in 1e-15 of small pools, and any epsilon in micro-units, in eight bytes like the budgets."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
COLUMNS = ("epsilon_micro", "delta_e15")


def upgrade() -> None:
    """From four bytes to eight."""
    _alter(sa.Integer(), sa.BigInteger())


def downgrade() -> None:
    """Back; PostgreSQL refuses where a value does not fit."""
    _alter(sa.BigInteger(), sa.Integer())


def _alter(before: sa.Integer, after: sa.Integer) -> None:
    for table in ("pool", "grant"):
        with op.batch_alter_table(table) as batch_op:
            for column in COLUMNS:
                batch_op.alter_column(column, existing_type=before, type_=after, existing_nullable=False)
