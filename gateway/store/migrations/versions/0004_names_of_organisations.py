"""What an organisation calls itself, beside its code, with each load."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """A column; loads before it have no name."""
    with op.batch_alter_table("load") as batch_op:
        batch_op.add_column(sa.Column("organisation_name", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table("load") as batch_op:
        batch_op.drop_column("organisation_name")
