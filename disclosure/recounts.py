"""What the drawn numbers of a cell are without noise, from a plain recount: for demonstrations and tests only.

A recount counts and adds up in the columns' own units, knowing nothing of weights, centres and steps; here it is
arranged as the vector of its statistic, by what the artefact says of it. A recount is exact knowledge.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

Described = Mapping[str, Any]
Exact = Mapping[str, Any]
Numbers = list[Fraction]


def coordinates(statistic: Described, exact: Exact) -> Numbers:
    """The drawn numbers of one cell, or of one entry where each entry has its own.

    `statistic` is its entry in the artefact. `exact` holds `people`, and by kind also: `with` (proportion); `total`,
    the total of clamped values (sum, mean, spread) and `squares` of them (spread); `events` and `time`, both capped
    (rate), or `bands` of such pairs (standardised); `counts` in the order of the cell (comparison: without and with,
    compared group first; survival: by ending and step; logistic: without and with by group); `leaves` of the grid
    (quantiles); `sums` of products of 1, the terms in order, as a matrix (linear).
    """
    return _KINDS.get(statistic["kind"], _people)(statistic, exact)


def _people(_: Described, exact: Exact) -> Numbers:
    return [Fraction(exact.get("people", 0))]


def _proportion(_: Described, exact: Exact) -> Numbers:
    return [Fraction(exact["with"]), Fraction(exact["people"]) - Fraction(exact["with"])]


def _sum(statistic: Described, exact: Exact) -> Numbers:
    total, people = Fraction(exact["total"]), Fraction(exact["people"])
    return [total / Fraction(statistic["unit_step"]) - people * int(statistic["centre_units"])]


def _mean(statistic: Described, exact: Exact) -> Numbers:
    return [*_sum(statistic, exact), Fraction(exact["people"]) * int(statistic["weight"])]


def _spread(statistic: Described, exact: Exact) -> Numbers:
    slope, middle, counted = statistic["weights"]
    step, centre, people = Fraction(statistic["unit_step"]), int(statistic["centre_units"]), Fraction(exact["people"])
    total = _sum(statistic, exact)[0]
    squares = Fraction(exact["squares"]) / step**2 - 2 * centre * Fraction(exact["total"]) / step + people * centre**2
    return [slope * total, middle * people - squares, counted * people]


def _quantiles(statistic: Described, exact: Exact) -> Numbers:
    leaves: Sequence[int] = exact["leaves"]
    sizes: Sequence[int] = statistic["range_sizes"]
    return [Fraction(sum(leaves[start : start + size])) for size in sizes for start in range(0, len(leaves), size)]


def _counts(_: Described, exact: Exact) -> Numbers:
    return [Fraction(each) for each in exact["counts"]]


def _rate(statistic: Described, exact: Exact) -> Numbers:
    events, time = statistic["weights"]
    worth = Fraction(statistic["unit_step"]), Fraction(statistic["time_step"])
    return [events * Fraction(exact["events"]) / worth[0], time * Fraction(exact["time"]) / worth[1]]


def _standardised(statistic: Described, exact: Exact) -> Numbers:
    return [number for events, time in exact["bands"] for number in _rate(statistic, {"events": events, "time": time})]


def _linear(statistic: Described, exact: Exact) -> Numbers:
    """Numbers in steps from their centre, flags as −1 and 1; squares less half the largest for each person."""
    changes = [(Fraction(1), Fraction(0)), *(_change(term) for term in statistic["terms"])]
    sums, drawn = exact["sums"], []
    for weight, (i, j) in zip(statistic["weights"], statistic["products"], strict=True):
        (a, b), (c, d) = changes[i], changes[j]
        total = a * c * Fraction(sums[i][j]) + a * d * Fraction(sums[0][i]) + b * c * Fraction(sums[0][j])
        total += (b * d - _half(statistic["terms"], i, j)) * Fraction(sums[0][0])
        drawn.append(weight * total)
    return drawn


def _change(term: Mapping[str, str]) -> tuple[Fraction, Fraction]:
    """(a, b): a · value + b is what is multiplied."""
    if "step" not in term:
        return Fraction(2), Fraction(-1)
    return 1 / Fraction(term["step"]), -Fraction(term["centre"]) / Fraction(term["step"])


def _half(terms: Sequence[Mapping[str, str]], i: int, j: int) -> int:
    if i != j or i == 0:
        return 0
    step, centre = Fraction(terms[i - 1]["step"]), Fraction(terms[i - 1]["centre"])
    far = max(abs(Fraction(terms[i - 1][end]) - centre) for end in ("lower", "upper")) / step
    return int(far) ** 2 // 2


_KINDS: dict[str, Callable[[Described, Exact], Numbers]] = {
    "proportion": _proportion,
    "sum": _sum,
    "mean": _mean,
    "spread": _spread,
    "quantiles": _quantiles,
    "comparison": _counts,
    "rate": _rate,
    "standardised": _standardised,
    "survival": _counts,
    "linear": _linear,
    "logistic": _counts,
}
