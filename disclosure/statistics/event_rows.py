"""Binding a statistic to event rows: the rows proven, their keys public, the months a literal of the author's.

Refusals look at request and grant only (P5).
"""

from dataclasses import dataclass, replace
from math import prod
from typing import Any

from disclosure.bounds import MAX_CELLS
from disclosure.engines.event_plan import Periods
from disclosure.event_requests import EventKeys
from disclosure.person_view.events import ProvenEvents, prove_events
from disclosure.person_view.schema import Literal, ViewColumn
from disclosure.requests import Statistic as Asked
from disclosure.statistics.base import Contribution, told_together
from disclosure.statistics.calendar import periods_of
from disclosure.statistics.columns import Columns, keys
from disclosure.terms import Terms, schema_of
from workspaces.catalogue.columns import Type
from workspaces.catalogue.errors import Invalid

MONTH_BITS = 12  # one of the 2,400 months from 1900 to 2099


@dataclass(frozen=True)
class EventRows:
    """Proven rows with their keys, of which at most `at_most` cells of one person count."""

    rows: ProvenEvents
    of_person: tuple[ViewColumn, ...]
    split: ViewColumn | None
    periods: Periods | None
    at_most: int

    @property
    def cells(self) -> int:
        """Cells that one person's events can fall in."""
        split = len(self.split.domain.values) if self.split and self.split.domain else 1
        return split * (self.periods.size if self.periods else 1)

    @property
    def touched(self) -> int:
        """The most cells that one person can change."""
        return min(self.at_most, self.cells)

    @property
    def contribution(self) -> Contribution:
        """As many cells as one person can touch, each by 1: L1 = L2².

        People who touch them all are told of by each of these cells: the noise floor holds for all of them together.
        """
        return Contribution(l1=self.touched, l2_squared=self.touched, largest=told_together(self.touched))


def bound_rows(asked: Asked, columns: Columns, terms: Terms) -> EventRows:
    """The event rows of a statistic. Raises Invalid (view:…, request: date, split, cells)."""
    wanted = asked.events
    if wanted is None:
        raise ValueError(f"a {asked.kind} has events")
    names = [name for name in (wanted.date, wanted.split) if name is not None]
    rows = prove_events(wanted, names, schema_of(terms))
    found = EventRows(
        replace(rows, literals=(*rows.literals, *_months(asked.name, wanted))),
        keys(asked, columns),
        _split(asked, rows, wanted.split),
        _periods(asked, rows, wanted),
        wanted.at_most,
    )
    _check_cells(asked, found)
    return found


def described(found: EventRows) -> dict[str, Any]:
    """Public parameters of the rows for the artefact."""
    return {"at_most": found.at_most, "events_table": found.rows.table, "events_sql": found.rows.sql}


def counting(found: EventRows) -> str:
    """How one person counts, in words."""
    cells = "one of them" if found.touched == 1 else f"{found.touched} of them"
    if found.touched == found.cells:
        return "A person counts once in each."
    return f"A person counts once in each, but in {cells} at most: who has more counts in {cells}, chosen blindly."


def _months(name: str, wanted: EventKeys) -> tuple[Literal, ...]:
    ends = (("first", wanted.first), ("last", wanted.last))
    return tuple(Literal(month, MONTH_BITS, f"{which} month of {name}") for which, month in ends if month is not None)


def _split(asked: Asked, rows: ProvenEvents, name: str | None) -> ViewColumn | None:
    if name is None:
        return None
    column = rows.columns[name]
    if column.domain is None or name in asked.by:
        raise Invalid(
            "request:split",
            f"Statistic {asked.name} splits its events by {name}, which has no public list of values or is a key.",
            "Split by a column of the events with a public domain, such as the concept; keys are columns of the view.",
        )
    return column


def _periods(asked: Asked, rows: ProvenEvents, wanted: EventKeys) -> Periods | None:
    if wanted.date is None or wanted.first is None or wanted.last is None:
        return None
    if rows.columns[wanted.date].type is not Type.DATE:
        raise Invalid(
            "request:date",
            f"Statistic {asked.name} counts its events by {wanted.date}, which is not a date.",
            "Name a date column of the events.",
        )
    return periods_of(wanted.date, wanted.per or "month", wanted.first, wanted.last)


def _check_cells(asked: Asked, found: EventRows) -> None:
    own = prod(len(column.domain.values) for column in found.of_person if column.domain)
    if own * found.cells > MAX_CELLS:
        raise Invalid(
            "request:cells",
            f"Statistic {asked.name} would have more than {MAX_CELLS} cells.",
            "Use fewer months, longer periods, no split, or fewer keys.",
        )
