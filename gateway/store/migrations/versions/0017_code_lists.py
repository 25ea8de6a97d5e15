"""Code lists that were imported, and which of them views may cite."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """One table, and a column of pools."""
    texts = ("slug", "name", "vocabulary", "publisher", "digest", "imported_by")
    op.create_table(
        "code_list",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in texts),
        sa.Column("concept_ids", sa.JSON(), nullable=False),
        sa.Column("codes", sa.JSON(), nullable=False),
        sa.Column("imported_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("slug", "version"),
    )
    with op.batch_alter_table("pool") as batch_op:
        batch_op.add_column(sa.Column("code_lists", sa.JSON(), nullable=False, server_default="{}"))


def downgrade() -> None:
    """Back; requests that cite an imported list can no longer be drawn."""
    with op.batch_alter_table("pool") as batch_op:
        batch_op.drop_column("code_lists")
    op.drop_table("code_list")
