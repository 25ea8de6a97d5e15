"""What a server prepares before it forks: templates, statistics; no connection goes along."""

import gc
from pathlib import Path

from gateway.app import create_app
from gateway.settings import Settings
from gateway.store.unit_of_work import UnitOfWork
from gateway.web.layout import TEMPLATES
from gateway.web.warm import warm


def test_every_page_is_compiled_before_anybody_asks(tmp_path: Path) -> None:
    app = create_app(Settings(folder=tmp_path, secret_key="k" * 32, demo=True))
    frozen = gc.get_freeze_count()
    try:
        warm(app)
        assert gc.get_freeze_count() > frozen
    finally:
        gc.unfreeze()
    assert app.jinja_env.cache is not None
    compiled = {name for _, name in app.jinja_env.cache}
    ours = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html")}
    assert ours
    assert ours <= compiled
    assert any(name.startswith("nhsuk/components/tables") for name in compiled)


def test_a_process_forgets_the_connections_it_was_born_with(tmp_path: Path) -> None:
    unit = UnitOfWork(f"sqlite:///{tmp_path / 'x.db'}")
    with unit.engine.connect() as before:
        unit.forget_connections()
        with unit.engine.connect() as after:
            assert after.connection.dbapi_connection is not before.connection.dbapi_connection
        assert before.exec_driver_sql("SELECT 1").scalar() == 1, "it is still the other process's own"
    unit.dispose()
