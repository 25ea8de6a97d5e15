"""Request bodies: one JSON object of bounded size and depth, read strictly; nothing of it is ever echoed."""

import json
import math
from typing import Any, Never

from workspaces.catalogue.errors import Invalid

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 32


class Malformed(Invalid):
    """Not JSON at all: 400, where other bad input is 422."""

    def __init__(self) -> None:
        super().__init__(
            "input:malformed", "The body is not one JSON object.", "Send a JSON object, in UTF-8, without NaN."
        )


class TooLarge(Invalid):
    """More than one request may hold: 413. Pages and API say the same."""

    def __init__(self) -> None:
        super().__init__(
            "input:too_large",
            f"What was sent is larger than {MAX_BYTES // 1024 // 1024} MiB.",
            "Send something smaller.",
        )


def read_object(data: bytes) -> dict[str, Any]:
    """The object that the body holds; an empty body is the empty object. Raises Malformed."""
    if not data.strip():
        return {}
    try:
        text = data.decode("utf-8")
        body = json.loads(text, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_once)
        json.dumps(body, ensure_ascii=False).encode("utf-8")  # a lone surrogate is not text
    except (ValueError, RecursionError):
        raise Malformed from None
    if not isinstance(body, dict) or _deeper(body, MAX_DEPTH):
        raise Malformed
    return body


def _refuse(_: str) -> Never:
    raise ValueError("not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    body = dict(pairs)
    if len(body) != len(pairs):
        raise ValueError("a name stands twice")
    return body


def _deeper(value: object, than: int) -> bool:
    level: list[object] = [value]
    for _ in range(than):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
