"""Erasure orders, refreshes, and what ties builds, jobs and workspaces to them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

KINDS = ("BUILD_SNAPSHOT", "SCAN_TRANSFER", "RUN_JOB", "DRAW_RELEASE", "SIGN_CHECKPOINT")
STATES = ("REQUESTED", "BUILDING", "BUILT", "CLEARED", "RETIRED", "FAILED")
GROUNDS = (
    "NO_LONGER_NECESSARY",
    "CONSENT_WITHDRAWN",
    "OBJECTION",
    "UNLAWFUL_PROCESSING",
    "LEGAL_OBLIGATION",
    "CHILD_ONLINE_SERVICE",
)
REFUSALS = ("EXPRESSION", "LEGAL_TASK", "PUBLIC_HEALTH", "RESEARCH_IMPAIRED", "LEGAL_CLAIMS", "NO_GROUND")
ADDED = {"snapshot": "refresh_id", "job": "snapshot_id", "workspace": "refresh_id"}


def upgrade() -> None:
    """Two tables, three columns, a state of snapshots and a kind of task."""
    op.create_table(
        "erasure_order",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("state", sa.Enum("PROPOSED", "APPROVED", "REFUSED", "DONE", name="erasurestate"), nullable=False),
        sa.Column("pool_id", sa.String(), nullable=False),
        sa.Column("ground", sa.Enum(*GROUNDS, name="erasureground"), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("refusal", sa.Enum(*REFUSALS, name="erasurerefusal"), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "refresh",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("state", sa.Enum("RUNNING", "DONE", name="refreshstate"), nullable=False),
        sa.Column("pool_id", sa.String(), nullable=False),
        sa.Column("opt_out_list_id", sa.String(), nullable=False),
        sa.Column("begun_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for table, column in ADDED.items():
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column(column, sa.String(), nullable=True))
    _one_more("task", "kind", "taskkind", KINDS, "REFRESH")
    _one_more("snapshot", "state", "snapshotstate", STATES, "DESTROYED")


def downgrade() -> None:
    """Back; which snapshots were destroyed by a refresh is forgotten, they stay retired."""
    op.execute("DELETE FROM task WHERE kind = 'REFRESH'")
    op.execute("UPDATE snapshot SET state = 'RETIRED' WHERE state = 'DESTROYED'")
    _one_less("task", "kind", "taskkind", KINDS)
    _one_less("snapshot", "state", "snapshotstate", STATES)
    for table, column in ADDED.items():
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column(column)
    for table in ("refresh", "erasure_order"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for name in ("refreshstate", "erasurestate", "erasureground", "erasurerefusal"):
            op.execute(f"DROP TYPE {name}")


def _one_more(table: str, column: str, name: str, known: tuple[str, ...], added: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TYPE {name} ADD VALUE '{added}'")
        return
    with op.batch_alter_table(table) as batch_op:
        batch_op.alter_column(column, type_=sa.Enum(*known, added, name=name), existing_nullable=False)


def _one_less(table: str, column: str, name: str, kept: tuple[str, ...]) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TYPE {name} RENAME TO {name}_before")
        op.execute(f"CREATE TYPE {name} AS ENUM ({', '.join(repr(each) for each in kept)})")
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {name} USING {column}::text::{name}")
        op.execute(f"DROP TYPE {name}_before")
        return
    with op.batch_alter_table(table) as batch_op:
        batch_op.alter_column(column, type_=sa.Enum(*kept, name=name), existing_nullable=False)
