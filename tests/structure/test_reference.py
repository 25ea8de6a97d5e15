"""What people read is what runs: the generated pages are committed and compared."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlmodel import SQLModel

from gateway.store.migrate import downgrade, upgrade
from infra.reference.pages import PAGES, PERSONAL

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_committed_page_is_the_generated_one(name: str) -> None:
    assert (REFERENCE / name).read_text(encoding="utf-8") == PAGES[name](), "run: python -m infra.reference"


def test_every_table_says_whether_it_holds_personal_data() -> None:
    assert set(PERSONAL) <= set(SQLModel.metadata.tables)


def test_migrations_lead_to_the_models_and_back(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    address = f"sqlite:///{tmp_path / 'x.db'}"
    upgrade(address)
    engine = create_engine(address)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []
    engine.dispose()
    downgrade(address, "base")
    upgrade(address)
