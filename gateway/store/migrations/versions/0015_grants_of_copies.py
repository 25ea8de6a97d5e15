"""What a grant says of the workspace's copy."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Two columns; grants so far demand nothing."""
    with op.batch_alter_table("grant") as batch_op:
        batch_op.add_column(sa.Column("room_k", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("longitudinal", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Back; copies that were built stay as they are."""
    with op.batch_alter_table("grant") as batch_op:
        batch_op.drop_column("longitudinal")
        batch_op.drop_column("room_k")
