"""Which test files keep rows in a database: those whose imports reach the factory of databases."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FACTORY = "tests.factories.databases"


@cache
def keeps_rows(path: Path) -> bool:
    """Whether a test file, or a conftest beside or above it other than the root's, names the factory at any remove."""
    above = [folder / "conftest.py" for folder in path.parents if folder.is_relative_to(ROOT / "tests")]
    return any(_reaches(each) for each in (path, *above[:-1]) if each.exists())


def _reaches(path: Path) -> bool:
    seen, waiting = set[Path](), [path]
    while waiting:
        here = waiting.pop()
        if here in seen or not here.exists():
            continue
        seen.add(here)
        names = _imports(here)
        if FACTORY in names:
            return True
        waiting += [ROOT / (name.replace(".", "/") + ".py") for name in names]
    return False


@cache
def _imports(path: Path) -> frozenset[str]:
    """Modules of tests that a file names; `from a import b` may mean a.b."""
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{name.name}" for name in node.names}
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return frozenset(name for name in found if name.startswith("tests."))
