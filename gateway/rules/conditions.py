"""Conditions of an approval: data that become the grant's limits, and prose that no control carries out.

Of several conditions the strictest holds; none can give more than was asked for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any


class Control(StrEnum):
    """What a condition limits."""

    EPSILON_AT_MOST = "EPSILON_AT_MOST"
    ENDS_BY = "ENDS_BY"
    WITHOUT_COLUMN = "WITHOUT_COLUMN"
    REVIEWS_AT_LEAST = "REVIEWS_AT_LEAST"
    PROSE = "PROSE"


@dataclass(frozen=True)
class Condition:
    """One condition as it was written."""

    control: Control
    value: str

    @property
    def is_kept(self) -> bool:
        """True when the gateway itself keeps it; prose is for people to keep."""
        return self.control is not Control.PROSE


def read(kept: Iterable[Mapping[str, str]]) -> list[Condition]:
    """The conditions as a vote keeps them."""
    return [Condition(Control(each["control"]), each["value"]) for each in kept]


def is_sound(condition: Condition, asked: Mapping[str, Any]) -> bool:
    """True when the condition can be carried out on an application: a number, a day, a column that it asks for."""
    value = condition.value
    if condition.control is Control.EPSILON_AT_MOST:
        number = _number(value)
        return number is not None and 0 < number <= 10
    if condition.control is Control.ENDS_BY:
        return _day(value) is not None
    if condition.control is Control.WITHOUT_COLUMN:
        return value in {f"{each['table']}.{name}" for each in asked["data"] for name in each["columns"]}
    if condition.control is Control.REVIEWS_AT_LEAST:
        return value in ("2", "3", "4", "5")
    return bool(value.strip())


def applied(asked: Mapping[str, Any], conditions: Iterable[Condition]) -> dict[str, Any]:
    """The application that is granted: what was asked for under every condition."""
    granted = dict(asked)
    for each in conditions:
        granted = _KEPT[each.control](granted, each.value) if each.is_kept else granted
    return granted


def _epsilon(asked: dict[str, Any], value: str) -> dict[str, Any]:
    return {**asked, "epsilon": str(min(Decimal(str(asked["epsilon"])), Decimal(value)))}


def _ends(asked: dict[str, Any], value: str) -> dict[str, Any]:
    return {**asked, "ends_on": min(str(asked["ends_on"]), value)}


def _without(asked: dict[str, Any], value: str) -> dict[str, Any]:
    table, _, column = value.partition(".")
    data = [
        {**each, "columns": [name for name in each["columns"] if (each["table"], name) != (table, column)]}
        for each in asked["data"]
    ]
    return {**asked, "data": [each for each in data if each["columns"]]}


def _reviews(asked: dict[str, Any], value: str) -> dict[str, Any]:
    reviews = max(int(asked.get("reviews") or 2), int(value))
    return {**asked, "reviews": reviews, "agreeing": max(int(asked.get("agreeing") or 0), reviews // 2 + 1)}


_KEPT = {
    Control.EPSILON_AT_MOST: _epsilon,
    Control.ENDS_BY: _ends,
    Control.WITHOUT_COLUMN: _without,
    Control.REVIEWS_AT_LEAST: _reviews,
}


def _number(text: str) -> Decimal | None:
    plain = text.replace(".", "", 1)
    try:
        return Decimal(text) if plain.isascii() and plain.isdigit() and len(text) <= 8 else None
    except InvalidOperation:
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
