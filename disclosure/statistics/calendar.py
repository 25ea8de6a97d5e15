"""Months by number, and the periods they make: the public calendar that events are counted by.

The number of a month is 12 x its year + its place in the year, from 0.
"""

from collections.abc import Sequence
from itertools import count, islice

from disclosure.engines.event_plan import Periods
from disclosure.statistics.base import Entry

PERIOD = "period"
MONTHS = {"month": 1, "quarter": 3, "year": 12}
NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def number_of(month: str) -> int:
    """The number of a month written as 2022-01."""
    year, place = month.split("-")
    return 12 * int(year) + int(place) - 1


def periods_of(column: str, per: str, first: str, last: str) -> Periods:
    """The periods from the one that holds the month `first` to the one that holds `last`."""
    months = MONTHS[per]
    start = number_of(first) // months * months
    return Periods(column, months, start, (number_of(last) - start) // months + 1)


def named(periods: Periods, *, after: int = 0) -> Sequence[Entry]:
    """Key and label of each period, or of so many that follow the last."""
    start = periods.first + (periods.months * periods.size if after else 0)
    starts = islice(count(start, periods.months), after or periods.size)
    return [Entry(PERIOD, *_name(first, periods.months)) for first in starts]


def _name(first: int, months: int) -> tuple[str, str]:
    year, place = divmod(first, 12)
    if months == MONTHS["year"]:
        return str(year), str(year)
    if months == MONTHS["quarter"]:
        return f"{year}-Q{place // 3 + 1}", f"{NAMES[place]} to {NAMES[place + 2]} {year}"
    return f"{year}-{place + 1:02d}", f"{NAMES[place]} {year}"
