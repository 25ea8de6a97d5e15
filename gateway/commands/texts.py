"""What people may write: text that every reader sees as it is. Pages, API and command line come by here alike."""

import unicodedata
from typing import Annotated, Any

from pydantic import BaseModel, StringConstraints

TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=3000)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=3000)]  # may be empty
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


def odd(text: str) -> bool:
    """True for characters that no reader sees: controls, and marks that turn the direction of what follows."""
    return any((unicodedata.category(each) == "Cc" and each not in "\n\r\t") or each in TURNING for each in text)


def odd_fields(given: BaseModel, but: frozenset[str]) -> list[str]:
    """The fields with such characters anywhere in them, sorted, with the place inside: `data.0.reason`."""
    told = {name: value for name, value in given.model_dump(mode="json").items() if name not in but}
    return sorted(_places(told, ""))


def _places(value: Any, at: str) -> set[str]:
    if isinstance(value, str):
        return {at} if odd(value) else set()
    if isinstance(value, dict):
        names = {at} if any(odd(str(name)) for name in value) else set()
        return names.union(*(_places(inner, f"{at}.{name}".lstrip(".")) for name, inner in value.items()))
    if isinstance(value, list):
        return set().union(*(_places(inner, f"{at}.{place}") for place, inner in enumerate(value)))
    return set()
