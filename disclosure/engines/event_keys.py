"""The event cell of each event row: what DuckDB reads for it, and the number that an array makes of that.

Codes and days are looked up in small tables, because that is several times faster for many rows than an expression of
the engine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count

import numpy as np
from numpy.typing import NDArray
from sqlglot import exp

from disclosure.engines import Integers
from disclosure.engines.cells import column
from disclosure.engines.event_plan import CodePlan, EventPlan, Periods
from disclosure.engines.grouped import place_of
from disclosure.person_view.schema import ViewColumn
from workspaces.catalogue.columns import Domain

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, eq=False)
class Keys:
    """`size` event cells. `ranked` is, of each, the key that `kept.order` knows it by.

    `codes` are the split's whole numbers, each at its remainder by their length, and `places` theirs in the domain.
    """

    size: int
    ranked: Integers
    split: ViewColumn | None
    periods: Periods | None
    codes: Integers | None = None
    places: Integers | None = None

    def selected(self) -> list[exp.Expr]:
        """The columns to read, named as `of` wants them."""
        read = {}
        if self.split:
            whole = self.codes is not None
            values = list(self.split.domain.values) if self.split.domain else []
            place = exp.Coalesce(this=place_of(self.split.name, values), expressions=[exp.Literal.number(-1)])
            read["split"] = column(self.split.name) if whole else place
        if self.periods:
            read["day"] = exp.Sub(this=column(self.periods.column), expression=_day(_EPOCH))
        types = {"split": "BIGINT", "day": "INTEGER"}
        return [exp.alias_(exp.cast(node, types[name]), name, quoted=True) for name, node in read.items()]

    def known(self) -> list[exp.Expr]:
        """Conditions: the split is known, the date within the periods."""
        tests: list[exp.Expr] = []
        if self.split:
            tests.append(exp.Not(this=exp.Is(this=column(self.split.name), expression=exp.Null())))
        if self.periods:
            first, after = _ends(self.periods)
            tests.append(exp.GTE(this=column(self.periods.column), expression=_day(first)))
            tests.append(exp.LT(this=column(self.periods.column), expression=_day(after)))
        return tests

    def of(self, rows: dict[str, Integers]) -> Integers:
        """The event cell of each row, -1 for none."""
        key = np.zeros(len(rows["p"]), dtype=np.int64)
        if self.split:
            key += self._split(rows["split"])
        if self.periods:
            first, _ = _ends(self.periods)
            period = _days(self.periods)[rows["day"] - (first - _EPOCH).days]
            key = np.where(key < 0, -1, key * self.periods.size + period)
        return key

    def _split(self, values: Integers) -> Integers:
        if self.codes is None or self.places is None:
            return values
        at = values - values // len(self.codes) * len(self.codes)
        return np.where(self.codes[at] == values, self.places[at], -1)


def keys_of(plan: EventPlan | CodePlan) -> Keys:
    """The event cells of a plan: of a code plan the codes of its vocabulary, in order."""
    if isinstance(plan, CodePlan):
        listed = sorted(int(value) for value in plan.vocabulary.values)
        return Keys(len(listed), np.array(listed, dtype=np.int64), plan.code, None, *_looked_up(listed))
    values = plan.split.domain.values if plan.split and plan.split.domain else ()
    whole = [value for value in values if type(value) is int]
    found = _looked_up(whole) if whole and len(whole) == len(values) else ()
    return Keys(plan.inner, np.arange(plan.inner), plan.split, plan.periods, *found)


def _looked_up(values: Sequence[int]) -> tuple[Integers, Integers]:
    """Each value at its remainder by the least number that tells all apart; elsewhere one that is at another place."""
    size = next(size for size in count(len(values)) if len({value % size for value in values}) == len(values))
    codes, places = np.full(size, values[0], dtype=np.int64), np.zeros(size, dtype=np.int64)
    for place, value in enumerate(values):
        codes[value % size], places[value % size] = value, place
    return codes, places


def keyed(plan: EventPlan | CodePlan) -> tuple[tuple[ViewColumn, Domain], ...]:
    """The person's own keys, each with its domain."""
    own = plan.of_person if isinstance(plan, EventPlan) else plan.by
    return tuple((key, key.domain) for key in own if key.domain)


def _ends(periods: Periods) -> tuple[date, date]:
    """The first day of the first period, and the day after the last."""
    months = periods.first, periods.first + periods.size * periods.months
    first, after = (date(month // 12, month % 12 + 1, 1) for month in months)
    return first, after


def _days(periods: Periods) -> NDArray[np.int64]:
    """The period of each day of all periods."""
    starts = [
        date(month // 12, month % 12 + 1, 1).toordinal()
        for month in range(periods.first, periods.first + periods.size * periods.months + 1, periods.months)
    ]
    return np.repeat(np.arange(periods.size), np.diff(starts))


def _day(value: date) -> exp.Expr:
    return exp.cast(exp.Literal.string(value.isoformat()), "DATE")
