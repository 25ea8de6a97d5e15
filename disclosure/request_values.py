"""The values that a release request may hold: exact decimals, names, keys; what is refused is named, never echoed."""

import re
from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

MICRO = 1_000_000
NAME = r"^[a-z][a-z0-9_]{0,39}$"
_DECIMAL = re.compile(r"-?\d{1,15}(\.\d{1,9})?")
_SHARE = re.compile(r"\d(\.\d{1,3})?")
_EPSILON = re.compile(r"\d{1,9}(\.\d{1,6})?")


def _plain(value: object, shape: re.Pattern[str]) -> Decimal:
    """The exact decimal a number or decimal text stands for; a float stands for its shortest decimal."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise PydanticCustomError("number", "must be a number")
    try:
        exact = (
            Decimal(value) if isinstance(value, str) else Decimal(repr(value) if isinstance(value, float) else value)
        )
    except (InvalidOperation, ValueError):
        raise PydanticCustomError("number", "must be a number") from None
    text = value if isinstance(value, str) else format(exact, "f") if exact.is_finite() and abs(exact) < 10**16 else ""
    if not shape.fullmatch(text) or not text.isascii():
        raise PydanticCustomError("number", "must be a plain decimal number of the size and precision allowed")
    return abs(exact) if exact == 0 else exact


def _width(value: object) -> object:
    """A half-width wanted: more than 0."""
    if value is None:
        return None
    width = _plain(value, _DECIMAL)
    if width <= 0:
        raise PydanticCustomError("half_width", "must be more than 0")
    return width


def _bound(value: object) -> Decimal | None:
    return None if value is None else _plain(value, _DECIMAL)


def micro(value: object) -> int:
    """Epsilon in millionths: more than 0, at most 1."""
    millionths = _plain(value, _EPSILON) * MICRO
    if not 0 < millionths <= MICRO:
        raise PydanticCustomError("epsilon", "must be more than 0 and at most 1")
    return int(millionths)


def _share(value: object) -> Decimal:
    share = _plain(value, _SHARE)
    if not 0 < share < 1:
        raise PydanticCustomError("quantiles", "must lie between 0 and 1")
    return share


def _key(value: object) -> object:
    """A value of a key as text: flags as true and false."""
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int) else value


def printable(value: object) -> object:
    """One line that can be seen."""
    if isinstance(value, str) and (not value.isprintable() or not value.strip()):
        raise PydanticCustomError("title", "must be printable")
    return value


def visible(value: object) -> object:
    """SQL is read by people too: no control characters, nothing invisible or that turns the reading direction."""
    if isinstance(value, str) and not all(sign.isprintable() or sign in "\n\r\t" for sign in value):
        raise PydanticCustomError("sql", "holds a character that cannot be seen")
    return value


def several(value: object) -> object:
    """A list as a tuple."""
    return tuple(value) if isinstance(value, list) else value


Name = Annotated[str, StringConstraints(pattern=NAME, strict=True)]
Bound = Annotated[Decimal | None, BeforeValidator(_bound)]
Width = Annotated[Decimal | None, BeforeValidator(_width)]
Edge = Annotated[Decimal, BeforeValidator(lambda value: _plain(value, _DECIMAL))]
Key = Annotated[str, BeforeValidator(_key), StringConstraints(min_length=1, max_length=40)]
Share = Annotated[Decimal, BeforeValidator(_share)]


class Strict(BaseModel):
    """Frozen; nothing unknown, nothing converted, nothing echoed in an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)
