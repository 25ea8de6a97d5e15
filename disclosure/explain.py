"""How far noise can push a number: bounds for reader, reviewer and recount.

Everything here follows from the public scale of a mechanism; nothing looks at records.
"""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from statistics import NormalDist
from typing import Any

CONFIDENCE = 0.95
SIMULTANEOUS = 1 - 1e-9
GAUSSIAN = "discrete Gaussian"
LAPLACE = "discrete Laplace"


def quantile(confidence: float, cells: int = 1) -> float:
    """The two-sided normal quantile at which all of `cells` numbers hold together with this confidence."""
    return -NormalDist().inv_cdf((1 - confidence) / (2 * cells))


def bound(scale: Fraction, mechanism: str, confidence: float = SIMULTANEOUS, cells: int = 1) -> int:
    """A whole number that the noise of all `cells` numbers stays within, with at least this confidence.

    Gaussian: P(X ≥ m) of the discrete is at most P(Y ≥ m − 1) of the continuous (Canonne, Kamath and Steinke 2020,
    Prop. 25), so ⌈quantile × scale⌉ holds at every scale. Laplace: its tail in closed form.
    """
    if mechanism == GAUSSIAN:
        return math.ceil(quantile(confidence, cells) * float(scale))
    tail = (1 - confidence) / cells
    decay = math.exp(-1 / float(scale))
    return max(0, math.ceil(float(scale) * math.log(2 / (tail * (1 + decay)))) - 1)


def coordinates(statistic: Mapping[str, Any], exact: Mapping[str, Fraction | int]) -> list[Fraction]:
    """What a cell's drawn numbers are without noise, from a plain recount.

    `statistic` is its entry in the artefact; `exact` holds `people`, and `with` for a proportion or `total` for a sum
    or mean: the total of clamped values, in the column's own unit.
    """
    kind = statistic["kind"]
    people = Fraction(exact.get("people", 0))
    if kind == "proportion":
        return [Fraction(exact["with"]), people - Fraction(exact["with"])]
    if kind in ("sum", "mean"):
        total = Fraction(exact["total"]) / Fraction(statistic["unit_step"])
        weighted = [people * int(statistic["weight"])] if kind == "mean" else []
        return [total - people * int(statistic["centre_units"]), *weighted]
    return [people]


def check_cell(
    statistic: Mapping[str, Any],
    cell: Mapping[str, Any],
    exact: Mapping[str, Fraction | int],
    *,
    cells: int,
    confidence: float = SIMULTANEOUS,
) -> bool:
    """True when each drawn number of a released cell lies within the simultaneous bound of a plain recount.

    `cells` is how many numbers are checked together (all drawn numbers of all checked releases). A recount is exact
    knowledge: this is for demonstrations and tests on synthetic people only.
    """
    limit = bound(Fraction(statistic["scale"]), statistic["mechanism"], confidence, cells)
    expected = coordinates(statistic, exact)
    drawn: Sequence[int] = cell["drawn"]
    return len(drawn) == len(expected) and all(
        abs(number - truth) <= limit for number, truth in zip(drawn, expected, strict=True)
    )
