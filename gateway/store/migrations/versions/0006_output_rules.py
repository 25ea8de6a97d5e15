"""The output rules that a grant's releases are checked against."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
DEFAULT = "nhs-england-sde"


def upgrade() -> None:
    """A column; grants before it have the default rules."""
    with op.batch_alter_table("grant") as batch_op:
        batch_op.add_column(sa.Column("preset", sa.String(), nullable=False, server_default=DEFAULT))


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table("grant") as batch_op:
        batch_op.drop_column("preset")
