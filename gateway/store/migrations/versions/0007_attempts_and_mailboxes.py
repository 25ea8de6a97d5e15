"""Failed attempts, counted where every worker sees them; the mailbox by which two accounts are known for one human."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """A table, and a column filled from the addresses that are there."""
    op.create_table(
        "attempt",
        sa.Column("whose", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("whose", "since"),
    )
    op.create_index(op.f("ix_attempt_since"), "attempt", ["since"], unique=False)
    with op.batch_alter_table("person") as batch_op:
        batch_op.add_column(sa.Column("mailbox", sa.String(), nullable=False, server_default=""))
        batch_op.create_index(batch_op.f("ix_person_mailbox"), ["mailbox"], unique=False)
    connection = op.get_bind()
    for key, email in connection.execute(sa.text("SELECT id, email FROM person")).all():
        written = {"key": key, "mailbox": _mailbox(email)}
        connection.execute(sa.text("UPDATE person SET mailbox = :mailbox WHERE id = :key"), written)


def _mailbox(email: str) -> str:
    # as gateway.models.person has it today: a migration does not change when that does
    name, at, domain = unicodedata.normalize("NFKC", email).strip().casefold().rpartition("@")
    name = name.partition("+")[0]
    return f"{name}@{domain}" if at and name and domain else ""


def downgrade() -> None:
    """Back; who failed how often is forgotten."""
    with op.batch_alter_table("person") as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_mailbox"))
        batch_op.drop_column("mailbox")
    op.drop_index(op.f("ix_attempt_since"), table_name="attempt")
    op.drop_table("attempt")
