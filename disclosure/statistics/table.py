"""Contingency table of two to five keys: every cell, the margin of each key and the total, which add up.

Drawn are noisy counts of all cells, of each value of each key, and of everybody. A person whose keys are all known is
in one cell, in one value of each of the k keys and in the total, and changes each by 1: L1 = L2² = k + 2.

The cells released are the least-squares fit to all of these, brought to whole numbers; margins and total are their
sums, so that the table adds up. The fit is closed: the space of tables splits into the constant, one part of
deviations per key, and the rest; on the part of a key with n values in a table of K cells the drawn numbers weigh
1 + K/n, on the constant 1 + K + Σ K/n, on the rest 1.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from itertools import chain, product
from operator import add
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from disclosure.bounds import text_of_key
from disclosure.engines.plan import CellPlan, CountAll
from disclosure.explain import CONFIDENCE, GAUSSIAN, quantile
from disclosure.requests import Statistic as Asked
from disclosure.statistics.base import (
    ADDITIVE,
    Contribution,
    Entries,
    Entry,
    Estimate,
    Expected,
    Integers,
    deviation,
)
from disclosure.statistics.columns import Columns, keys

ALL, EVERYBODY = "*", "All"
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """People in each cell of a table, with margins and total that add up."""

    plan: CellPlan
    mechanism: str = GAUSSIAN
    kind: ClassVar[str] = "table"
    covers: ClassVar[str] = ADDITIVE.replace("At least", "About")

    @classmethod
    def asked(cls, asked: Asked, columns: Columns) -> "Table":
        """From a checked statistic of a request: one cell of the plan, which holds the whole table."""
        return cls(CellPlan(asked.name, (), (CountAll(),), within=keys(asked, columns)))

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many values each key has."""
        return tuple(len(domain.values) for _, domain in self.plan.keys)

    @property
    def contribution(self) -> Contribution:
        """One cell, one value of each key, the total. `largest` also keeps every fitted count above the noise floor."""
        touched = len(self.sizes) + 2
        least = min(self._deviations())
        return Contribution(l1=touched, l2_squared=touched, largest=max(1, math.ceil(1 / least - 1e-9)))

    @property
    def coordinates(self) -> int:
        """Cells, margins and the total."""
        return math.prod(self.sizes) + sum(self.sizes) + 1

    def vector(self, exact: Integers) -> Integers:
        """Cells become cells, margins in the order of the keys, total."""
        return np.concatenate(_with_margins(exact.reshape(self.sizes)))[np.newaxis, :]

    def expected(self, scale: Fraction, population: int) -> Expected:  # noqa: ARG002
        """Of one cell: it does not depend on how many people there are. Margins and total have their own."""
        return Expected(Decimal(_half(deviation(scale, self.mechanism), self._deviations()[0], 1)), None)

    def rows(self, noisy: Integers, scale: Fraction) -> list[list[Estimate]]:
        """Fitted whole numbers of people, not cut at zero, with the numbers drawn for each."""
        cells = np.rint(self._fit(noisy[0])).astype(np.int64)
        fitted = np.concatenate(_with_margins(cells)).tolist()
        summed = [1, *(cells.size // size for size in self.sizes), cells.size]
        blur = deviation(scale, self.mechanism)
        halves = [_half(blur, *each) for each in zip(self._deviations(), summed, strict=True)]
        repeated = [
            half for half, times in zip(halves, (cells.size, *self.sizes, 1), strict=True) for _ in range(times)
        ]
        return [[_estimate(*each) for each in zip(fitted, repeated, noisy[0].tolist(), strict=True)]]

    def _fit(self, drawn: Integers) -> Floats:
        """The least-squares table: normal equations solved part by part."""
        total, table = math.prod(self.sizes), drawn[: math.prod(self.sizes)].reshape(self.sizes).astype(np.float64)
        margins, start = [], total
        for size in self.sizes:
            margins.append(drawn[start : start + size].astype(np.float64))
            start += size
        right = table + drawn[-1]
        for axis, margin in enumerate(margins):
            right = right + margin.reshape([-1 if place == axis else 1 for place in range(len(self.sizes))])
        constant = right.mean()
        parts = [_mean_by(right, axis) - constant for axis in range(len(self.sizes))]
        rest = right - constant - _sum(parts)
        weights = self._weights()
        scaled = _sum(part / weight for part, weight in zip(parts, weights[1:], strict=True))
        fitted: Floats = rest + constant / weights[0] + scaled
        return fitted

    def _weights(self) -> tuple[float, ...]:
        """What the drawn numbers weigh on the constant and on each key's part."""
        total = math.prod(self.sizes)
        keyed = [total / size for size in self.sizes]
        return (1 + total + sum(keyed), *(1 + each for each in keyed))

    def _deviations(self) -> tuple[float, ...]:
        """Deviations, at unit noise, of a fitted cell, of a margin of each key, and of the total."""
        total, (constant, *keyed) = math.prod(self.sizes), self._weights()
        deviating = [(size - 1) / total for size in self.sizes]
        rest = 1 - 1 / total - sum(deviating)
        cell = 1 / total / constant + rest + sum(part / weight for part, weight in zip(deviating, keyed, strict=True))
        margins = [
            (total / size) ** 2 / total / constant + (total / size) * (1 - 1 / size) / weight
            for size, weight in zip(self.sizes, keyed, strict=True)
        ]
        return tuple(math.sqrt(each) for each in (cell, *margins, total / constant))

    def entries(self) -> Entries:
        """Cells with every key; margins and total with `*` for the keys they add up over."""
        return tuple(chain(product(*self._values()), self._margins()))

    def _values(self) -> list[list[Entry]]:
        return [
            [
                Entry(column.name, text_of_key(value), label)
                for value, label in zip(domain.values, domain.labels, strict=True)
            ]
            for column, domain in self.plan.keys
        ]

    def _margins(self) -> Iterator[tuple[Entry, ...]]:
        every = [Entry(column.name, ALL, EVERYBODY) for column, _ in self.plan.keys]
        for place, values in enumerate(self._values()):
            for value in values:
                yield (*every[:place], value, *every[place + 1 :])
        yield tuple(every)

    def about(self) -> dict[str, Any]:
        """The keys, and that the table adds up."""
        return {
            "meaning": "Number of people in each cell, with the total of each key's values and of all. The figures add "
            "up: they are fitted to noisy counts of all of these. People with a key that is not listed are left out.",
            "unit": "people",
            "within": [column.name for column, _ in self.plan.keys],
        }


def _with_margins(table: Integers) -> Sequence[Integers]:
    axes = range(table.ndim)
    margins = [table.sum(axis=tuple(other for other in axes if other != axis)) for axis in axes]
    return [table.ravel(), *margins, table.sum(keepdims=True).ravel()]


def _sum(parts: Iterable[Floats]) -> Floats:
    return reduce(add, parts)


def _mean_by(table: Floats, axis: int) -> Floats:
    others = tuple(other for other in range(table.ndim) if other != axis)
    found: Floats = table.mean(axis=others, keepdims=True)
    return found


def _half(blur: float, length: float, cells: int) -> int:
    """The 95 % half-width of a fitted count: its noise, and what bringing so many cells to whole numbers adds."""
    spread = math.hypot(blur * length, math.sqrt(cells / 12))
    return math.ceil(quantile(CONFIDENCE) * spread)


def _estimate(value: int, half: int, drawn: int) -> Estimate:
    return Estimate(value, value - half, value + half, half > value, (drawn,))
