"""What lists are ordered by and chosen by, and the name by which further accounts of somebody are found."""

from alembic import op

revision = "0012"
down_revision = "0011"

COLUMNS = (
    ("project", "created_at"),
    ("project", "state"),
    ("release", "created_at"),
    ("release", "state"),
    ("snapshot", "state"),
    ("register_entry", "published_at"),
    ("register_entry", "state"),
    ("person", "subject"),
)


def upgrade() -> None:
    """Indices alone."""
    for table, column in COLUMNS:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def downgrade() -> None:
    """Back."""
    for table, column in reversed(COLUMNS):
        op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)
