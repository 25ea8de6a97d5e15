"""Run by Alembic with a connection that `migrate.py` hands over."""

from alembic import context
from sqlmodel import SQLModel

import gateway.models  # noqa: F401 - fills the metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
