"""What whoever has the keys can read of a vault's disk: every load opened beside it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.store.keys import Keys
from workspaces.intake.load_files import open_tables_of


@contextmanager
def opened_loads(vault: Path, keys: Keys, place: Path) -> Iterator[Path]:
    """A folder in `place` with the tables of each load that has a key, whether it counts as a load or not."""
    opened = place / "opened loads"
    opened.mkdir()
    try:
        for folder in (vault / "loads").iterdir():
            if folder.name in keys.loads():
                (opened / folder.name).mkdir()
                open_tables_of(folder, opened / folder.name, keys.load(folder.name))
        yield opened
    finally:
        shutil.rmtree(opened)
