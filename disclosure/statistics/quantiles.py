"""Median and other quantiles of a column clamped to public bounds, all from one noisy tree of counts.

The q-quantile is the least point x of the grid for which at least a share q of the people lie at or below x. Drawn
are the counts of nested ranges of the grid (see `tree`): one person adds 1 to one range of each level of one cell, so
L1 = L2² = levels. However many quantiles are asked for, the price is the same.

Its interval holds every leaf j that the noise cannot rule out: with D(j) = people up to j − q · all people, the
quantile is the only j with D(j − 1) < 0 ≤ D(j), so each of the two is allowed to be wrong by its own 97.5 % reach.
"""

import math
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from disclosure.engines import plan as engine
from disclosure.explain import CONFIDENCE, GAUSSIAN, quantile
from disclosure.requests import Statistic as Asked
from disclosure.statistics import tree
from disclosure.statistics.base import Contribution, Estimate, Expected, Integers, nothing
from disclosure.statistics.columns import Columns, bounds, keys, number
from disclosure.statistics.points import Points
from disclosure.statistics.selection import Selection

MAX_LEAVES = 400
ROUNDING = 1e-6  # people; what solving in floats may add to a total
COVERS = (
    "At least about 95 % of such intervals hold the exact quantile: what the noise alone can do, told by the noisy "
    "counts below and above each point. Not sampling, not errors in records."
)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Quantiles(Points):
    """Quantiles with intervals, from one noisy tree of counts per cell."""

    mechanism: str = GAUSSIAN
    method: str | None = None
    kind: ClassVar[str] = "quantiles"
    covers: ClassVar[str] = COVERS

    @classmethod
    def asked(cls, asked: Asked, columns: Columns) -> "Quantiles":
        """From a checked statistic of a request. A grid of more than MAX_LEAVES points is taken in wider steps."""
        column, grid = number(asked, columns)
        lower, upper = bounds(asked, columns)
        steps = engine.Steps(column.name, lower, upper, -(-(upper - lower + 1) // MAX_LEAVES))
        plan = engine.CellPlan(asked.name, keys(asked, columns), (engine.CountAll(),), steps=steps)
        return cls(plan, column.name, steps, asked.quantiles or (), grid.step, grid.unit, method=asked.method)

    def selected(self) -> Selection:
        """The same points, chosen instead of counted."""
        return Selection(**{field.name: getattr(self, field.name) for field in fields(Points)})

    @property
    def levels(self) -> int:
        """Levels of the tree: how many counts a person is in."""
        return len(tree.sizes(self.steps.size, self.mechanism))

    @property
    def contribution(self) -> Contribution:
        """One range of each level, by 1. `largest` also keeps every fitted range above the noise floor."""
        least = tree.fit(self.steps.size, self.mechanism).sharpest
        return Contribution(l1=self.levels, l2_squared=self.levels, largest=math.ceil(1 / least - 1e-9))

    @property
    def coordinates(self) -> int:
        """The ranges of all levels."""
        return tree.nodes(self.steps.size, self.mechanism)

    def vector(self, exact: Integers) -> Integers:
        """People per leaf become people per range."""
        return tree.counted(exact, self.mechanism)

    def expected(self, scale: Fraction, population: int) -> Expected:
        """Of the median, for a public number of people spread evenly over the bounds."""
        fitted, size = tree.fit(self.steps.size, self.mechanism), self.steps.size
        weights = np.tri(1, size, size // 2)[0] - 0.5
        blur = quantile(CONFIDENCE, mechanism=self.mechanism) * float(scale)
        found = self.width(blur * float(np.sqrt(weights @ fitted.covariance @ weights)), population)
        return replace(found, assumes=f"{found.assumes}; that is the median's")

    def rows(self, noisy: Integers, scale: Fraction) -> list[list[Estimate]]:
        """The quantiles of each cell; no value where the noisy number of people may be nobody."""
        fitted = tree.fit(self.steps.size, self.mechanism)
        far = quantile(CONFIDENCE, mechanism=self.mechanism) * float(scale)
        people, spread = fitted.people(noisy)
        some = people > far * spread
        settled = tree.settled(noisy, noisy @ fitted.leaves.T, self.mechanism).cumsum(axis=1)
        found = [self._share(settled, fitted.running(noisy, float(share)), float(share), far) for share in self.shares]
        drawn = [[tuple(numbers), *[()] * (len(found) - 1)] for numbers in noisy.tolist()]
        return [
            [
                self._estimate(each[cell], numbers) if some[cell] else nothing(numbers)
                for each, numbers in zip(found, drawn[cell], strict=True)
            ]
            for cell in range(len(noisy))
        ]

    def _share(
        self, settled: Floats, running: tuple[Floats, Floats], share: float, far: float
    ) -> list[tuple[int, int, int]]:
        """(value, lowest, highest) leaf of one quantile in each cell: the value from leaves that are not negative."""
        totals, spread = running
        reached = totals >= -far * spread
        short = (totals < far * spread)[:, :-1]
        possible = reached & np.concatenate([np.ones((len(totals), 1), dtype=bool), short], axis=1)
        last = totals.shape[1] - 1
        value = np.minimum((settled < share * settled[:, -1:] - ROUNDING).sum(axis=1), last)
        low = np.minimum(np.argmax(possible, axis=1), value)
        high = np.maximum(last - np.argmax(possible[:, ::-1], axis=1), value)
        return list(zip(value.tolist(), low.tolist(), high.tolist(), strict=True))

    def _estimate(self, leaves: tuple[int, int, int], drawn: tuple[int, ...]) -> Estimate:
        value, low, high = map(self.value, leaves)
        high = min(self.steps.upper, high + self.steps.width - 1)
        loud = 2 * (high - low) > self.steps.upper - self.steps.lower
        shown, *ends = map(self.shown, (value, low, high))
        return Estimate(shown, ends[0], ends[1], loud, drawn)

    def about(self) -> dict[str, Any]:
        """Bounds, unit, and the shape of the tree."""
        return self.described(range_sizes=list(tree.sizes(self.steps.size, self.mechanism)))
