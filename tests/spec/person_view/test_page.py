"""What the page on person views shows is accepted, and yields what its text says it does."""

import re
from pathlib import Path

import pytest

from disclosure.person_view import aggregates, windows
from tests.factories.worlds import proven

PAGE = (Path(__file__).parents[3] / "docs" / "person-views.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```sql\n(.+?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: text[:40])
def test_an_example_is_accepted(text):
    assert proven(sql=text).columns


def test_every_aggregate_and_window_function_is_named():
    named = {"LogicalOr": "bool_or", "LogicalAnd": "bool_and"}
    for node in (*aggregates.NODES, *windows._PLACED, *windows._RANKS):
        word = named.get(node.__name__, re.sub(r"(?<!^)(?=[A-Z])", "_", node.__name__).lower())
        assert re.search(rf"\b{word}\b", PAGE, re.IGNORECASE), word
