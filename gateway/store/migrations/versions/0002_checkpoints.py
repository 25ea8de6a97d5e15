"""Signed checkpoints of the audit log."""

import sqlalchemy as sa
from alembic import op

from gateway.store.migrations.append_only import allow_changes, refuse_changes

revision = "0002"
down_revision = "0001"

KINDS = ("BUILD_SNAPSHOT", "SCAN_TRANSFER", "RUN_JOB", "DRAW_RELEASE")


def upgrade() -> None:
    """A table, and a kind of task."""
    op.create_table(
        "checkpoint",
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("root", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("edge", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("size"),
    )
    refuse_changes("checkpoint")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TYPE taskkind ADD VALUE 'SIGN_CHECKPOINT'")
        return
    with op.batch_alter_table("task") as batch_op:
        batch_op.alter_column(
            "kind", type_=sa.Enum(*KINDS, "SIGN_CHECKPOINT", name="taskkind"), existing_nullable=False
        )


def downgrade() -> None:
    """Back; tasks of the kind are gone with it."""
    allow_changes("checkpoint")
    op.drop_table("checkpoint")
    op.execute("DELETE FROM task WHERE kind = 'SIGN_CHECKPOINT'")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TYPE taskkind RENAME TO taskkind_before")
        op.execute(f"CREATE TYPE taskkind AS ENUM ({', '.join(repr(kind) for kind in KINDS)})")
        op.execute("ALTER TABLE task ALTER COLUMN kind TYPE taskkind USING kind::text::taskkind")
        op.execute("DROP TYPE taskkind_before")
        return
    with op.batch_alter_table("task") as batch_op:
        batch_op.alter_column("kind", type_=sa.Enum(*KINDS, name="taskkind"), existing_nullable=False)
