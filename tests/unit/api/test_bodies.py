"""Bodies are read strictly: one JSON object of bounded size and depth, or nothing."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.commands.bodies import MAX_DEPTH, Malformed, read_object

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
MALFORMED = {
    "a list": b"[]",
    "a number": b"1",
    "null": b"null",
    "a name twice": b'{"a": 1, "a": 2}',
    "a name twice inside": b'{"b": [{"a": 1, "a": 1}]}',
    "NaN": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "a float that is none": b'{"a": 1e400}',
    "an integer without end": b'{"a": ' + b"1" * 5000 + b"}",
    "too deep": b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1),
    "far too deep": b"[" * 200_000,
    "cut off": b'{"a": ',
    "two objects": b"{}{}",
    "not UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a lone surrogate": b'{"a": "\\ud800"}',
    "a comment": b"{} // x",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_not_one_object_is_refused(name: str) -> None:
    with pytest.raises(Malformed):
        read_object(MALFORMED[name])


@pytest.mark.parametrize("nothing", [b"", b" \n"])
def test_nothing_is_the_empty_object(nothing: bytes) -> None:
    assert read_object(nothing) == {}


@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_an_object_comes_back_as_it_was(value: dict[str, object]) -> None:
    assert read_object(json.dumps(value).encode()) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_an_object_or_refused(data: bytes) -> None:
    with suppress(Malformed):
        assert isinstance(read_object(data), dict)
