"""Files of tests have names of their own: two of one name cannot be collected in one run."""

from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_no_two_files_of_tests_have_one_name():
    named = Counter(path.name for path in TESTS.rglob("test_*.py"))
    assert named["test_names.py"] == 1
    assert [name for name, times in named.items() if times > 1] == []
