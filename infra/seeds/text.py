"""Lines of text made column by column: a table of fixed-width bytes whose padding is then taken out."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from infra.seeds.draws import Ints

Texts = NDArray[np.bytes_]

_FIRST = np.datetime64("1890-01-01", "D")
_LAST = np.datetime64("2040-01-01", "D")
_CALENDAR: Texts = np.append(
    np.datetime_as_string(np.arange(_FIRST, _LAST)).astype("S10"), np.array([b"2023-02-30", b""], dtype="S10")
)
BROKEN_DAY = int(_LAST.astype(np.int64))  # written as a date that no calendar has
NO_DAY = BROKEN_DAY + 1  # written as nothing
_OFFSET = int(_FIRST.astype(np.int64))


def day(when: date) -> int:
    """Days since 1970 of a date: how days are kept in arrays."""
    return (when - date(1970, 1, 1)).days


def dates(days: Ints) -> Texts:
    """ISO dates of days since 1970; BROKEN_DAY and NO_DAY give a broken and an empty one."""
    return _CALENDAR[days - _OFFSET]


def parts_of(days: Ints) -> tuple[Texts, Texts, Texts]:
    """Year, month and day of month as text without leading zeros."""
    when = days.astype("datetime64[D]")
    months = when.astype("datetime64[M]")
    year = when.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    of_month = (when - months.astype("datetime64[D]")).astype(np.int64) + 1
    return digits(year), digits(month), digits(of_month)


def digits(numbers: Ints) -> Texts:
    """Whole numbers as text."""
    return numbers.astype("S20")


def table(*values: str) -> Texts:
    """A lookup table of texts, to be indexed by an array."""
    return np.array([value.encode() for value in values], dtype=np.bytes_)


@dataclass(frozen=True)
class Lines:
    """Lines of equal width, padded with NUL; `of(rows)` gives the text of some of them."""

    cells: NDArray[np.void]

    def of(self, rows: slice) -> bytes:
        """The text of these lines."""
        return self.cells[rows].tobytes().translate(None, b"\0")


def lines(count: int, *parts: str | Texts) -> Lines:
    """One line per row: constant texts and columns side by side, closed by a line feed."""
    columns = [part.encode() if isinstance(part, str) else part for part in (*parts, "\n")]
    widths = [len(column) if isinstance(column, bytes) else column.dtype.itemsize for column in columns]
    cells = np.empty(count, dtype=[(f"f{place}", f"S{max(width, 1)}") for place, width in enumerate(widths)])
    for place, column in enumerate(columns):
        cells[f"f{place}"] = column
    return Lines(cells)


def csv_lines(header: tuple[str, ...], count: int, columns: dict[str, str | Texts]) -> Lines:
    """Lines of a CSV with this header; columns that are not given stay empty."""
    parts: list[str | Texts] = []
    for place, name in enumerate(header):
        parts += [*([","] if place else []), columns.get(name, "")]
    return lines(count, *_joined(parts))


def _joined(parts: list[str | Texts]) -> list[str | Texts]:
    joined: list[str | Texts] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return joined


def optional(before: str, column: Texts, after: str) -> tuple[Texts, Texts, Texts]:
    """Text around a column that vanishes with it."""
    there = column != b""
    return np.where(there, before.encode(), b""), column, np.where(there, after.encode(), b"")
