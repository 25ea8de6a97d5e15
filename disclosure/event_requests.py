"""What a statistic over event rows asks for: rows of one table, the keys they fall in, and how many cells count."""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from disclosure.person_view.form import Events, Name

MOST_CELLS = 12
MOST_AHEAD = 24
KINDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {  # what each kind needs of its events, and may have
    "periods": (frozenset({"date", "per", "first", "last"}), frozenset({"split"})),
    "codes": (frozenset({"split"}), frozenset()),
    "forecast": (frozenset({"date", "first", "last"}), frozenset({"split"})),
}
NEXT = {
    "events": "Give a table, at_most, and of date, per, first, last and split what the kind takes: "
    + "; ".join(f"{kind} needs {', '.join(sorted(needs))}" for kind, (needs, _) in KINDS.items())
    + ". A split is open to periods and forecast.",
    "at_most": f"Give how many cells of one person count, 1 to {MOST_CELLS}.",
    "first": "Give the first month as 2022-01.",
    "last": "Give the last month as 2023-12.",
    "per": "Give month, quarter or year.",
    "date": "Name the date column of the events.",
    "split": "Name a column of the events that has public values.",
    "ahead": f"Give how many months to look ahead, 1 to {MOST_AHEAD}.",
}
_MONTH = r"^(19|20)\d\d-(0[1-9]|1[0-2])$"
_WHOLE = re.compile(r"\d{1,2}")


def _whole(value: object) -> object:
    """A small whole number, also as the text of a form's field."""
    return int(value) if isinstance(value, str) and value.isascii() and _WHOLE.fullmatch(value) else value


Month = Annotated[str, StringConstraints(pattern=_MONTH, strict=True)]
Ahead = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=MOST_AHEAD)]


class EventKeys(Events):
    """Rows of `table` that meet `where`, by `split` and by the period of `date`; `at_most` cells of a person count.

    Periods run from the one that holds the month `first` to the one that holds `last`.
    """

    date: Name | None = None
    per: Literal["month", "quarter", "year"] | None = None
    first: Month | None = None
    last: Month | None = None
    split: Name | None = None
    at_most: Annotated[int, BeforeValidator(_whole), Field(ge=1, le=MOST_CELLS)]


def check_events(kind: str, events: EventKeys | None) -> None:
    """Raises a pydantic error unless the events have what their kind needs, and no more."""
    if events is None:
        return
    needs, may = KINDS[kind]
    given = {name for name in ("date", "per", "first", "last", "split") if getattr(events, name) is not None}
    if not needs <= given <= needs | may:
        raise PydanticCustomError("events", "must have what the kind takes")
    if events.first and events.last and events.first > events.last:
        raise PydanticCustomError("last", "must not lie before the first month")
