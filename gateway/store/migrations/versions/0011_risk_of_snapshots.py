"""What a build says of the risk in its rows."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """One column; nothing is known of snapshots built before."""
    with op.batch_alter_table("snapshot") as batch_op:
        batch_op.add_column(sa.Column("risk", sa.JSON(), nullable=False, server_default="{}"))


def downgrade() -> None:
    """Back; manifests still hold the reports."""
    with op.batch_alter_table("snapshot") as batch_op:
        batch_op.drop_column("risk")
