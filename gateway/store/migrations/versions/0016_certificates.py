"""Certificates and what seats demand, the agreement and who signs it, scopes of tokens; how committees decide."""

import sqlalchemy as sa
from alembic import op

from gateway.store.migrations.append_only import allow_changes, refuse_changes

revision = "0016"
down_revision = "0015"

SEATS = ("RESEARCHER", "COMMITTEE_MEMBER", "LAY_MEMBER", "OUTPUT_CHECKER", "IG_OFFICER", "OPERATOR", "AUDITOR")
ADDED = "SIGNATORY"
KEPT = (("pool", "committee", "{}"), ("project", "committee", "{}"), ("grant", "conditions", "[]"))
INDICES = ("state", "person_id", "organisation", "presented_at")


def upgrade() -> None:
    """Four tables, a seat, six columns: tokens and committees that there are go on as before."""
    op.create_table(
        "certificate",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("PRESENTED", "ACCEPTED", "REFUSED", "REVOKED", name="certificatestate"),
            nullable=False,
        ),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("presented_at", sa.DateTime(), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("warned_days", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in INDICES:
        op.create_index(op.f(f"ix_certificate_{column}"), "certificate", [column], unique=False)
    op.create_table(
        "requirement",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("seat", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "access_terms",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(), nullable=False),
        sa.Column("in_force_from", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "declaration",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("conflict", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("project_id", "round", "person_id"),
    )
    op.create_index(op.f("ix_declaration_project_id"), "declaration", ["project_id"], unique=False)
    refuse_changes("declaration")
    # not as a batch, which makes the table anew: its triggers stay
    op.add_column("vote", sa.Column("provider", sa.String(), nullable=False, server_default=""))
    op.add_column("vote", sa.Column("conditions", sa.JSON(), nullable=False, server_default="[]"))
    for table, column, empty in KEPT:
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column(column, sa.JSON(), nullable=False, server_default=empty))
    _seats((*SEATS, ADDED))
    with op.batch_alter_table("api_token") as batch_op:
        batch_op.add_column(sa.Column("scope", sa.String(), nullable=False, server_default="EVERYTHING"))


def downgrade() -> None:
    """Back; whoever signs for an organisation loses that seat, and tokens may again do everything."""
    # a token that was narrow would become wide
    op.execute("DELETE FROM api_token WHERE scope <> 'EVERYTHING'")
    with op.batch_alter_table("api_token") as batch_op:
        batch_op.drop_column("scope")
    for table, column, _ in KEPT:
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column(column)
    for column in ("conditions", "provider"):
        op.drop_column("vote", column)
    allow_changes("declaration")
    op.drop_index(op.f("ix_declaration_project_id"), table_name="declaration")
    op.drop_table("declaration")
    op.execute(f"DELETE FROM appointment WHERE role = '{ADDED}'")
    _seats(SEATS)
    for table in ("access_terms", "requirement"):
        op.drop_table(table)
    for column in reversed(INDICES):
        op.drop_index(op.f(f"ix_certificate_{column}"), table_name="certificate")
    op.drop_table("certificate")
    sa.Enum(name="certificatestate").drop(op.get_bind(), checkfirst=True)


def _seats(values: tuple[str, ...]) -> None:
    if op.get_bind().dialect.name == "postgresql":
        if ADDED in values:
            op.execute(f"ALTER TYPE seat ADD VALUE '{ADDED}'")
            return
        op.execute("ALTER TYPE seat RENAME TO seat_before")
        op.execute(f"CREATE TYPE seat AS ENUM ({', '.join(repr(each) for each in values)})")
        op.execute("ALTER TABLE appointment ALTER COLUMN role TYPE seat USING role::text::seat")
        op.execute("DROP TYPE seat_before")
        return
    with op.batch_alter_table("appointment") as batch_op:
        batch_op.alter_column("role", type_=sa.Enum(*values, name="seat"), existing_nullable=False)
