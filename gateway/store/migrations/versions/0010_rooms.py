"""When a job shows as running, who stopped it, what it used; whether a workspace's notebook is to be open."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

ADDED: dict[str, dict[str, type[sa.types.TypeEngine[Any]]]] = {
    "job": {
        "start_shown_at": sa.DateTime,
        "stopped_at": sa.DateTime,
        "seconds": sa.Float,
        "cpu_seconds": sa.Float,
    },
    "workspace": {"room_asked_at": sa.DateTime, "room_asked_by": sa.String},
}


def upgrade() -> None:
    """Six columns, empty for what is there. What runs at that moment shows as running as before."""
    for table, columns in ADDED.items():
        with op.batch_alter_table(table) as batch_op:
            for name, kind in columns.items():
                batch_op.add_column(sa.Column(name, kind(), nullable=True))
    op.execute("UPDATE job SET start_shown_at = started_at")


def downgrade() -> None:
    """Back; open notebooks are forgotten."""
    for table, columns in ADDED.items():
        with op.batch_alter_table(table) as batch_op:
            for name in columns:
                batch_op.drop_column(name)
