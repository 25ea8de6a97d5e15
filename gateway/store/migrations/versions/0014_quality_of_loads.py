"""How good each load is, measured when it was made."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """One column; nothing was measured of loads made before."""
    with op.batch_alter_table("load") as batch_op:
        batch_op.add_column(sa.Column("quality", sa.JSON(), nullable=False, server_default="{}"))


def downgrade() -> None:
    """Back; what was measured stays with the loads in the vault."""
    with op.batch_alter_table("load") as batch_op:
        batch_op.drop_column("quality")
