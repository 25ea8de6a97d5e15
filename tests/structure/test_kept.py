"""Marks of what runs on both databases."""

from tests.factories.kept import ROOT, keeps_rows


def test_who_keeps_rows_is_found_at_any_remove() -> None:
    tests = ROOT / "tests"
    assert keeps_rows(tests / "faults" / "test_crash_loop.py"), "imports the factory itself"
    assert keeps_rows(tests / "unit" / "releases" / "test_twin.py"), "through sites, through gateways"
    assert not keeps_rows(tests / "unit" / "disclosure" / "test_noise.py")
