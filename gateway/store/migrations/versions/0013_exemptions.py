"""Exemptions from the national opt-out, and which builds rest on one."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

STATES = ("PROPOSED", "SECONDED", "IN_FORCE", "REFUSED", "ENDED")
GROUNDS = (
    "COMMUNICABLE_DISEASE",
    "OVERRIDING_PUBLIC_INTEREST",
    "LEGAL_REQUIREMENT",
    "ONS_OFFICIAL_STATISTICS",
    "CANCER_OR_CONGENITAL_REGISTRY",
    "SPECIFIC_EXEMPTION",
)


def upgrade() -> None:
    """One table and two columns; no build so far rests on an exemption."""
    op.create_table(
        "exemption",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("state", sa.Enum(*STATES, name="exemptionstate"), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("ground", sa.Enum(*GROUNDS, name="exemptionground"), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("decided_by", "reference")),
        *(sa.Column(name, sa.Date(), nullable=False) for name in ("decided_on", "expires_on")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("why", "proposed_by")),
        sa.Column("proposed_at", sa.DateTime(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("seconded_by", "approved_by")),
        *(sa.Column(name, sa.DateTime(), nullable=True) for name in ("in_force_at", "ended_at")),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_exemption_project_id", "exemption", ["project_id"])
    with op.batch_alter_table("snapshot") as batch_op:
        batch_op.add_column(sa.Column("exemption_id", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("exempted", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Back; which builds rested on an exemption stands in their manifests alone."""
    with op.batch_alter_table("snapshot") as batch_op:
        batch_op.drop_column("exempted")
        batch_op.drop_column("exemption_id")
    op.drop_table("exemption")
    if op.get_bind().dialect.name == "postgresql":
        for name in ("exemptionstate", "exemptionground"):
            op.execute(f"DROP TYPE {name}")
