"""Log lines hold listed keys only, and nothing that other people's code says."""

import json
import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.logs import KEYS, JsonLines, begin

SECRET = "9990000018 Zebedee"


@pytest.fixture
def said() -> Iterator[StringIO]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = StringIO()
    begin(stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)


def lines(stream: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_our_words_come_out_with_listed_keys_alone(said: StringIO) -> None:
    extra = {"endpoint": "home.tasks", "status": 200, "nhs_number": SECRET}
    logging.getLogger("gateway.requests").info("request", extra=extra)
    (line,) = lines(said)
    assert line | {"time": ""} == {
        "time": "",
        "level": "info",
        "source": "gateway.requests",
        "message": "request",
        "endpoint": "home.tasks",
        "status": 200,
    }


def test_what_others_say_is_withheld(said: StringIO) -> None:
    logging.getLogger("botocore.auth").warning("signing %s", SECRET, extra={"event": SECRET})
    logging.getLogger("botocore.auth").info("signing %s", SECRET)
    (line,) = lines(said)
    assert (line["source"], line["level"]) == ("botocore.auth", "warning")
    assert SECRET not in said.getvalue()


def test_an_exception_is_told_by_its_type(said: StringIO) -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("gateway.web").exception("it broke")
    (line,) = lines(said)
    assert line["error"] == "ValueError"
    assert SECRET not in said.getvalue()


@given(st.dictionaries(st.text(min_size=1).filter(lambda key: not hasattr(logging.makeLogRecord({}), key)), st.text()))
def test_no_key_but_a_listed_one_comes_out(extra: dict[str, str]) -> None:
    record = logging.makeLogRecord({"name": "gateway.web", "msg": "x", **extra})
    told = json.loads(JsonLines().format(record))
    assert set(told) <= {"time", "level", "source", "message", "error", *KEYS}


def test_a_value_that_is_no_json_is_told_by_its_type(said: StringIO) -> None:
    logging.getLogger("tre.worker").info("x", extra={"kind": object()})
    assert lines(said)[0]["kind"] == "object"
