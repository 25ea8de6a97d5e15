"""How often a task failed by a defect, apart from how often it was taken up."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """A column."""
    with op.batch_alter_table("task") as batch_op:
        batch_op.add_column(sa.Column("defects", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table("task") as batch_op:
        batch_op.drop_column("defects")
