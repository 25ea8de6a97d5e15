"""The threat model names tests that exist, and has one for every row."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs/threat-model.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and "| threat |" not in line and not line.startswith("| threat")
]


def test_every_threat_has_a_control_and_a_test_that_exists() -> None:
    assert len(ROWS) > 60
    for threat, control, proof in ROWS:
        assert control, threat
        named = re.fullmatch(r"`([a-z0-9_/]+\.py)(?:::(test_\w+))?`", proof)
        assert named, threat
        text = (ROOT / "tests" / named[1]).read_text(encoding="utf-8")
        assert f"def {named[2] or 'test_'}" in text, proof


def test_every_file_of_attacks_proves_a_row() -> None:
    proofs = {row[2].strip("`").partition("::")[0] for row in ROWS}
    assert {f"attacks/{path.name}" for path in (ROOT / "tests/attacks").glob("test_*.py")} <= proofs


def test_no_threat_is_told_twice() -> None:
    threats = [row[0] for row in ROWS]
    assert len(threats) == len(set(threats))
