"""Reviewers who differ see each other's words first; what they wrote is kept, and what was submitted in each turn."""

import sqlalchemy as sa
from alembic import op

from gateway.store.migrations.append_only import allow_changes, refuse_changes

revision = "0009"
down_revision = "0008"

STATES = (
    "DRAFT",
    "SUBMITTED",
    "PLAN_CLEARED",
    "RESERVED",
    "DRAWING",
    "SEALED",
    "IN_REVIEW",
    "ADJUDICATING",
    "APPROVED",
    "RELEASED",
    "RECALLED",
    "RETURNED",
    "REFUSED",
    "WITHDRAWN",
    "FAILED",
)
ADDED = "CONSOLIDATING"


def upgrade() -> None:
    """Two tables, four columns, a state of releases."""
    op.create_table(
        "review_draft",
        sa.Column("release_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("seen", sa.String(), nullable=False),
        sa.Column("kept_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"]),
        sa.PrimaryKeyConstraint("release_id", "person_id"),
    )
    op.create_table(
        "submission",
        sa.Column("release_id", sa.String(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("request_digest", sa.String(), nullable=False),
        sa.Column("price", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"]),
        sa.PrimaryKeyConstraint("release_id", "turn"),
    )
    refuse_changes("submission")
    # not as a batch, which makes the table anew: its triggers stay
    op.add_column("review", sa.Column("note", sa.String(), nullable=False, server_default=""))
    op.add_column("review", sa.Column("verdicts", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("grant") as batch_op:
        batch_op.add_column(sa.Column("agreeing", sa.Integer(), nullable=False, server_default="2"))
    op.execute('UPDATE "grant" SET agreeing = reviews')
    with op.batch_alter_table("release") as batch_op:
        batch_op.add_column(sa.Column("copy_of", sa.String(), nullable=True))
    _state((*STATES, ADDED))


def downgrade() -> None:
    """Back; who was to look at a difference once more is left to a third checker."""
    op.execute(f"UPDATE release SET state = 'ADJUDICATING' WHERE state = '{ADDED}'")
    _state(STATES)
    for table, column in (("release", "copy_of"), ("grant", "agreeing"), ("review", "note"), ("review", "verdicts")):
        op.drop_column(table, column)
    allow_changes("submission")
    for table in ("submission", "review_draft"):
        op.drop_table(table)


def _state(values: tuple[str, ...]) -> None:
    if op.get_bind().dialect.name == "postgresql":
        if ADDED in values:
            op.execute(f"ALTER TYPE releasestate ADD VALUE '{ADDED}'")
            return
        op.execute("ALTER TYPE releasestate RENAME TO releasestate_before")
        op.execute(f"CREATE TYPE releasestate AS ENUM ({', '.join(repr(each) for each in values)})")
        op.execute("ALTER TABLE release ALTER COLUMN state TYPE releasestate USING state::text::releasestate")
        op.execute("DROP TYPE releasestate_before")
        return
    with op.batch_alter_table("release") as batch_op:
        batch_op.alter_column("state", type_=sa.Enum(*values, name="releasestate"), existing_nullable=False)
