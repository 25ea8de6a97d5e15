"""Linear regression of a number on numbers and flags, worked out from noisy sums of products (see `moments`).

Intervals hold sampling and noise together: the variance of the coefficients is that of least squares with residuals
spread equally, plus what the noise of each sum moves them by, to first order. Where people are too few for the noise
to tell the covariates apart there is no valid figure.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple

import numpy as np

from disclosure.engines.plan import CellPlan
from disclosure.explain import CONFIDENCE, GAUSSIAN, quantile
from disclosure.requests import Statistic as Asked
from disclosure.statistics.base import (
    Contribution,
    Entries,
    Entry,
    Estimate,
    Expected,
    Integers,
    decimal,
    deviation,
    digits_of,
    nothing,
    people_per_cell,
)
from disclosure.statistics.columns import Columns, keys, measured, text_of
from disclosure.statistics.moments import Fit, Floats, Moments, Term, least_squares

BLUR = 0.4
COVERS = (
    "About 95 % of such intervals hold the figure of a population that these people are a random sample of, if "
    "residuals spread equally: sampling and noise together; that of the number of people, noise alone. Not errors in "
    "records, and not what the covariates leave out."
)


class Coefficient(NamedTuple):
    """A released coefficient: name, label, unit, its weights on the scaled coefficients, and the largest it can be."""

    value: str
    label: str
    unit: str
    weights: Floats
    largest: Fraction
    digits: int


@dataclass(frozen=True)
class Linear:
    """Expected outcome at a reference, slopes and differences, number of people."""

    plan: CellPlan
    moments: Moments
    mechanism: str = GAUSSIAN
    kind: ClassVar[str] = "linear"
    covers: ClassVar[str] = COVERS

    @classmethod
    def asked(cls, asked: Asked, columns: Columns) -> "Linear":
        """From a checked statistic of a request."""
        named = [(each.of, each.lower, each.upper) for each in asked.on or ()]
        named.append((measured(asked, columns).name, asked.lower, asked.upper))
        moments = Moments(tuple(Term.of(columns[name], lower, upper) for name, lower, upper in named))
        return cls(CellPlan(asked.name, keys(asked, columns), moments.measures), moments)

    @property
    def covariates(self) -> tuple[Term, ...]:
        """The terms but the last."""
        return self.moments.terms[:-1]

    @property
    def outcome(self) -> Term:
        """The last term."""
        return self.moments.terms[-1]

    @property
    def contribution(self) -> Contribution:
        """All sums of one cell."""
        return self.moments.contribution

    @property
    def coordinates(self) -> int:
        """One number for each product of two columns."""
        return len(self.moments.pairs)

    def vector(self, exact: Integers) -> Integers:
        """Sums of products, centred and weighted."""
        return self.moments.vector(exact)

    def coefficients(self) -> list[Coefficient]:
        """What is released, from the scaled coefficients of 1 and each covariate."""
        outcome, basis = self.outcome, np.eye(len(self.covariates) + 1)
        unit = outcome.radius * outcome.step
        span = Fraction(outcome.upper - outcome.lower) * outcome.step
        at = basis[0] - sum((basis[i] for i, term in enumerate(self.covariates, 1) if term.flag), 0 * basis[0])
        found = [
            Coefficient("expected", self._reference(), outcome.unit, at * float(unit), span, digits_of(outcome.step))
        ]
        for i, term in enumerate(self.covariates, start=1):
            if term.flag:
                name, label, per = f"difference_{term.column}", f"Difference with {term.column}", Fraction(2)
                largest, units = span, outcome.unit
            else:
                each = "one more" if term.unit == "1" else f"each {term.unit}"
                name, label = f"slope_{term.column}", f"Change for {each} of {term.column}"
                per = 1 / (term.radius * term.step)
                largest, units = span / ((term.upper - term.lower) * term.step), _per(outcome.unit, term.unit)
            digits = digits_of(outcome.step * largest / span)
            found.append(Coefficient(name, label, units, basis[i] * float(unit * per), largest, digits))
        return found

    def _reference(self) -> str:
        at = [f"{term.column} {'no' if term.flag else text_of(term.centre * term.step)}" for term in self.covariates]
        return f"Expected {self.outcome.column} at {', '.join(at)}"

    def expected(self, scale: Fraction, population: int) -> Expected:
        """Of the first covariate's coefficient from noise alone, for a public number of people spread evenly."""
        people, first = people_per_cell(self.plan, population), self.coefficients()[1]
        place = self.moments.pairs.index((1, self.moments.size - 1))
        slope = float(self.moments.slopes[place, 1, -1])
        square = 1 if self.covariates[0].flag else 1 / 3
        reached = quantile(CONFIDENCE) * deviation(scale, self.mechanism) * slope
        noise = reached * float(np.abs(first.weights).sum()) / square / people
        width = decimal(min(noise, float(first.largest)), first.digits, ROUND_CEILING)
        words = f"assuming about {people:,} people in each cell, with values spread evenly and independently"
        return Expected(width, f"{words}; that is the coefficient of {self.covariates[0].column}'s")

    def rows(self, noisy: Integers, scale: Fraction) -> list[list[Estimate]]:
        """Coefficients and number of people of each cell."""
        return [list(self._estimates(cell, deviation(scale, self.mechanism))) for cell in noisy]

    def _estimates(self, drawn: Integers, scale: float) -> Iterator[Estimate]:
        fit = least_squares(self.moments.sums(drawn), scale, BLUR)
        numbers: tuple[int, ...] = tuple(drawn.tolist())
        for place, each in enumerate(self.coefficients()):
            yield self._estimate(each, fit, () if place else numbers)
        place = self.moments.pairs.index((0, 0))
        weight = self.moments.weights[place]
        people, half = numbers[place] / weight, math.ceil(quantile(CONFIDENCE) * scale / weight + 1)
        low, high = (Decimal(round(people) + sign * half) for sign in (-1, 1))
        yield Estimate(Decimal(round(people)), low, high, half > people, ())

    def _estimate(self, each: Coefficient, fit: Fit | None, drawn: tuple[int, ...]) -> Estimate:
        """Too noisy when its interval is wider than half the coefficients there can be."""
        if fit is None:
            return nothing(drawn)
        start = float(self.outcome.centre * self.outcome.step) if each.value == "expected" else 0.0
        value = start + float(each.weights @ fit.coefficients)
        variance = float(each.weights @ (fit.sampling + fit.noise) @ each.weights)
        half = quantile(CONFIDENCE) * math.sqrt(variance)
        ends = decimal(value - half, each.digits, ROUND_FLOOR), decimal(value + half, each.digits, ROUND_CEILING)
        return Estimate(decimal(value, each.digits), *ends, 2 * half > float(each.largest), drawn)

    def entries(self) -> Entries:
        """One estimate per measure."""
        return tuple((Entry("measure", each["value"], each["label"]),) for each in self._measures())

    def _measures(self) -> list[dict[str, str]]:
        made = [{"value": each.value, "label": each.label, "unit": each.unit} for each in self.coefficients()]
        return [*made, {"value": "people", "label": "People", "unit": "people"}]

    def about(self) -> dict[str, Any]:
        """Outcome, covariates with their bounds, and how the drawn numbers are scaled."""
        outcome, names = self.outcome, ", ".join(term.column for term in self.covariates)
        return {
            "meaning": f"Linear regression of {outcome.column} on {names}, over people for whom all are known, each "
            "number brought within its bounds.",
            "unit": self.coefficients()[1].unit,
            "of": outcome.column,
            "lower": text_of(outcome.lower * outcome.step),
            "upper": text_of(outcome.upper * outcome.step),
            "on": [_described(term) for term in self.covariates],
            "terms": [_described(term) for term in self.moments.terms],
            "products": [list(pair) for pair in self.moments.pairs],
            "weights": list(self.moments.weights),
            "within": ["measure"],
            "measures": self._measures(),
            "sampling": True,
        }


def _per(unit: str, other: str) -> str:
    """The unit of a slope; of numbers without a unit it is the outcome's."""
    return unit if other == "1" else f"{unit} per {other}"


def _described(term: Term) -> dict[str, str]:
    if term.flag:
        return {"of": term.column}
    ends = {"lower": term.lower, "upper": term.upper, "centre": term.centre}
    return {"of": term.column, "unit": term.unit, "step": text_of(term.step)} | {
        name: text_of(end * term.step) for name, end in ends.items()
    }
