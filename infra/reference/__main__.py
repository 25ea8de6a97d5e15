"""`python -m infra.reference` writes every generated page."""

from pathlib import Path

from infra.reference.pages import PAGES

folder = Path(__file__).parents[2] / "docs" / "reference"
folder.mkdir(parents=True, exist_ok=True)
for name, write in PAGES.items():
    (folder / name).write_text(write(), encoding="utf-8")
