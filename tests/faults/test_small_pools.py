"""A pool of few people has a large delta in 1e-15: every column of either database holds it."""

from pathlib import Path

from gateway.models import Pool
from gateway.settings import Settings
from gateway.store.unit_of_work import UnitOfWork
from tests.factories.databases import new_database

LARGEST = 10**15 // 100  # of a pool of one person


def test_the_largest_delta_fits(tmp_path: Path) -> None:
    settings = Settings(folder=tmp_path, secret_key="k" * 32, database_url=new_database(tmp_path))
    unit = UnitOfWork(settings.database)
    with unit.writing() as work:
        made = work.add(Pool(name="One", public_population=1, epsilon_micro=10**10, delta_e15=LARGEST))
    with unit.reading() as work:
        assert work.need(Pool, made.id).delta_e15 == LARGEST
    unit.dispose()
