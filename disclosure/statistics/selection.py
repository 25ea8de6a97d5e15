"""Quantiles by selection: of each share one point of the grid, chosen by how near it is to the rank asked for.

The score of a point falls by 1 for each person by whom it misses the rank q · n: its distance is that from the rank to
the people at the point, who have the ranks from `below` to `below` + `there`. One person more or fewer moves no
distance by more than Δ = max(q, 1 − q), since the rank moves by q and both ends by 0 or 1. A choice of scale s then
costs a pure ε of 2Δ / s, by permute-and-flip, which never errs more than an exponential mechanism (McKenna and Sheldon
2020); several shares of the same people add up. Compared with nested counts nothing else is paid for, so the point is
nearer where people are few, but nothing tells how many people there are or how close together: there is no interval.

Distances are taken to the ranks less two scales at either end (less no more than half of the people there), so that
the middle of a point counts among points with few people and its ends where they are many. What is added at an end is
0 or ½ for a person there, so Δ is the same. Against the usual score, |(1 − q) · below − q · above|, errors are as large
where points have few people and down to a fifth where they have many.
"""

from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from disclosure.explain import CONFIDENCE, LAPLACE, quantile
from disclosure.ranks import reach, shrunk, spread, units
from disclosure.statistics.base import Contribution, Estimate, Expected, Integers, decimal
from disclosure.statistics.points import Points

COVERS = (
    "No interval is valid: how far a miss of some people moves a value depends on how many people there are, which is "
    "not released with it. At least 95 % of such values miss the rank asked for by no more people than the meaning "
    "says: what the selection alone can do. Not sampling, not errors in records."
)


@dataclass(frozen=True)
class Selection(Points):
    """Quantiles without intervals. `scale` is in parts of a person, see `units`, and known once it is priced.

    `loud` says that for the public number of people the values are too noisy to use.
    """

    scale: Fraction = Fraction(0)
    loud: bool = False
    kind: ClassVar[str] = "quantiles"
    covers: ClassVar[str] = COVERS

    @property
    def parts(self) -> int:
        """Parts of a person that scores are counted in."""
        return units(self.shares)

    @property
    def candidates(self) -> int:
        """Points of the grid."""
        return self.steps.size

    @property
    def coordinates(self) -> int:
        """One place for each share."""
        return len(self.shares)

    @property
    def contribution(self) -> Contribution:
        """Every score of each share by Δ at most."""
        most = [int(max(share, 1 - share) * self.parts) for share in self.shares]
        squares = sum(each**2 for each in most)
        return Contribution(
            l1=self.candidates * sum(most), l2_squared=self.candidates * squares, largest=max(most), scores=sum(most)
        )

    def at(self, scale: Fraction, population: int) -> "Selection":
        """With scores for this scale."""
        loud = 4 * self.expected(scale, population).half_width > self.shown(self.steps.upper - self.steps.lower)
        return replace(self, scale=scale, loud=loud)

    def vector(self, exact: Integers) -> Integers:
        """(cells, leaves) people become (cells, shares · leaves) scores: less distances, 0 at best."""
        upto = exact.cumsum(axis=1)
        people = upto[:, -1:]
        inner = np.minimum(exact, shrunk(self.scale, self.parts)) * (self.parts // 2)
        low, high = (upto - exact) * self.parts + inner, upto * self.parts - inner
        ranks = [int(share * self.parts) * people for share in self.shares]
        return np.concatenate([np.minimum(0, np.minimum(rank - low, high - rank)) for rank in ranks], axis=1)

    def expected(self, scale: Fraction, population: int) -> Expected:
        """For a public number of people spread evenly over the bounds."""
        far = quantile(CONFIDENCE, mechanism=LAPLACE)  # of an even spread: places are chosen as if by Laplace noise
        found = self.width(far * spread(scale, self.parts), population)
        return replace(found, assumes=f"{found.assumes}; no interval comes with the value")

    def rows(self, noisy: Integers, scale: Fraction) -> list[list[Estimate]]:  # noqa: ARG002
        """The points chosen, in the order of their shares: one that overtook another changes places with it.

        Where all are as near to their ranks as is said, they still are when they are in order.
        """
        places = np.sort(np.clip(noisy, 0, self.candidates - 1), axis=1)
        return [
            [
                Estimate(self.shown(self.value(place)), None, None, self.loud, () if at else tuple(drawn))
                for at, place in enumerate(cell)
            ]
            for cell, drawn in zip(places.tolist(), noisy.tolist(), strict=True)
        ]

    def about(self) -> dict[str, Any]:
        """Bounds, unit, and what a value may miss its rank by."""
        far = decimal(reach(self.scale, self.parts, self.candidates, CONFIDENCE, self.coordinates), 0, ROUND_CEILING)
        found = self.described(
            method="selection",
            candidates=self.candidates,
            parts=self.parts,
            quantiles=[str(share) for share in self.shares],
            rank_half_width_95=str(far),
        )
        return {**found, "meaning": f"{found['meaning']} {_missed(far)}"}


def _missed(far: Decimal) -> str:
    return (
        f"At least 95 % of such values miss the rank asked for by {far:,} people or fewer. In a cell of fewer than "
        f"{2 * far:,} people, or of nobody, any value may have been chosen: read it beside a count of the people."
    )
